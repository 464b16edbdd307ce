import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedUpstream, say, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  root,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let upstream: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let policy: string;

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream();
  policy = `${policyWith([{ id: 'city', baseUrl: upstream.baseUrl }])}
accounting:
  currency: JPY
  timeZone: Asia/Tokyo
  prices:
    - upstream: city
      currency: JPY
      inputPerMillion: 1000
      outputPerMillion: 2000
      validFrom: 2020-01-01
      source: a contract
`;
  checkpoint = await startCheckpoint(data.path, policy);
});

afterAll(async () => {
  expect(await checkpoint.end('SIGTERM')).toBe(0);
  await upstream.close();
  data.remove();
});

beforeEach(() => upstream.play(say('Good morning to you.')));

type Refused = InstanceType<typeof OpenAI.APIError>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, never> & { readonly error?: { code: string } };
}

async function call(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const parsed = type.includes('json') ? (JSON.parse(text) as Answer['body']) : ({} as never);
  return { status: response.status, headers: response.headers, body: parsed };
}

async function issue(terms: object): Promise<{ id: string; secret: string }> {
  const made = await call(checkpoint.key, 'POST', '/api/keys', { name: 'A key', ...terms });
  expect(made.status).toBe(201);
  return made.body as unknown as { id: string; secret: string };
}

const chat = (key: string, content = 'Good morning.', more: object = {}) =>
  call(key, 'POST', '/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content }],
    ...more,
  });

/** Runs the command line as an operator would. */
const sekisho = (...args: readonly string[]): string =>
  execFileSync(
    process.execPath,
    [join(root, 'server/bin/sekisho.js'), ...args, '--data', data.path],
    { encoding: 'utf8', env: { ...process.env, LANG: 'C', LC_ALL: 'C' } },
  );

