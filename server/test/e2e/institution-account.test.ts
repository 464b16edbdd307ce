import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  type ScriptedUpstream,
  embeddings,
  say,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const folder = temporaryDirectory();
let slow: ScriptedUpstream;
let quick: ScriptedUpstream;
let checkpoint: RunningCheckpoint;

const price = {
  currency: 'JPY',
  inputPerMillion: 1_000_000,
  outputPerMillion: 1_000_000,
  validFrom: '2020-01-01',
  source: 'test',
};

beforeAll(async () => {
  build();
  slow = await startScriptedUpstream();
  quick = await startScriptedUpstream();
  const { text } = policyOf({
    upstreams: [
      { id: 'slow', baseUrl: slow.baseUrl, probe: 'none' },
      { id: 'quick', baseUrl: quick.baseUrl, probe: 'none' },
    ],
    dataClasses: [
      { id: 'hedged', upstreams: ['slow', 'quick'] },
      { id: 'shadowed', upstreams: ['quick', 'slow'] },
    ],
    routing: [
      { id: 'h', classes: ['hedged'], order: 'order', hedge: { afterMs: 20 } },
      {
        id: 's',
        classes: ['shadowed'],
        order: 'order',
        shadow: { upstream: 'slow', percent: 100 },
      },
    ],
    accounting: {
      prices: [
        { upstream: 'slow', ...price },
        { upstream: 'quick', ...price },
      ],
    },
  });
  checkpoint = await startCheckpoint(folder.path, text);
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await Promise.all([slow.close(), quick.close()]);
  folder.remove();
});

interface Answer {
  readonly id: string;
  readonly secret: string;
  readonly usage: Record<string, unknown>;
  readonly rows: readonly Record<string, unknown>[];
}

async function call(path: string, body?: object, key = checkpoint.key): Promise<Response> {
  return fetch(`${checkpoint.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const json = async (response: Response): Promise<Answer> => (await response.json()) as Answer;

test('a call beside the answer is the institution’s, and no key’s budget pays for it', async () => {
  const made = await json(await call('/api/keys', { name: 'one', moneyPerDay: 100_000 }));
  const ask = async (dataClass: string): Promise<Response> => {
    const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${made.secret}`,
        'content-type': 'application/json',
        'x-sekisho-data-class': dataClass,
      },
      body: JSON.stringify({
        model: 'auto',
        messages: [{ role: 'user', content: 'x'.repeat(40) }],
      }),
    });
    await response.text();
    return response;
  };
  const rows = async (): Promise<readonly Record<string, unknown>[]> => {
    const found = await json(await call('/api/usage?by=key,project,upstream'));
    return found.rows.map(({ key, keyName, project, upstream, inputTokens, outputTokens, cost }) =>
      Object.assign(
        { upstream, inputTokens, outputTokens, cost },
        key === 'institution' ? { project, keyName } : { keyName },
      ),
    );
  };
  slow.play(async (seen, response) => {
    await sleep(1_000);
    return say('Late.')(seen, response);
  });
  const hedged = await ask('hedged');
  expect(hedged.headers.get('x-sekisho-upstream')).toBe('quick');
  const receipt = hedged.headers.get('x-sekisho-receipt') ?? '';
  const { usage } = await json(await call(`/api/passages/${receipt}`));
  // What it would have said is not known; what it read is a quarter of forty letters.
  expect(usage).toMatchObject({
    inputTokens: 7,
    outputTokens: 11,
    alongside: [
      { upstream: 'slow', why: 'hedge', usage: { inputTokens: 10, cost: { micros: 10_000_000 } } },
    ],
  });
  expect(await rows()).toContainEqual({
    keyName: 'Test',
    project: 'hedge',
    upstream: 'slow',
    inputTokens: 10,
    outputTokens: 0,
    cost: 10,
  });
  slow.play(say('Compared.'));
  expect((await ask('shadowed')).headers.get('x-sekisho-upstream')).toBe('quick');
  await vi.waitFor(async () => {
    expect(await rows()).toContainEqual({
      keyName: 'Test',
      project: 'shadow',
      upstream: 'slow',
      inputTokens: 7,
      outputTokens: 11,
      cost: 18,
    });
  });
  // Two answers of eighteen tokens each, and nothing of what stood beside them.
  expect(await rows()).toContainEqual({
    keyName: 'one',
    upstream: 'quick',
    inputTokens: 14,
    outputTokens: 22,
    cost: 36,
  });
  const metrics = await (await call('/metrics')).text();
  expect(metrics).toMatch(/^sekisho_cost_total\{upstream="slow",currency="JPY"\} 28$/m);
});

/** Asks, and leaves once everybody named has read the request. */
async function leave(
  path: string,
  { dataClass, readers, body }: { dataClass: string; readers: ScriptedUpstream[]; body: object },
): Promise<Record<string, unknown>> {
  const seen = readers.map((reader) => reader.seen.length);
  const controller = new AbortController();
  const asked = fetch(`${checkpoint.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${checkpoint.key}`,
      'content-type': 'application/json',
      'x-sekisho-data-class': dataClass,
    },
    body: JSON.stringify({ model: 'auto', ...body }),
    signal: controller.signal,
  }).catch(() => undefined);
  await vi.waitFor(() => {
    for (const [i, reader] of readers.entries()) expect(reader.seen.length).toBe(seen[i] + 1);
  });
  controller.abort();
  await asked;
  return vi.waitFor(async () => {
    const { passages } = (await (await call('/api/passages?limit=1')).json()) as {
      passages: { id: string; end: string }[];
    };
    expect(passages[0]).toMatchObject({ end: 'cancelled' });
    return (await json(await call(`/api/passages/${passages[0].id}`))) as never;
  });
}

const never = () => new Promise<void>(() => {});

test('who leaves while two are asked is recorded with both of them, and pays for one', async () => {
  slow.play(never);
  quick.play(never);
  const messages = [{ role: 'user', content: 'x'.repeat(40) }];
  const passage = await leave('/v1/chat/completions', {
    dataClass: 'hedged',
    readers: [slow, quick],
    body: { messages },
  });
  expect(passage).toMatchObject({
    upstream: 'slow',
    failure: 'client_left',
    attempts: [
      { upstream: 'quick', outcome: 'hedged' },
      { upstream: 'slow', outcome: 'aborted' },
    ],
    usage: { inputTokens: 10, alongside: [{ upstream: 'quick', why: 'hedge' }] },
  });
});

test('who leaves before the vectors have come pays for the texts that were sent', async () => {
  slow.play(never);
  const passage = await leave('/v1/embeddings', {
    dataClass: 'hedged',
    readers: [slow],
    body: { input: 'x'.repeat(400) },
  });
  expect(passage).toMatchObject({
    upstream: 'slow',
    failure: 'client_left',
    attempts: [{ upstream: 'slow', outcome: 'aborted' }],
    usage: { inputTokens: 100, outputTokens: 0, estimated: true },
  });
  slow.play(embeddings);
  expect((await call('/v1/embeddings', { model: 'auto', input: 'Good day.' })).status).toBe(200);
});
