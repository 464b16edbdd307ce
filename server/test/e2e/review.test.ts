import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '#base';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OidcProvider, startOidcProvider } from '../fakes/oidc-provider.ts';
import {
  type ScriptedUpstream,
  say,
  sendJson,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  runCommand,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const folder = temporaryDirectory();
let upstream: ScriptedUpstream;
let provider: OidcProvider;
let checkpoint: RunningCheckpoint;

const noMail = {
  id: 'no-mail',
  direction: 'input',
  kinds: ['personal.*'],
  minScore: 55,
  action: 'block',
  text: { en: 'Write no addresses.', ja: 'アドレスを書かないでください。' },
};
const noMailOut = { ...noMail, id: 'no-mail-out', direction: 'output' };
const look = { ...noMail, id: 'look', kinds: ['credential.*'], action: 'escalate' };
const home = {
  ...noMail,
  id: 'stays-home',
  when: { jurisdictions: ['US'] },
};

interface Person {
  readonly id: string;
  readonly secret: string;
}
let aiko: Person;
let ken: Person;
let guard: Person;

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream();
  provider = await startOidcProvider('localhost');
  const { text } = policyOf({
    upstreams: [
      {
        id: 'abroad',
        jurisdiction: 'US',
        residency: 'US',
        baseUrl: upstream.baseUrl,
        probe: 'none',
      },
      { id: 'here', baseUrl: upstream.baseUrl, probe: 'none' },
    ],
    dataClasses: [{ id: 'open', upstreams: ['abroad', 'here'] }],
    supervision: [noMail, noMailOut, look, home],
    signIn: signInOf(provider),
  });
  checkpoint = await startCheckpoint(folder.path, text, { OIDC_SECRET: provider.clientSecret });
  aiko = await issue('aiko');
  ken = await issue('ken');
  guard = await issue('guard', 'security');
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await provider.close();
  await upstream.close();
  folder.remove();
});

beforeEach(() => upstream.play(say('All is well.')));

function signInOf(from: OidcProvider): object {
  return {
    issuer: from.issuer,
    clientId: from.clientId,
    clientSecretEnv: 'OIDC_SECRET',
    roles: [{ role: 'user', values: ['staff'] }],
  };
}

interface Told {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly receipt: string;
  readonly upstream: string | null;
}

async function call(
  secret: string,
  method: string,
  path: string,
  body?: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: {
      ...(secret === '' ? {} : { authorization: `Bearer ${secret}` }),
      'content-type': 'application/json',
      ...more,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: JSON.parse(await response.text()) as Record<string, unknown>,
    receipt: response.headers.get('x-sekisho-receipt') ?? '',
    upstream: response.headers.get('x-sekisho-upstream'),
  };
}

async function issue(name: string, role = 'user'): Promise<Person> {
  const { body } = await call(checkpoint.key, 'POST', '/api/keys', { name, role });
  return body as unknown as Person;
}

let questions = 0;
const letter = (): string => `Letter ${++questions}: write to hanako.mori@example.jp at once.`;

const ask = (who: Person, content: string, more: object = {}): Promise<Told> =>
  call(who.secret, 'POST', '/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content }],
    ...more,
  });

const contest = (who: Person, id: string, reason = 'It is our own public address.') =>
  call(who.secret, 'POST', `/api/passages/${id}/contest`, { reason });

const decide = (id: string, verdict: string, secret = guard.secret): Promise<Told> =>
  call(secret, 'POST', `/api/reviews/${id}`, { verdict, note: 'The address is public.' });