describe('a key', () => {
  test('that may not carry personal data is refused with a code and a receipt', async () => {
    const { secret } = await issue({ maxClass: 'internal' });
    const seen = upstream.seen.length;
    const refused = await chat(secret, 'Write to hanako@example.jp');
    expect(refused.status).toBe(403);
    expect(refused.body.error?.code).toBe('key_class_exceeded');
    const id = refused.headers.get('x-sekisho-receipt');
    expect(upstream.seen.length).toBe(seen);
    const passage = await call(checkpoint.key, 'GET', `/api/passages/${id}`);
    expect(passage.body).toMatchObject({ decision: 'block', failure: 'key_class_exceeded' });
    expect((await chat(secret)).status).toBe(200);
  });

  test('sees and reaches the models it was given', async () => {
    const { secret } = await issue({ models: ['smollm2-135m-instruct'] });
    const models = await call(secret, 'GET', '/v1/models');
    const ids = (models.body as unknown as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(ids).toEqual(['auto', 'smollm2-135m-instruct']);
    const seen = upstream.seen.length;
    const refused = await chat(secret, 'Good morning.', { model: 'city-model' });
    expect(refused.body.error?.code).toBe('key_model_not_allowed');
    expect(upstream.seen.length).toBe(seen);
  });

  test('over its rate gets what the official client understands', async () => {
    const { secret } = await issue({ requestsPerMinute: 1, tokensPerMinute: 100_000 });
    const client = new OpenAI({ baseURL: `${checkpoint.url}/v1`, apiKey: secret, maxRetries: 0 });
    const ask = () =>
      client.chat.completions.create({
        model: 'auto',
        messages: [{ role: 'user', content: 'Hi' }],
      });
    const { response } = await ask().withResponse();
    expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1');
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('100000');
    const error = await ask().catch((thrown: unknown) => thrown as Refused);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'key_rate_limited', type: 'rate_limit_error' });
    const wait = Number((error as Refused).headers?.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  });

  test('is renewed while the old one still works, and both are one key in the counts', async () => {
    const { id, secret } = await issue({ project: 'renewal' });
    const next = sekisho('key', 'rotate', id, '--overlap', '1').trim();
    expect(next).toMatch(/^sk-sekisho-/);
    expect((await chat(secret)).status).toBe(200);
    expect((await chat(next)).status).toBe(200);
    const last = sekisho('key', 'rotate', id, '--overlap', '0').trim();
    expect((await chat(next)).status).toBe(401);
    expect((await chat(secret)).status).toBe(401);
    expect((await chat(last)).status).toBe(200);
    const csv = sekisho('usage', '--by', 'project,key', '--csv');
    expect(csv).toContain(`renewal,${id},A key,3,`);
  });

  test('is given bounds, and relieved of them, on the command line', async () => {
    const secret = sekisho(
      'key',
      'add',
      'Bounded',
      '--tokens-per-day',
      '5',
      '--expires',
      '2099-01-01',
    );
    const list = sekisho('key', 'list');
    const id = /^(\w+) {2}user {6}Bounded/m.exec(list)?.[1] ?? '';
    expect(list).toContain('Bounded  (- 2099-01-02T00:00:00.000Z)');
    const refused = await chat(secret.trim());
    expect(refused.body.error?.code).toBe('key_budget_exhausted');
    expect(refused.headers.get('x-should-retry')).toBe('false');
    sekisho('key', 'set', id, '--tokens-per-day', 'none');
    expect((await chat(secret.trim())).status).toBe(200);
  });

  test('with a bound that names nothing here is not made', async () => {
    for (const [terms, param] of [
      [{ maxClass: 'gone' }, 'maxClass'],
      [{ models: ['gone'] }, 'models'],
      [{ upstreams: ['gone'] }, 'upstreams'],
      [{ tokensPerDay: -1 }, 'tokensPerDay'],
      [{ surprise: 1 }, 'surprise'],
    ] as const) {
      const refused = await call(checkpoint.key, 'POST', '/api/keys', { name: 'X', ...terms });
      expect(refused.body.error).toMatchObject({ code: 'invalid_value', param });
    }
  });

  test('finds its counts again after the process was killed', async () => {
    const { id, secret } = await issue({ tokensPerMonth: 100_000, project: 'killed' });
    await chat(secret);
    await chat(secret);
    await checkpoint.end('SIGKILL');
    checkpoint = await startCheckpoint(data.path);
    await chat(secret);
    const used = await call(checkpoint.key, 'GET', '/api/usage?by=key,project');
    const rows = used.body as unknown as { rows: { key: string; exchanges: number }[] };
    expect(rows.rows.find((row) => row.key === id)).toMatchObject({
      project: 'killed',
      exchanges: 3,
      inputTokens: 21,
      outputTokens: 33,
      cost: 0.087,
      currency: 'JPY',
      unpriced: 0,
    });
    const own = await call(secret, 'GET', '/api/usage?by=key');
    expect(own.body).toMatchObject({ own: true, rows: [{ key: id, exchanges: 3 }] });
  });

  test('among very many is counted like one among few, and read at once', async () => {
    const project = 'many';
    const made = await Promise.all(Array.from({ length: 150 }, () => issue({ project })));
    const read = async (): Promise<number[]> => {
      const used = await call(checkpoint.key, 'GET', '/api/usage?by=key,project');
      const { rows } = used.body as unknown as {
        rows: { key: string; project: string; exchanges: number }[];
      };
      return rows.filter((row) => row.project === project).map(({ exchanges }) => exchanges);
    };
    // More rows than are written while requests wait, each time.
    for (const times of [1, 2]) {
      // oxlint-disable-next-line no-await-in-loop -- the second time adds to the first
      await Promise.all(made.map(({ secret }) => chat(secret)));
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await read()).toEqual(made.map(() => times));
    }
    await Promise.all(made.map(({ secret }) => chat(secret)));
    expect(await checkpoint.end('SIGTERM')).toBe(0);
    checkpoint = await startCheckpoint(data.path);
    expect(await read()).toEqual(made.map(() => 3));
  }, 120_000);
});

