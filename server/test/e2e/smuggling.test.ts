import { describe, expect, test } from 'vitest';
import { say } from '../fakes/scripted-upstream.ts';
import { withCheckpoint } from './dialect-fixture.ts';
import { type RawClient, chatBytes, rawClient } from './raw-client.ts';

const on = withCheckpoint();
const question = { model: 'auto', messages: [{ role: 'user', content: 'Good morning.' }] };
const body = JSON.stringify(question);

/** A request whose head is written by hand. @param head its lines behind those always there */
function sent(head: string, text: string): RawClient {
  const { url, key } = on.checkpoint;
  return rawClient(
    url,
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\n${head}\r\n${text}`,
  );
}

const length = Buffer.byteLength(body);
/** A second request that must never be seen as one: it would name the models of the house. */
const hidden = (): string =>
  `GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${on.checkpoint.key}\r\n\r\n`;

describe('a request that two readers would cut in two ways', () => {
  test.each<[string, string, (text: string) => string]>([
    [
      'with a length and chunks',
      `content-length: ${length}\r\ntransfer-encoding: chunked\r\n`,
      (text) => `${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    ],
    ['with two lengths', `content-length: ${length}\r\ncontent-length: 5\r\n`, (text) => text],
    ['with a list of lengths', `content-length: ${length}, 5\r\n`, (text) => text],
    ['with a length that is no number', `content-length: +${length}\r\n`, (text) => text],
    ['with a length below nothing', 'content-length: -1\r\n', (text) => text],
    [
      'with a name folded over two lines',
      `content-length:\r\n ${length}\r\nx: a\r\n b\r\n`,
      String,
    ],
    ['with a space before the colon', `content-length : ${length}\r\n`, (text) => text],
    [
      'with chunks that are not the last encoding',
      'transfer-encoding: chunked, identity\r\n',
      (text) => `${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    ],
    [
      'with chunks under another name',
      'transfer-encoding: xchunked\r\n',
      (text) => `${length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    ],
    [
      'with a chunk that does not say how long it is',
      'transfer-encoding: chunked\r\n',
      (text) => `zz\r\n${text}\r\n0\r\n\r\n`,
    ],
    [
      'with a chunk longer than it says',
      'transfer-encoding: chunked\r\n',
      (text) => `5\r\n${text}\r\n0\r\n\r\n`,
    ],
    ['with a line that ends in a bare line feed', `x-a: 1\ncontent-length: ${length}\r\n`, String],
    [
      'with a bare carriage return in a value',
      `x-a: 1\rb: 2\r\ncontent-length: ${length}\r\n`,
      String,
    ],
    ['with a zero byte in a value', `x-a: \0\r\ncontent-length: ${length}\r\n`, String],
    ['with a name of no token', `x a: 1\r\ncontent-length: ${length}\r\n`, String],
  ])(
    '%s is refused whole, and what is hidden behind it is not answered',
    async (_how, head, of) => {
      const before = on.upstream.seen.length;
      const client = sent(head, of(body) + hidden());
      await client.closed;
      const statuses = [...client.got().matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code);
      expect(statuses).toEqual(['400']);
      expect(client.got()).not.toContain('first-model');
      expect(on.upstream.seen).toHaveLength(before);
    },
  );

  test('with line ends in what it names is not told them back as headers', async () => {
    on.upstream.play(say('Good morning to you.'));
    const { url, key } = on.checkpoint;
    for (const name of ['x-sekisho-data-class', 'x-sekisho-conversation', 'traceparent']) {
      const evil = encodeURIComponent('a\r\nset-cookie: b=c');
      const client = rawClient(
        url,
        chatBytes(key, question, `${name}: ${evil}\r\nconnection: close\r\n`),
      );
      // oxlint-disable-next-line no-await-in-loop -- one after the other shows which it is
      await client.closed;
      expect(client.got(), name).not.toMatch(/\r\nset-cookie/i);
    }
  });

  test('that follows another on its connection is a request of its own, with its own key', async () => {
    on.upstream.play(say('Good morning to you.'));
    const { url, key } = on.checkpoint;
    const stranger = chatBytes('nobody', question, 'connection: close\r\n');
    const client = rawClient(url, chatBytes(key, question) + stranger);
    await client.closed;
    const statuses = [...client.got().matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code);
    expect(statuses).toEqual(['200', '401']);
  });
});

describe('a request with too much of a head', () => {
  test.each<[string, string]>([
    ['one long value', `x-big: ${'x'.repeat(20_000)}\r\n`],
    ['many values', Array.from({ length: 3_000 }, (_, i) => `x-${i}: 1\r\n`).join('')],
    ['a head without end', `x-big: ${'x'.repeat(1_000_000)}`],
  ])('%s is refused', async (_what, head) => {
    const client = sent(`content-length: ${length}\r\n${head}`, body);
    await client.closed;
    expect(client.got()).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
    expect(client.got()).not.toContain('200 OK');
  });
});

test('clients that send a byte now and then are let go, and others pass meanwhile', async () => {
  const { url, key } = on.checkpoint;
  const slowHeads = Array.from({ length: 20 }, () =>
    rawClient(url, 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: '),
  );
  const drip = setInterval(() => {
    for (const { socket } of slowHeads) if (!socket.destroyed) socket.write('a');
  }, 500);
  on.upstream.play(say('Meanwhile.'));
  const prompt = rawClient(url, chatBytes(key, question, 'connection: close\r\n'));
  await prompt.closed;
  expect(prompt.got()).toMatch(/^HTTP\/1\.1 200 /);
  await Promise.all(slowHeads.map(({ closed }) => closed));
  clearInterval(drip);
  for (const { got } of slowHeads) expect(got()).not.toContain('200 OK');
}, 60_000);