describe('contesting a decision', () => {
  test('begins at the refusal and ends with the same request passing once', async () => {
    const text = letter();
    const refused = await ask(aiko, text);
    expect(refused.status).toBe(400);
    const { sekisho } = refused.body['error'] as { sekisho: { contest_url: string } };
    expect(sekisho.contest_url).toBe(`${checkpoint.url}/console/#/contest/${refused.receipt}`);
    const id = refused.receipt;
    expect((await call(aiko.secret, 'GET', `/api/passages/${id}/contest`)).body).toMatchObject({
      state: 'none',
      contested: false,
    });
    expect(await contest(aiko, id)).toMatchObject({ status: 201, body: { state: 'open' } });
    expect((await contest(aiko, id)).body).toMatchObject({ error: { code: 'contested_before' } });

    const queue = await call(guard.secret, 'GET', '/api/reviews');
    expect(queue.body['reviews']).toMatchObject([
      { passage: id, state: 'open', contested: true, rules: ['no-mail'], decision: 'block' },
    ]);
    const one = await call(guard.secret, 'GET', `/api/reviews/${id}`);
    expect(one.body).toMatchObject({ mayOpen: false, detail: { findings: [{ rule: 'no-mail' }] } });
    expect(JSON.stringify([queue.body, one.body])).not.toMatch(/hanako|public address/);
    expect((await call(guard.secret, 'POST', `/api/reviews/${id}/open`)).body).toEqual({
      reason: 'It is our own public address.',
      note: null,
    });
    // What was asked is not among what this reviewer may see, until somebody grants it.
    expect((await call(guard.secret, 'POST', `/api/passages/${id}/open`)).status).toBe(403);

    expect(await decide(id, 'overturned')).toMatchObject({
      status: 200,
      body: { rules: ['no-mail'] },
    });
    expect((await decide(id, 'upheld')).body).toMatchObject({ error: { code: 'review_ended' } });
    const state = await call(aiko.secret, 'GET', `/api/passages/${id}/contest`);
    expect(state.body).toMatchObject({ state: 'overturned', note: 'The address is public.' });
    expect(state.body['until']).toBeGreaterThan(0);

    // Neither another key, nor another request, nor the same with another parameter.
    expect((await ask(ken, text)).status).toBe(400);
    expect((await ask(aiko, `${text} `)).status).toBe(400);
    expect((await ask(aiko, text, { temperature: 1 })).status).toBe(400);
    const passed = await ask(aiko, text);
    expect(passed.status).toBe(200);
    // What keeps a jurisdiction away is lifted by nobody.
    expect(passed.upstream).toBe('here');
    expect((await ask(aiko, text)).status).toBe(400);
    const after = await call(aiko.secret, 'GET', `/api/passages/${id}/contest`);
    expect(after.body['until']).toBeNull();

    const receipt = await call(aiko.secret, 'GET', `/receipts/${passed.receipt}`);
    expect(openedFields(receipt.body)['human.override']).toMatchObject({
      passage: id,
      rules: ['no-mail'],
    });
  });

  test('lets an answer pass that a rule stopped on its way out', async () => {
    upstream.play(say('Ask jiro.sato@example.jp about it.'));
    const text = `Question ${++questions}: whom do I ask?`;
    const stopped = await ask(aiko, text);
    expect(JSON.stringify(stopped.body)).not.toContain('jiro.sato');
    expect((await contest(aiko, stopped.receipt)).status).toBe(201);
    expect((await decide(stopped.receipt, 'overturned')).status).toBe(200);
    const passed = await ask(aiko, text);
    expect(JSON.stringify(passed.body)).toContain('jiro.sato@example.jp');
  });

  test('is not used up by a request that nobody answered', async () => {
    const text = letter();
    const { receipt } = await ask(aiko, text);
    await contest(aiko, receipt);
    await decide(receipt, 'overturned');
    upstream.play((_seen, response) => sendJson(response, { error: {} }, 500));
    const failed = await ask(aiko, text);
    expect(failed.status).toBeGreaterThanOrEqual(400);
    upstream.play(say('All is well.'));
    expect((await ask(aiko, text)).status).toBe(200);
  });

  test('changes nothing where the decision is upheld', async () => {
    const text = letter();
    const { receipt } = await ask(aiko, text);
    await contest(aiko, receipt);
    await decide(receipt, 'upheld');
    const state = await call(aiko.secret, 'GET', `/api/passages/${receipt}/contest`);
    expect(state.body).toMatchObject({ state: 'upheld', until: null });
    expect((await ask(aiko, text)).status).toBe(400);
  });

  test('is for whose passage it is, and for nobody else', async () => {
    const { receipt } = await ask(aiko, letter());
    for (const other of [ken, guard, { id: '', secret: checkpoint.key }]) {
      expect((await contest(other, receipt)).status).toBe(404);
      expect((await call(other.secret, 'GET', `/api/passages/${receipt}/contest`)).status).toBe(
        404,
      );
    }
    for (const who of [aiko, ken]) {
      expect((await call(who.secret, 'GET', '/api/reviews')).status).toBe(403);
      expect((await call(who.secret, 'GET', `/api/reviews/${receipt}`)).status).toBe(403);
      expect((await decide(receipt, 'overturned', who.secret)).status).toBe(403);
      expect((await call(who.secret, 'POST', `/api/reviews/${receipt}/examples`)).status).toBe(403);
    }
    expect((await call('', 'POST', `/api/passages/${receipt}/contest`, {})).status).toBe(401);
  });

  test('needs a reason of some length, and a decision', async () => {
    const fine = await ask(aiko, 'Good morning.');
    expect((await contest(aiko, fine.receipt)).body).toMatchObject({
      error: { code: 'nothing_to_contest' },
    });
    const { receipt } = await ask(aiko, letter());
    for (const reason of ['', ' ', 'a'.repeat(2_001)]) {
      expect((await contest(aiko, receipt, reason)).body).toMatchObject({
        error: { code: 'invalid_value', param: 'reason' },
      });
    }
  });

  test('by a session needs a request of the console itself', async () => {
    provider.person = { sub: 'u-1', name: 'Mika Abe', groups: ['staff'] };
    const cookie = await signIn();
    const own = { cookie, 'x-sekisho-console': '1', origin: checkpoint.url };
    const body = { model: 'auto', messages: [{ role: 'user', content: letter() }] };
    const { receipt } = await call('', 'POST', '/v1/chat/completions', body, own);
    const path = `/api/passages/${receipt}/contest`;
    const reason = { reason: 'No.' };
    const foreign = { ...own, origin: 'https://elsewhere.example' };
    expect((await call('', 'POST', path, reason, foreign)).status).toBe(403);
    expect((await call('', 'POST', path, reason, { cookie })).status).toBe(401);
    expect((await call('', 'POST', path, reason, own)).status).toBe(201);
  });
});

