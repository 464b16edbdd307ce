import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { defaultPolicyYaml } from '#policy';
import { expect } from 'vitest';
import { type RunningCheckpoint, root } from './running-checkpoint.ts';

/** Both lives of MCP, as the official client is told to speak them. */
export const lives = {
  session: 'legacy',
  stateless: { pin: '2026-07-28' },
} as const;
export type Life = keyof typeof lives;

export interface Definition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly [member: string]: unknown;
}

export function tool(name: string, description: string, more: object = {}): Definition {
  return { name, description, inputSchema: { type: 'object' }, ...more };
}

/** Files by which a test talks with the local server. */
export interface DeskFiles {
  offer(tools: readonly Definition[]): void;
  seen(): readonly Record<string, unknown>[];
  readonly yaml: string;
}

export function deskIn(directory: string, more: readonly string[] = []): DeskFiles {
  const toolsFile = join(directory, 'desk-tools.json');
  const seenFile = join(directory, 'desk-seen.jsonl');
  return {
    offer: (tools) => writeFileSync(toolsFile, JSON.stringify(tools)),
    seen: () =>
      existsSync(seenFile)
        ? readFileSync(seenFile, 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [],
    yaml: [
      '    - id: desk',
      `      command: ${process.execPath}`,
      `      args: [${join(root, 'server/test/fakes/stdio-tools.mjs')}]`,
      `      env: { TOOLS_FILE: ${toolsFile}, SEEN_FILE: ${seenFile} }`,
      '      passEnv: [DESK_TOKEN]',
      '      operator: This machine',
      '      jurisdiction: local',
      '      residency: local',
      '      maxClass: personal',
      ...more.map((line) => `      ${line}`),
      '',
    ].join('\n'),
  };
}

export function policyWithMcp(servers: string, more = ''): string {
  return `${defaultPolicyYaml()}\nmcp:\n  servers:\n${servers}${more}`;
}

/** The official client at the checkpoint. */
export async function connect(
  checkpoint: RunningCheckpoint,
  key: string,
  { life = 'stateless', path = '/mcp' }: { life?: Life; path?: string } = {},
): Promise<{
  readonly client: Client;
  readonly headers: Headers[];
  readonly close: () => Promise<void>;
}> {
  const headers: Headers[] = [];
  const transport = new StreamableHTTPClientTransport(new URL(`${checkpoint.url}${path}`), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      headers.push(response.headers);
      return response;
    },
  });
  const client = new Client(
    { name: 'a test', version: '1' },
    { versionNegotiation: { mode: lives[life] } },
  );
  await client.connect(transport);
  const close = async (): Promise<void> => {
    if (life === 'session') await transport.terminateSession();
    await client.close();
  };
  return { client, headers, close };
}

export function texts(result: unknown): string {
  const { content } = result as { content: { text?: string }[] };
  return content.map(({ text = '' }) => text).join('\n');
}

export function metaOf(result: unknown): Record<string, unknown> {
  return (result as { _meta?: Record<string, unknown> })._meta ?? {};
}

export const envelope = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};

/** The headers that repeat the body, as the newer life wants them. */
export function stateless(method: string, name?: string): Record<string, string> {
  return {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: Record<string, unknown>;
  };
}

/** Ways to speak to a checkpoint without any library. */
export function callers(checkpoint: () => RunningCheckpoint) {
  const call = async (key: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${checkpoint().url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const issue = async (mcp: readonly string[], more: object = {}): Promise<string> => {
    const made = await call(checkpoint().key, 'POST', '/api/keys', { name: 'A key', mcp, ...more });
    if (made.status !== 201) throw new Error(made.text);
    return (JSON.parse(made.text) as { secret: string }).secret;
  };
  const raw = async (
    key: string,
    body: unknown,
    more: {
      path?: string;
      headers?: Record<string, string>;
      method?: string;
      signal?: AbortSignal;
    } = {},
  ): Promise<RawAnswer> => {
    const { path = '/mcp', headers = {}, method = 'POST', signal } = more;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${checkpoint().url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      ...(method === 'POST' ? { body: text } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    const said = await response.text();
    const json = said.startsWith('{') ? (JSON.parse(said) as object) : {};
    return { status: response.status, headers: response.headers, text: said, ...json };
  };
  /** A call in the newer life, as any program may write it. */
  const callTool = (key: string, name: string, args: object = {}, headers = {}) =>
    raw(
      key,
      {
        jsonrpc: '2.0',
        id: 7,
        method: 'tools/call',
        params: { name, arguments: args, ...envelope },
      },
      { headers: { ...stateless('tools/call', name), ...headers } },
    );
  return { call, issue, raw, callTool };
}

/** What another process does takes its time, and on a busy machine a long one. */
export function eventually<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 30_000, interval: 50 });
}
