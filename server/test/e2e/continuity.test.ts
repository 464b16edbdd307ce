import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  chunk,
  say,
  sendEvent,
  sendJson,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  root,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let abroad: ScriptedUpstream;
let home: ScriptedUpstream;
let checkpoint: RunningCheckpoint;

const breakerSeconds = 1;

beforeAll(async () => {
  build();
  abroad = await startScriptedUpstream();
  home = await startScriptedUpstream();
  const price = {
    upstream: 'abroad',
    currency: 'JPY',
    inputPerMillion: 100,
    outputPerMillion: 400,
    validFrom: '2020-01-01',
    source: 'test',
  };
  const policy = policyOf({
    upstreams: [
      {
        id: 'abroad',
        operator: 'OpenAI',
        jurisdiction: 'US',
        residency: 'US',
        baseUrl: abroad.baseUrl,
        timeLimits: { firstTokenMs: 400, answerMs: 400 },
        terms: { url: 'https://x.example', reviewed: '2020-01-01', reviewBy: '2020-02-01' },
        probe: 'none',
      },
      { id: 'home', baseUrl: home.baseUrl, capabilities: { tools: false }, probe: 'none' },
    ],
    dataClasses: [
      { id: 'open', upstreams: ['abroad', 'home'] },
      { id: 'exported', jurisdictions: ['US'] },
      { id: 'kept', residencies: ['JP'] },
    ],
    continuity: { breaker: { openSeconds: breakerSeconds } },
    accounting: { prices: [price] },
  });
  checkpoint = await startCheckpoint(data.path, policy.text);
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await Promise.all([abroad.close(), home.close()]);
  data.remove();
});

interface Told {
  readonly status: number;
  readonly upstream: string | null;
  readonly fallback: string | null;
  readonly receipt: string;
  readonly text: string;
}