describe('a role', () => {
  test('may do what the table says, and nothing else', async () => {
    const receipt = (await chat(checkpoint.key)).headers.get('x-sekisho-receipt') ?? '';
    const blocked = await chat(checkpoint.key, 'マイナンバー 123456789018');
    const incident = blocked.headers.get('x-sekisho-receipt') ?? '';
    const roles = ['user', 'operator', 'auditor', 'security'] as const;
    const keys = Object.fromEntries(
      await Promise.all(roles.map(async (role) => [role, (await issue({ role })).secret] as const)),
    ) as Record<(typeof roles)[number], string>;
    const words = { reason: 'Test', authority: 'Test' };
    const erase = { groups: ['content'], basis: 'test', authority: 'Test' };
    const table: readonly (readonly [string, string, object | undefined, string])[] = [
      ['POST', '/v1/chat/completions', { model: 'auto', messages: [] }, 'user operator'],
      ['GET', '/api/session', undefined, 'user operator auditor security'],
      ['GET', '/api/usage', undefined, 'user operator auditor security'],
      ['GET', '/api/passages', undefined, 'operator auditor security'],
      ['GET', `/api/passages/${incident}`, undefined, 'operator auditor security'],
      ['GET', `/api/passages/${receipt}`, undefined, 'operator auditor'],
      ['POST', `/api/passages/${receipt}/open`, {}, 'operator'],
      ['GET', `/receipts/${receipt}?format=bundle&groups=content`, undefined, 'operator'],
      ['POST', `/api/passages/${incident}/hold`, words, 'operator security'],
      ['POST', `/api/passages/${receipt}/erase`, erase, 'operator'],
      ['POST', '/api/people/erase', { subject: 'nobody', ...erase }, 'operator'],
      ['POST', '/api/grants', {}, 'operator'],
      ['GET', '/api/keys', undefined, 'operator auditor'],
      ['POST', '/api/keys', {}, 'operator'],
      ['PATCH', '/api/keys/gone', {}, 'operator'],
      ['POST', '/api/keys/gone/rotate', {}, 'operator'],
      ['DELETE', '/api/keys/gone', undefined, 'operator'],
    ];
    for (const [method, path, body, allowed] of table) {
      const able: string[] = [];
      for (const role of roles) {
        const { status } = await call(keys[role], method, path, body);
        expect(status, `${role} ${method} ${path}`).toBeLessThan(500);
        if (status !== 403) able.push(role);
      }
      // An empty chat is refused for its form before anybody asks whose key it is.
      if (path === '/v1/chat/completions') continue;
      expect(able.join(' '), `${method} ${path}`).toBe(allowed);
    }
    expect((await chat(keys.auditor)).body.error?.code).toBe('role_not_permitted');
    expect((await chat(keys.security)).body.error?.code).toBe('role_not_permitted');
  });

  test('of security lists incidents only, an auditor everything, and neither any text', async () => {
    await chat(checkpoint.key, 'An ordinary secret recipe.');
    await chat(checkpoint.key, 'マイナンバー 123456789018');
    const list = async (role: string) => {
      const { secret } = await issue({ role });
      const { body } = await call(secret, 'GET', '/api/passages?limit=200');
      expect(JSON.stringify(body)).not.toContain('recipe');
      return (body as unknown as { passages: { decision: string }[] }).passages;
    };
    const incidents = await list('security');
    expect(incidents.length).toBeGreaterThan(0);
    expect(new Set(incidents.map(({ decision }) => decision))).toEqual(new Set(['block']));
    expect((await list('auditor')).length).toBeGreaterThan(incidents.length);
  });

  test('of a user opens nobody else’s receipt', async () => {
    const [mine, other] = [await issue({}), await issue({})];
    const id = (await chat(mine.secret)).headers.get('x-sekisho-receipt');
    const read = async (key: string) =>
      JSON.stringify((await call(key, 'GET', `/receipts/${id}`)).body);
    expect(await read(mine.secret)).not.toBe(await read(other.secret));
    expect((await read(mine.secret)).length).toBeGreaterThan((await read(other.secret)).length);
  });
});