describe('reviewers', () => {
  test('get what a rule escalates without anybody contesting it', async () => {
    const secret = 'The key is AKIAQ3EGWZ4T2NPMX7BD, keep it.';
    const passed = await ask(ken, secret);
    expect(passed.status).toBe(200);
    const { body } = await call(guard.secret, 'GET', '/api/reviews?limit=1');
    expect(body['reviews']).toMatchObject([
      { passage: passed.receipt, escalated: true, contested: false, rules: ['look'] },
    ]);
    expect(body['more']).toBe(true);
    const before = (body['reviews'] as { index: number }[])[0].index;
    const next = await call(guard.secret, 'GET', `/api/reviews?limit=1&before=${before}`);
    expect((next.body['reviews'] as { index: number }[])[0].index).toBeLessThan(before);
  });

  test('leave labelled examples, each opening on record', async () => {
    const text = letter();
    const { receipt } = await ask(aiko, text);
    await contest(aiko, receipt);
    await decide(receipt, 'overturned');
    const file = join(folder.path, 'examples.jsonl');
    const args = ['reviews', 'export', '-o', file, '--data', folder.path];
    const { code, said } = await runCommand(args);
    expect([code, said]).toMatchObject([0, /examples/]);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const examples = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(examples.find((example) => example['text'] === text)).toMatchObject({
      lang: expect.stringMatching(/^[a-z]{2}$/) as string,
      kind: expect.stringMatching(/^personal\./) as string,
      label: 0,
      rule: 'no-mail',
      verdict: 'overturned',
    });
    // A reviewer without a grant leaves none.
    expect((await call(guard.secret, 'POST', `/api/reviews/${receipt}/examples`)).status).toBe(403);
  });

  test('find nothing of what was erased, and neither does anybody else', async () => {
    const text = letter();
    const { receipt } = await ask(aiko, text);
    await contest(aiko, receipt, 'Because of my illness.');
    await decide(receipt, 'overturned');
    const erased = await call(checkpoint.key, 'POST', `/api/passages/${receipt}/erase`, {
      groups: ['content'],
      basis: 'request',
      authority: 'the office',
    });
    expect(erased.status).toBe(200);
    const opened = await call(guard.secret, 'POST', `/api/reviews/${receipt}/open`);
    expect(opened.body).toEqual({ reason: null, note: null });
    expect((await ask(aiko, text)).status).toBe(400);
    const left = await call(checkpoint.key, 'POST', `/api/reviews/${receipt}/examples`);
    expect(left.body).toEqual({ examples: [], contentState: 'ERASED' });
  });
});

