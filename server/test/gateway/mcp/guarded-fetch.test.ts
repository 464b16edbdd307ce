import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { limits } from '#base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedFetch } from '../../../src/gateway/mcp/guarded-fetch.ts';

let server: Server;
let base: URL;
let redirected = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/there') redirected++;
    if (request.url === '/moved') response.writeHead(307, { location: '/there' }).end();
    else if (request.url === '/bomb') {
      const bytes = gzipSync(Buffer.alloc(limits.mcpAnswerBytes + 1));
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes);
    } else response.end('fine');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
});

afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

const post = { method: 'POST', body: '{}' };

describe('the way to a server of tools', () => {
  test('leads to its own origin, and follows nobody elsewhere', async () => {
    const { fetch, close } = guardedFetch(base, false);
    expect(await (await fetch(base, post)).text()).toBe('fine');
    await expect(fetch('http://other.example/mcp', post)).rejects.toThrow('another origin');
    await expect(fetch(new URL('/moved', base), post)).rejects.toThrow();
    expect(redirected).toBe(0);
    await close();
  });

  test('opens no stream of the server’s own', async () => {
    const { fetch, close } = guardedFetch(base, false);
    expect((await fetch(base)).status).toBe(405);
    await close();
  });

  test('ends an answer that grows beyond the limit, packed or not', async () => {
    const { fetch, close } = guardedFetch(base, false);
    const answer = await fetch(new URL('/bomb', base), post);
    await expect(answer.arrayBuffer()).rejects.toThrow('too large');
    await close();
  });

  test.each(['http://169.254.169.254/mcp', 'http://[fe80::1]/mcp'])(
    'never leads to %s, where machines give out credentials',
    async (address) => {
      const { fetch, close } = guardedFetch(new URL(address), true);
      const failed = await fetch(address, post).catch((error: unknown) => error);
      expect((failed as { cause?: { code?: string } }).cause?.code).toBe('ERR_SEKISHO_ADDRESS');
      await close();
    },
  );
});
