import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { defaultPolicyYaml } from '#policy';
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
  { life = 'stateless' as Life, path = '/mcp' } = {},
): Promise<{ readonly client: Client; readonly headers: Headers[]; close(): Promise<void> }> {
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