describe('public statistics', () => {
  test('need no key, and tell nothing of a month that goes on', async () => {
    for (let i = 0; i < 12; i++) await ask(ken, letter());
    const { body } = await call('', 'GET', '/statistics');
    expect(body['months']).toEqual([]);
    const [counted] = tally();
    expect(counted).toMatchObject({ passages: expect.any(Number) as number });
    moveTally('2026-01');
    const { body: after } = await call('', 'GET', '/statistics');
    const [month] = after['months'] as { rules: { rule: string }[] }[];
    expect(month).toMatchObject({ month: '2026-01', overturned: null });
    expect(month.rules.find(({ rule }) => rule === 'look')).toMatchObject({ marked: null });
    expect(JSON.stringify(after)).not.toMatch(/hanako|aiko/);
    for (const count of JSON.stringify(month.rules).matchAll(/:(\d+)/g)) {
      expect(Number(count[1]) % 10).toBe(0);
    }
    moveTally(counted.month);
  });

  test('are the same after the tables were lost', async () => {
    const before = tally();
    const queue = await call(guard.secret, 'GET', '/api/reviews?state=decided');
    expect(await checkpoint.end('SIGINT')).toBe(0);
    const state = openDatabase(join(folder.path, 'state.db'));
    for (const table of ['review_case', 'review_tally', 'review_progress']) {
      state.exec(`DROP TABLE ${table}`);
    }
    state.close();
    checkpoint = await startCheckpoint(folder.path, undefined, {
      OIDC_SECRET: provider.clientSecret,
    });
    const again = await call(guard.secret, 'GET', '/api/reviews?state=decided');
    expect(again.body).toEqual(queue.body);
    await call('', 'GET', '/statistics');
    expect(tally()).toEqual(before);
  });
});

/** What was counted, whether it may be told or not. */
function tally(): readonly { readonly month: string }[] {
  const state = openDatabase(join(folder.path, 'state.db'));
  try {
    const rows = state.prepare("SELECT * FROM review_tally ORDER BY rule = '*' DESC, month, rule");
    return rows.all() as { month: string }[];
  } finally {
    state.close();
  }
}

function moveTally(month: string): void {
  const state = openDatabase(join(folder.path, 'state.db'));
  state.prepare('UPDATE review_tally SET month = ?').run(month);
  state.close();
}

async function signIn(): Promise<string> {
  const cookies = new Map<string, string>();
  const line = (): string => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const go = async (address: string): Promise<Response> => {
    const response = await fetch(address, { redirect: 'manual', headers: { cookie: line() } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  const start = await go(`${checkpoint.url}/sign-in/start`);
  const issuer = await fetch(start.headers.get('location') ?? '', { redirect: 'manual' });
  await go(issuer.headers.get('location') ?? '');
  return line();
}

/** The fields a receipt opens, by name. */
function openedFields(receipt: Record<string, unknown>): Record<string, unknown> {
  const found = JSON.stringify(receipt).matchAll(/"(Wy[IJ][\w-]+)"/g);
  return Object.fromEntries(
    [...found].map(([, disclosure = '']) => {
      const [, name, value] = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8')) as [
        string,
        string,
        unknown,
      ];
      return [name, value];
    }),
  );
}
