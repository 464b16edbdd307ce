import { readFileSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  chunk,
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
let first: ScriptedUpstream;
let second: ScriptedUpstream;
let collector: Server;
let traced = '';
let checkpoint: RunningCheckpoint;
let policy: string;

beforeAll(async () => {
  build();
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  collector = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (piece: string) => (traced += piece));
    request.on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  policy = policyWith([{ id: 'city', baseUrl: first.baseUrl }]);
  checkpoint = await startCheckpoint(data.path, policy, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
  });
});

afterAll(async () => {
  await checkpoint.end('SIGTERM');
  await first.close();
  await second.close();
  collector.closeAllConnections();
  collector.close();
  data.remove();
});

const request = (path: string, init: RequestInit = {}, key = checkpoint.key): Promise<Response> =>
  fetch(`${checkpoint.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });

const chat = (stream: boolean, content = 'Good morning.'): Promise<Response> =>
  request('/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'auto', stream, messages: [{ role: 'user', content }] }),
  });

const write = (text: string): void => writeFileSync(join(data.path, 'sekisho.yaml'), text);
const reload = () => request('/api/reload', { method: 'POST', body: '{}' });
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string; message: string } }).error;
const rulesHash = async () =>
  ((await (await request('/api/rules')).json()) as { sha256: string }).sha256;

/** An answer that begins at once and ends when the test says so. */
function hold(upstream: ScriptedUpstream): () => void {
  const release: (() => void)[] = [];
  upstream.play(async (_seen, response) => {
    startEvents(response);
    sendEvent(response, chunk({ content: 'The first words of it, which are long enough. ' }));
    await new Promise<void>((resolve) => release.push(resolve));
    sendEvent(response, chunk({ content: 'And the last.' }));
    sendEvent(response, chunk({}, 'stop'));
    response.end('data: [DONE]\n\n');
  });
  return () => release.forEach((go) => go());
}

describe('whoever runs it', () => {
  test('sees that it lives and that it is ready', async () => {
    expect(await (await request('/healthz')).json()).toEqual({ status: 'ok' });
    const ready = await request('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: 'ready' });
  });

  test('reads counts with a key that may, and nothing that anybody said', async () => {
    first.play(say('Good day to you.'));
    await chat(false, 'My name is Hanako Yamada, hanako@example.jp');
    await request('/v1/chat/completions', { method: 'POST', body: '{"model":' });
    expect((await fetch(`${checkpoint.url}/metrics`)).status).toBe(401);
    const response = await request('/metrics');
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toContain(
      'sekisho_exchanges_total{upstream="city",end="complete",decision="redact",class="personal"} 1',
    );
    expect(text).toContain('sekisho_tokens_total{upstream="city",direction="output"} 11');
    expect(text).toContain('sekisho_refused_requests_total{code="invalid_json"} 1');
    expect(text).toContain('sekisho_upstream_available{upstream="city"} 1');
    expect(text).toMatch(/sekisho_ledger_append_seconds_count [1-9]/);
    expect(text).toContain('sekisho_intent_wait_seconds_count 1');
    expect(text).not.toMatch(/Hanako|Yamada|example\.jp/);
    const { keys } = (await (await request('/api/keys')).json()) as { keys: { id: string }[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const { id } of keys) expect(text).not.toContain(id);
  });

  test('finds a span of each exchange at the collector, without content', async () => {
    await expect.poll(() => traced, { timeout: 20_000 }).toContain('gen_ai.operation.name');
    expect(traced).toContain('"chat city-model"');
    expect(traced).toContain('gen_ai.usage.output_tokens');
    expect(traced).not.toMatch(/Hanako|Yamada|example\.jp|Good day/);
  });
});

describe('a changed rule book', () => {
  test('comes into force without touching a stream, which ends where it began', async () => {
    const finish = hold(first);
    second.play(say('Hello from the new one.'));
    const stream = await chat(true);
    const reader = stream.body!.getReader();
    expect((await reader.read()).done).toBe(false);
    const before = await rulesHash();
    // The same id now stands for another endpoint.
    write(policy.replace(first.baseUrl, second.baseUrl));
    const answer = await reload();
    expect(answer.status).toBe(200);
    const { changed, sha256, policy: leaf } = (await answer.json()) as Record<string, string>;
    expect(changed).toBe(true);
    expect(sha256).toBe(await rulesHash());
    expect(sha256).not.toBe(before);
    const fresh = await chat(false);
    expect(await fresh.text()).toContain('Hello from the new one.');
    finish();
    let rest = '';
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      rest += new TextDecoder().decode(piece.value);
    }
    // However the text was cut on its way.
    const said = [...rest.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('');
    expect(said).toContain('And the last.');
    expect(rest).toContain('data: [DONE]');
    const policyOf = async (response: Response) => {
      const id = response.headers.get('x-sekisho-receipt');
      const receipt = await (await request(`/receipts/${id}?wait=included`)).text();
      const { entries } = JSON.parse(receipt) as { entries: { disclosures: string[] }[] };
      return entries
        .flatMap(({ disclosures }) => disclosures)
        .map((disclosure) => Buffer.from(disclosure, 'base64url').toString())
        .join('\n');
    };
    expect(await policyOf(fresh)).toContain(sha256);
    expect(await policyOf(stream)).toContain(before);
    expect(leaf).toMatch(/^[\w-]{43}$/);
    expect(await (await reload()).json()).toMatchObject({ changed: false });
  });

  test('that cannot be used changes nothing and says why', async () => {
    const good = readFileSync(join(data.path, 'sekisho.yaml'), 'utf8');
    const before = await rulesHash();
    write(good.replace('defaultClass: internal', 'defaultClass: gone'));
    const refused = await reload();
    expect(refused.status).toBe(422);
    const { code, message } = await codeOf(refused);
    expect(code).toBe('policy_invalid');
    expect(message).toContain('there is no data class "gone"');
    write(good.replace('checkpointSeconds: 1', 'checkpointSeconds: 7'));
    const later = await reload();
    expect(later.status).toBe(409);
    const needs = await codeOf(later);
    expect(needs.code).toBe('policy_needs_restart');
    expect(needs.message).toContain('ledger.checkpointSeconds');
    expect(await rulesHash()).toBe(before);
    expect((await chat(false)).status).toBe(200);
    write(good);
  });

  test('comes into force on SIGHUP, too, and is refused there without harm', async () => {
    const good = readFileSync(join(data.path, 'sekisho.yaml'), 'utf8');
    write('version: 2');
    checkpoint.child.kill('SIGHUP');
    await expect.poll(() => checkpoint.printed()).toContain('policy_not_reloaded');
    write(good.replace('name: My institution', 'name: Our institution'));
    checkpoint.child.kill('SIGHUP');
    await expect
      .poll(async () => (await request('/api/rules')).text(), { timeout: 20_000 })
      .toContain('Our institution');
  });

  test('without any model makes it not ready, and is not put in force by a user', async () => {
    const { secret } = (await (
      await request('/api/keys', { method: 'POST', body: JSON.stringify({ name: 'U' }) })
    ).json()) as { secret: string };
    const asUser = await request('/api/reload', { method: 'POST', body: '{}' }, secret);
    expect(asUser.status).toBe(403);
    const good = readFileSync(join(data.path, 'sekisho.yaml'), 'utf8');
    write(good.replaceAll(/ {4}upstreams: \[.*\]/g, '    upstreams: []'));
    expect((await reload()).status).toBe(200);
    const ready = await request('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not ready', reasons: ['no_upstream'] });
    write(good);
    expect((await reload()).status).toBe(200);
  });
});

describe('closing with 200 open streams', () => {
  test('lets those end that can, cuts off the rest, and records every one', async () => {
    let held = 0;
    const finish: (() => void)[] = [];
    second.play(async (_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'The first words of it, which are long enough. ' }));
      const endless = held++ % 10 === 0;
      await new Promise<void>((resolve) => {
        if (!endless) finish.push(resolve);
      });
      sendEvent(response, chunk({}, 'stop'));
      response.end('data: [DONE]\n\n');
    });
    const streams = await Promise.all(Array.from({ length: 200 }, () => chat(true)));
    const ids = streams.map(({ headers }) => headers.get('x-sekisho-receipt') ?? '');
    expect(new Set(ids).size).toBe(200);
    const read = streams.map((stream) => stream.text().catch(() => 'cut'));
    const ended = checkpoint.end('SIGTERM');
    await expect
      .poll(async () => (await request('/readyz').catch(() => undefined))?.status ?? 0)
      .not.toBe(200);
    for (const go of finish) go();
    const texts = await Promise.all(read);
    expect(texts.filter((text) => text.includes('data: [DONE]'))).toHaveLength(180);
    expect(await ended).toBe(0);
    checkpoint = await startCheckpoint(data.path);
    const ends = new Map<string, number>();
    for (const id of ids) {
      // oxlint-disable-next-line no-await-in-loop -- one reader is enough
      const { end } = (await (await request(`/api/passages/${id}`)).json()) as { end: string };
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect(Object.fromEntries(ends)).toEqual({ complete: 180, cancelled: 20 });
  }, 120_000);
});
