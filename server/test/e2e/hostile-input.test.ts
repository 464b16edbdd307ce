import { type Socket, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  chunk,
  echo,
  say,
  sendEvent,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let upstream: ScriptedUpstream;
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream();
  checkpoint = await startCheckpoint(
    data.path,
    policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]),
  );
});

afterAll(async () => {
  // After everything below it still answers, still verifies, and still closes cleanly.
  upstream.play(say('Still here.'));
  const answer = await post(JSON.stringify(request('Good morning.')));
  expect(answer.status).toBe(200);
  expect(await checkpoint.end('SIGTERM')).toBe(0);
  await upstream.close();
  data.remove();
});

const request = (content: string, more: object = {}) => ({
  model: 'auto',
  messages: [{ role: 'user', content }],
  ...more,
});

interface WireError {
  readonly error: { message: string; type: string; param: string | null; code: string };
}

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${checkpoint.key}`,
      'content-type': 'application/json',
      ...headers,
    },
  });
}

async function errorOf(response: Response): Promise<WireError['error']> {
  const { error } = (await response.json()) as WireError;
  expect(Object.keys(error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  return error;
}

/** Sends raw bytes and collects what comes back until the server closes. */
function raw(send: (socket: Socket) => void): Promise<string> {
  const { hostname, port } = new URL(checkpoint.url);
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(Number(port), hostname, () => send(socket));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      got += text;
    });
    socket.on('error', () => resolve(got));
    socket.on('close', () => resolve(got));
  });
}

describe('bad input', () => {
  test.each([
    ['malformed JSON', '{"model":', 400, 'invalid_json'],
    ['a treacherous name', '{"model":"auto","__proto__":{}}', 400, 'unknown_parameter'],
    [
      'a row of numbers that may be tokens',
      JSON.stringify(request('x', { foo: Array.from({ length: 99 }, () => 1) })),
      400,
      'invalid_value',
    ],
    ['an unknown model', JSON.stringify(request('x', { model: 'gone' })), 404, 'model_not_found'],
    [
      '10,000 messages',
      JSON.stringify({
        model: 'auto',
        messages: Array.from({ length: 10_000 }, () => ({ role: 'user', content: 'x' })),
      }),
      400,
      'invalid_value',
    ],
    ['deep nesting', '['.repeat(200_000), 400, 'invalid_json'],
  ])('gets the right status and shape: %s', async (_name, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect((await errorOf(response)).code).toBe(code);
  });

  test('invalid UTF-8 is refused', async () => {
    const response = await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]));
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe('invalid_utf8');
  });

  test('50 MB are refused, declared or streamed', async () => {
    const body = new Uint8Array(50 * 1024 * 1024).fill(0x20);
    const declared = await post(body).catch(() => undefined);
    if (declared !== undefined) expect(declared.status).toBe(413);
    const said = await raw((socket) => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${checkpoint.key}\r\n` +
          'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      );
      const piece = `100000\r\n${' '.repeat(0x10_0000)}\r\n`;
      const more = (left: number): void => {
        if (left === 0 || socket.destroyed) return;
        socket.write(piece, () => more(left - 1));
      };
      more(50);
    });
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toContain('body_too_large');
  });

  test('wrong keys all get the same answer', async () => {
    const bodies = new Set<string>();
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer x',
      'Basic eDp5',
      `bearer ${'y'.repeat(300)}`,
    ]) {
      const response = await post(JSON.stringify(request('x')), { authorization });
      expect(response.status).toBe(401);
      bodies.add(await response.text());
    }
    expect(bodies.size).toBe(1);
  });

  test('wrong paths, methods and content types are told apart', async () => {
    const headers = { authorization: `Bearer ${checkpoint.key}` };
    const get = await fetch(`${checkpoint.url}/v1/chat/completions`, { headers });
    expect(get.status).toBe(405);
    expect((await fetch(`${checkpoint.url}/v1/other`, { headers })).status).toBe(404);
    const plain = await post('x', { 'content-type': 'text/plain' });
    expect(plain.status).toBe(415);
    for (const { headers: sent } of [get, plain, await fetch(`${checkpoint.url}/healthz`)]) {
      expect(sent.get('x-content-type-options')).toBe('nosniff');
    }
    const stated = await post(JSON.stringify(request('x')), { 'x-sekisho-data-class': 'top' });
    expect((await errorOf(stated)).code).toBe('data_class_unknown');
    for (const path of [
      '/tile/../ledger/vault.db',
      '/tile/0/000.p/256',
      '/receipts/..%2f',
      '/console/../package.json',
    ]) {
      expect((await fetch(`${checkpoint.url}${path}`)).status, path).toBe(404);
    }
    expect((await fetch(`${checkpoint.url}/api/passages`)).status).toBe(401);
  });

  test('a client that sends its headers or its body too slowly is let go', async () => {
    // Many hang at once; a real request passes meanwhile.
    const sockets = Array.from({ length: 50 }, () => {
      const { hostname, port } = new URL(checkpoint.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: ');
      return socket;
    });
    upstream.play(say('Meanwhile.'));
    expect((await post(JSON.stringify(request('Good morning.')))).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  test('oversized and smuggled headers are refused', async () => {
    const big = await raw((socket) =>
      socket.write(`GET /v1/models HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(20_000)}\r\n\r\n`),
    );
    expect(big).toMatch(/^HTTP\/1\.1 4/);
    const smuggled = await raw((socket) =>
      socket.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n' +
          'transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n',
      ),
    );
    expect(smuggled).toMatch(/^HTTP\/1\.1 400 /);
    expect(smuggled).not.toContain('200 OK');
  });

  test('clients that hang up in mid-stream leave nothing behind', async () => {
    upstream.play((_seen, response) => {
      startEvents(response);
      const timer = setInterval(
        () => sendEvent(response, chunk({ content: 'word after word ' })),
        5,
      );
      response.on('close', () => clearInterval(timer));
    });
    const before = upstream.abandoned();
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const stop = new AbortController();
        const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
          method: 'POST',
          signal: stop.signal,
          body: JSON.stringify(request('Good morning.', { stream: true })),
          headers: {
            authorization: `Bearer ${checkpoint.key}`,
            'content-type': 'application/json',
          },
        });
        await response.body?.getReader().read();
        stop.abort();
      }),
    );
    await expect.poll(() => upstream.abandoned() - before, { timeout: 20_000 }).toBe(30);
  });

  test('of many callers at once, each gets back their own words only', async () => {
    upstream.play(echo);
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const mine = `Please write to person${i}@example.jp about matter ${i}.`;
        const response = await post(JSON.stringify(request(mine, { stream: i % 2 === 0 })));
        const text = await response.text();
        const others = [...text.matchAll(/person(\d+)@/g)].filter(([, n]) => Number(n) !== i);
        expect(response.status).toBe(200);
        expect(others).toEqual([]);
        if (i % 2 === 1) expect(text).toContain(`person${i}@example.jp`);
      }),
    );
  });

  test('no key, no text and no personal data reaches what the process prints', () => {
    expect(checkpoint.printed()).not.toMatch(/person\d+@|Good morning|word after word/);
  });
});
