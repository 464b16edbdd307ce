import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of tools over HTTP of the life before 2026-07-28, which insists on its sessions. */
export interface SessionTools {
  readonly url: string;
  /** Sessions that are open now, and how many there were. */
  readonly open: Set<string>;
  opened: number;
  /** A call after this waits for an answer that never comes. */
  silent: boolean;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number | string;
  readonly method: string;
}

export async function startSessionTools(): Promise<SessionTools> {
  const open = new Set<string>();
  const resultOf = (method: string): object | undefined => {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'old', version: '1' },
        };
      case 'tools/list':
        return { tools: [{ name: 'ask', description: 'Asks.', inputSchema: { type: 'object' } }] };
      case 'tools/call':
        return { content: [{ type: 'text', text: 'an old answer' }] };
      default:
        return undefined;
    }
  };
  const server = createServer((request, response) => {
    const session = String(request.headers['mcp-session-id'] ?? '');
    if (request.method === 'DELETE') {
      open.delete(session);
      response.writeHead(204).end();
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as Message;
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (method === 'initialize') {
        const made = randomUUID();
        open.add(made);
        found.opened++;
        headers['mcp-session-id'] = made;
      } else if (!open.has(session)) {
        response.writeHead(session === '' ? 400 : 404).end();
        return;
      }
      if (id === undefined) {
        response.writeHead(202).end();
        return;
      }
      if (method === 'tools/call' && found.silent) return;
      const result = resultOf(method);
      const said =
        result === undefined ? { error: { code: -32601, message: 'unknown' } } : { result };
      response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, ...said }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const found: SessionTools = {
    url: `http://127.0.0.1:${port}/`,
    open,
    opened: 0,
    silent: false,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return found;
}