async function ask(
  dataClass: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${checkpoint.key}`,
      'content-type': 'application/json',
      'x-sekisho-data-class': dataClass,
      ...headers,
    },
    body: JSON.stringify({
      model: 'auto',
      messages: [{ role: 'user', content: 'Good morning.' }],
      ...more,
    }),
  });
  return {
    status: response.status,
    upstream: response.headers.get('x-sekisho-upstream'),
    fallback: response.headers.get('x-sekisho-fallback'),
    receipt: response.headers.get('x-sekisho-receipt') ?? '',
    text: await response.text(),
  };
}

/** What the tests look at of the console's answers. */
interface Answer {
  readonly id: string;
  readonly secret: string;
  readonly entry: { readonly id: string };
  readonly error: { readonly code: string };
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly upstreams: readonly {
    readonly id: string;
    readonly state: Record<string, unknown>;
    readonly terms: unknown;
  }[];
}

async function api(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; json: Answer }> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Answer };
}

async function stateOf(id: string): Promise<Record<string, unknown>> {
  const { json } = await api('GET', '/api/upstreams');
  return json.upstreams.find((one) => one.id === id)!.state;
}

/** Until the upstream may be asked again, by its own account. */
async function untilAvailable(id: string): Promise<void> {
  for (;;) {
    const { available } = await stateOf(id);
    if (available === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeEach(async () => {
  abroad.play(say('From abroad.'));
  home.play(say('From home.'));
  await untilAvailable('abroad');
  // A trial that succeeds closes the breaker, so that each test begins with a healthy upstream.
  expect((await ask('exported')).upstream).toBe('abroad');
});

describe('an upstream that fails', () => {
  test('with a storm of 500s is left alone after a few, and nobody is without an answer', async () => {
    abroad.play((_seen, response) => sendJson(response, { error: { message: 'no' } }, 500));
    const before = abroad.seen.length;
    const told: Told[] = [];
    for (let i = 0; i < 10; i++) told.push(await ask('open'));
    expect(told.map(({ upstream }) => upstream)).toEqual(Array.from({ length: 10 }, () => 'home'));
    expect(new Set(told.map(({ fallback }) => fallback))).toEqual(
      new Set(['abroad=status', 'abroad=breaker_open']),
    );
    expect(abroad.seen.length - before).toBeLessThan(10);
    expect(await stateOf('abroad')).toMatchObject({ absence: 'breaker_open' });
  });

  test.each([
    ['429 with Retry-After', { 'retry-after': '1' }, 'abroad=retry_after'],
    ['429 without one', {}, 'abroad=status'],
  ])('with %s is left alone as long as it asks', async (_name, headers, second) => {
    abroad.play((_seen, response) => {
      response.writeHead(429, { 'content-type': 'application/json', ...headers });
      response.end('{}');
    });
    expect(await ask('open')).toMatchObject({ upstream: 'home', fallback: 'abroad=status' });
    expect(await ask('open')).toMatchObject({ upstream: 'home', fallback: second });
  });

  test.each([true, false])(
    'by silence is given up by its time limit, streamed: %s',
    async (stream) => {
      abroad.play((_seen, response) => {
        if (stream) startEvents(response);
      });
      const left = abroad.abandoned();
      const told = await ask('open', { stream });
      expect(told).toMatchObject({ status: 200, upstream: 'home', fallback: 'abroad=timeout' });
      for (let i = 0; i < 100 && abroad.abandoned() === left; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(abroad.abandoned()).toBe(left + 1);
    },
  );

  test('by a reset before the first token is followed by the next', async () => {
    abroad.play((_seen, response) => void response.destroy());
    expect(await ask('open', { stream: true })).toMatchObject({
      upstream: 'home',
      fallback: 'abroad=connect',
    });
  });

  test('after the first token ends the answer clearly, without another model', async () => {
    abroad.play((_seen, response) => {
      startEvents(response);
      const long = 'A beginning that is long enough to leave the checkpoint. '.repeat(20);
      sendEvent(response, chunk({ content: long }));
      setTimeout(() => response.destroy(), 50);
    });
    const { text, upstream } = await ask('open', { stream: true });
    expect(upstream).toBe('abroad');
    expect(text).toContain('A beginning');
    expect(text).toContain('"code":"upstream_failed"');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('From home');
  });
});

describe('a request that nobody may or can take', () => {
  test('is refused with the member of the rule book, in the error and in the record', async () => {
    const told = await ask('kept', { tools: [{ type: 'function', function: { name: 'f' } }] });
    expect(told.status).toBe(400);
    expect(told.text).toContain('no_capable_upstream');
    expect(told.text).toContain('upstreams.home.capabilities.tools');
    const { json } = await api('GET', `/api/passages/${told.receipt}`);
    expect(json).toMatchObject({
      decision: 'block',
      failure: 'no_capable_upstream',
      refusedBy: ['upstreams.home.capabilities.tools'],
    });
  });

  test('never falls through to a forbidden upstream, though it is the only one that works', async () => {
    home.play((_seen, response) => void response.destroy());
    const before = abroad.seen.length;
    const told = await ask('kept', { model: 'abroad' });
    expect(told.status).toBe(502);
    expect(told.fallback).toContain('abroad=not_permitted');
    expect(abroad.seen.length).toBe(before);
  });
});

describe('terms that were to be read again', () => {
  test('are said at start and to the operator', async () => {
    expect(checkpoint.printed()).toContain('The terms of "abroad" were last read on 2020-01-01');
    const { json } = await api('GET', '/api/upstreams');
    expect(json.upstreams[0]?.terms).toMatchObject({ overdue: true, reviewBy: '2020-02-01' });
  });
});

describe('a drill', () => {
  test('on recorded passages says who could still work, and is an entry', async () => {
    await ask('open');
    await ask('kept');
    const sent = abroad.seen.length + home.seen.length;
    const order = { lose: 'jurisdiction:US', replay: 50 };
    const { status, json } = await api('POST', '/api/drills', order);
    expect(status).toBe(201);
    expect(json).toMatchObject({ lost: ['abroad'], mode: 'replay', state: 'ended' });
    expect(json.entry.id).toMatch(/^[0-9a-f]{32}$/);
    const row = (dataClass: string): Readonly<Record<string, unknown>> =>
      json.rows.find((one) => one['dataClass'] === dataClass) ?? {};
    expect(row('open')).toMatchObject({ keyName: 'first user', stopped: 0, sameModel: false });
    expect(row('open')['after']).toEqual({ home: row('open')['passages'] });
    expect(row('open')['beforeCost']).toHaveProperty('JPY');
    expect(row('exported')).toMatchObject({
      moved: 0,
      after: {},
      stoppedBy: ['dataClasses.exported.jurisdictions'],
    });
    expect(row('kept')).toMatchObject({ moved: 0, stopped: 0 });
    expect(abroad.seen.length + home.seen.length).toBe(sent);
  });

  test('on live traffic takes the upstreams away and gives them back', async () => {
    const { json: started } = await api('POST', '/api/drills', { lose: 'openai', minutes: 5 });
    expect(started).toMatchObject({ lost: ['abroad'], mode: 'live', state: 'running' });
    const second = await api('POST', '/api/drills', { lose: 'home', minutes: 5 });
    expect(second.json.error.code).toBe('drill_under_way');
    expect(await ask('open')).toMatchObject({ upstream: 'home', fallback: 'abroad=drill' });
    expect((await ask('exported')).status).toBe(502);
    expect(await stateOf('abroad')).toMatchObject({ absence: 'drill', breaker: 'closed' });
    const { json: ended } = await api('DELETE', `/api/drills/${started.id}`);
    expect(ended).toMatchObject({ state: 'stopped', moved: 1, stopped: 1 });
    expect((await ask('open')).upstream).toBe('abroad');
    const { json: kept } = await api('GET', `/api/drills/${started.id}`);
    expect(kept.entry).toEqual(ended.entry);
    expect((await api('DELETE', `/api/drills/${started.id}`)).status).toBe(404);
  });

  test('needs an operator, and something to lose', async () => {
    expect((await api('POST', '/api/drills', { lose: 'nobody', replay: 1 })).status).toBe(400);
    expect((await api('POST', '/api/drills', { lose: 'abroad' })).status).toBe(400);
    const { json } = await api('POST', '/api/keys', { name: 'desk', role: 'user' });
    const response = await fetch(`${checkpoint.url}/api/drills`, {
      headers: { authorization: `Bearer ${json.secret}` },
    });
    expect(response.status).toBe(403);
  });

  const cli = [join(root, 'server/bin/sekisho.js'), 'drill', '--data', data.path];

  /** @returns the exit code and what was printed */
  function drill(args: readonly string[], language = 'C'): Promise<{ code: number; said: string }> {
    const child = spawn(process.execPath, [...cli, ...args], {
      env: { ...process.env, LC_ALL: language, LANG: language },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    return new Promise((resolve) => {
      child.on('exit', (code) => resolve({ code: code ?? -1, said }));
    });
  }

  test('is ordered and told on the command line, in both languages', async () => {
    const english = await drill(['--lose', 'openai', '--replay', '20']);
    expect(english.said).toMatch(/Lost: abroad \(openai\)[\s\S]*Ledger entry \d+/);
    expect(english.said).toMatch(/first user · open · auto: /);
    expect(english.code).toBe(1);
    const japanese = await drill(['--lose', 'openai'], 'ja_JP.UTF-8');
    expect(japanese.said).toMatch(/失った接続先: abroad[\s\S]*台帳の記録/);
    const harmless = await drill(['--lose', 'home', '--replay', '1', '--json']);
    expect(JSON.parse(harmless.said)).toMatchObject({ passages: 1, unaffected: 1 });
    expect(harmless.code).toBe(0);
    expect((await drill(['--lose', 'nobody'])).code).toBe(2);
  });

  test('sends the prompts of its operator while the upstreams are gone', async () => {
    const file = join(data.path, 'prompts.txt');
    writeFileSync(file, 'What is the capital of Japan?\n\n番地の書き方を教えてください。\n');
    const { said } = await drill(['--lose', 'abroad', '--send', file, '--class', 'open', '--json']);
    const report = JSON.parse(said.slice(said.indexOf('{\n'))) as Record<string, unknown>;
    expect(report).toMatchObject({ mode: 'live', moved: 2, stopped: 0 });
    expect((await ask('open')).upstream).toBe('abroad');
  });

  test('that is interrupted gives the upstreams back', async () => {
    const child = spawn(process.execPath, [...cli, '--lose', 'abroad', '--minutes', '60']);
    while ((await stateOf('abroad'))['absence'] !== 'drill') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGINT');
    await new Promise((resolve) => child.on('exit', resolve));
    expect((await stateOf('abroad'))['absence']).toBeNull();
  });
});

test('sekisho policy explain --live says what the running checkpoint would do now', async () => {
  const { json } = await api('POST', '/api/drills', { lose: 'abroad', minutes: 1 });
  const args = ['policy', 'explain', '--class', 'open', '--live', '--data', data.path];
  const said = execFileSync(process.execPath, [join(root, 'server/bin/sekisho.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect(said).toMatch(/1 {2}abroad.*not asked now: lost in a drill/);
  await api('DELETE', `/api/drills/${json.id}`);
});
