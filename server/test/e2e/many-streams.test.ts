import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { chunk, sendEvent, startEvents } from '../fakes/scripted-upstream.ts';
import { withCheckpoint } from './dialect-fixture.ts';
import { type RawClient, chatBytes, rawClient } from './raw-client.ts';

const on = withCheckpoint();
const messages = [{ role: 'user', content: 'Good morning.' }];
const words = 'The first words of it, which are long enough to leave. ';

const metrics = async (): Promise<string> => {
  const headers = { authorization: `Bearer ${on.checkpoint.key}` };
  return (await fetch(`${on.checkpoint.url}/metrics`, { headers })).text();
};
const value = (text: string, name: string): number =>
  Number(new RegExp(`^${name.replaceAll(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1] ?? 0);
const complete =
  'sekisho_exchanges_total{upstream="first",end="complete",decision="allow",class="internal"}';

function open(): RawClient {
  const { url, key } = on.checkpoint;
  const more = 'connection: close\r\n';
  return rawClient(url, chatBytes(key, { model: 'auto', stream: true, messages }, more));
}

/** Streams that begin at once and end when the test says so. */
function hold(): { readonly begun: () => number; readonly release: () => void } {
  const waiting: (() => void)[] = [];
  on.upstream.play(async (_seen, response) => {
    startEvents(response);
    for (let i = 0; i < 5; i++) sendEvent(response, chunk({ content: words }));
    await new Promise<void>((resolve) => waiting.push(resolve));
    sendEvent(response, chunk({ content: 'And the last.' }));
    sendEvent(response, chunk({}, 'stop'));
    response.end('data: [DONE]\n\n');
  });
  return { begun: () => waiting.length, release: () => waiting.forEach((go) => go()) };
}

/** However the text was cut on its way: where a rule still waits, the last word comes in two. */
const whole = ({ got }: RawClient): boolean => {
  const text = got();
  const said = [...text.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
  return (
    text.startsWith('HTTP/1.1 200') && said.endsWith('And the last.') && text.includes('[DONE]')
  );
};

describe('very many streams', () => {
  test('2,000 at once all begin, all end, and are all on record, once each', async () => {
    const count = 2_000;
    const before = await metrics();
    const { begun, release } = hold();
    const clients = Array.from({ length: count }, open);
    // What those got that have not begun: nothing, in the end.
    const missing = (): string[] =>
      clients.map(({ got }) => got()).filter((text) => !text.includes('The first words'));
    await expect.poll(missing, { timeout: 150_000, interval: 500 }).toEqual([]);
    expect(begun()).toBe(count);
    const during = await metrics();
    expect(value(during, 'sekisho_exchanges_in_flight')).toBe(count);
    release();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients.filter(whole)).toHaveLength(count);
    const receipts = clients.map(({ got }) => /x-sekisho-receipt: (\S+)/i.exec(got())?.[1]);
    expect(new Set(receipts).size).toBe(count);
    const after = await metrics();
    expect(value(after, complete) - value(before, complete)).toBe(count);
    expect(value(after, 'sekisho_exchanges_in_flight')).toBe(0);
    const [held, rest] = [before, during].map((text) =>
      value(text, 'process_resident_memory_bytes'),
    );
    const each = ((rest - held) / count / 1_024).toFixed(0);
    process.stdout.write(`memory at 2,000 open streams: ${each} KB a stream\n`);
  }, 240_000);

  test('are not lost when the rule book changes under them, again and again', async () => {
    const path = join(on.checkpoint.directory, 'sekisho.yaml');
    const policy = readFileSync(path, 'utf8');
    const before = value(await metrics(), complete);
    on.upstream.play((_seen, response) => {
      startEvents(response);
      let sent = 0;
      const timer = setInterval(() => {
        sent++;
        if (sent <= 20) sendEvent(response, chunk({ content: words }));
        if (sent !== 20) return;
        clearInterval(timer);
        sendEvent(response, chunk({ content: 'And the last.' }));
        sendEvent(response, chunk({}, 'stop'));
        response.end('data: [DONE]\n\n');
      }, 20);
    });
    const clients: RawClient[] = [];
    for (let turn = 0; turn < 5; turn++) {
      clients.push(...Array.from({ length: 60 }, open));
      // oxlint-disable-next-line no-await-in-loop -- streams of one turn meet the next change
      await wait(100);
      writeFileSync(path, `${policy}# version ${turn}\n`);
      const headers = { authorization: `Bearer ${on.checkpoint.key}` };
      // oxlint-disable-next-line no-await-in-loop -- as above
      const reload = await fetch(`${on.checkpoint.url}/api/reload`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{}',
      });
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await reload.json()).toMatchObject({ changed: true });
    }
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients.filter(whole)).toHaveLength(300);
    expect(value(await metrics(), complete) - before).toBe(300);
  }, 120_000);

  test('beyond what may be under way are told to come back, and nobody else is harmed', async () => {
    // A body that is announced counts as it was announced, so that a few cannot fill the memory.
    const { url, key } = on.checkpoint;
    const large = 4 * 1024 * 1024;
    const head =
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${large}\r\n\r\n{`;
    const { release } = hold();
    const waiting = Array.from({ length: 64 }, () => rawClient(url, head));
    await expect
      .poll(async () => value(await metrics(), 'sekisho_exchanges_in_flight'), { timeout: 20_000 })
      .toBe(64);
    const late = open();
    await late.closed;
    expect(late.got()).toMatch(/^HTTP\/1\.1 429 [\s\S]*\r\nretry-after: 1\r\n/i);
    for (const { socket } of waiting) socket.destroy();
    await expect
      .poll(async () => value(await metrics(), 'sekisho_exchanges_in_flight'), { timeout: 20_000 })
      .toBe(0);
    const next = open();
    await expect.poll(next.got, { timeout: 20_000 }).toContain('The first words');
    release();
    await next.closed;
    expect(whole(next)).toBe(true);
  }, 120_000);
});
