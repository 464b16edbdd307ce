import { type Server, createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { UpstreamError, createOpenAiCompatibleUpstream } from '#upstream';

const open: { close(done?: () => void): unknown }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const signal = (): AbortSignal => AbortSignal.timeout(5_000);
const upstreamAt = (baseUrl: string) =>
  createOpenAiCompatibleUpstream({ id: 'a', baseUrl, apiKey: 'k', keyMissing: false });

async function codeOf(work: Promise<void> | undefined): Promise<string> {
  try {
    await work;
    return 'answered';
  } catch (error) {
    if (error instanceof UpstreamError) return error.code;
    throw error;
  }
}

describe('a probe', () => {
  test('by connection says nothing, and finds whether somebody listens', async () => {
    let said = 0;
    const server = createTcpServer((socket) => {
      socket.on('data', (bytes) => (said += bytes.length));
      socket.on('error', () => undefined);
    });
    const baseUrl = await listen(server);
    const upstream = upstreamAt(baseUrl);
    expect(await codeOf(upstream.probe?.('connect', signal()))).toBe('answered');
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(await codeOf(upstream.probe?.('connect', signal()))).toBe('connect');
    expect(said).toBe(0);
    await upstream.close();
  });

  test.each([
    [200, 'answered'],
    [401, 'answered'],
    [503, 'status'],
  ])('by the list of models takes status %i as: %s', async (status, expected) => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"data":[]}');
    });
    const upstream = upstreamAt(await listen(server));
    expect(await codeOf(upstream.probe?.('models', signal()))).toBe(expected);
    expect(seen).toEqual(['GET /v1/models Bearer k']);
    await upstream.close();
  });

  test('does not wait for an answer that never comes', async () => {
    const upstream = upstreamAt(await listen(createServer(() => undefined)));
    expect(await codeOf(upstream.probe?.('models', AbortSignal.timeout(50)))).toBe('connect');
    await upstream.close();
  });
});
