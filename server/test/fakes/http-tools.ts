import { type Server as HttpServer, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import {
  type CallToolResult,
  Server,
  type Tool,
  createMcpHandler,
} from '@modelcontextprotocol/server';

/** A server of tools over HTTP, made of the official library: it speaks both lives of MCP. */
export interface HttpTools {
  readonly url: string;
  /** What it offers, and how it answers; a test may change both. */
  tools: Tool[];
  answer: (name: string, args: Record<string, unknown>) => CallToolResult | Promise<CallToolResult>;
  /** Arguments and headers of the calls that reached it. */
  readonly seen: { readonly name: string; readonly args: unknown }[];
  readonly headers: Record<string, string | string[] | undefined>[];
  /** Requests whose client hung up before they were answered. */
  left: number;
  close(): Promise<void>;
}

export async function startHttpTools(): Promise<HttpTools> {
  const seen: HttpTools['seen'] = [];
  const headers: HttpTools['headers'] = [];
  const handler = createMcpHandler(
    () => {
      const server = new Server({ name: 'wiki', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler('tools/list', () => ({ tools: found.tools }));
      server.setRequestHandler('tools/call', async ({ params }) => {
        seen.push({ name: params.name, args: params.arguments });
        return found.answer(params.name, params.arguments ?? {});
      });
      return server;
    },
    { legacy: 'stateless' },
  );
  const listener = getRequestListener((request) => handler.fetch(request), {
    overrideGlobalObjects: false,
  });
  const http: HttpServer = createServer((request, response) => {
    headers.push(request.headers);
    response.on('close', () => {
      if (!response.writableFinished) found.left++;
    });
    void listener(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const found: HttpTools = {
    url: `http://127.0.0.1:${port}/mcp`,
    tools: [],
    answer: () => ({ content: [] }),
    seen,
    headers,
    left: 0,
    close: async () => {
      http.closeAllConnections();
      await handler.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return found;
}
