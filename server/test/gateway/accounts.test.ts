import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, limits, openDatabase } from '#base';
import {
  Accounts,
  type ApiKey,
  Calendar,
  GatewayError,
  PriceList,
  RecentUse,
  UsageBook,
  UsageTable,
  keyTermsSchema,
} from '#gateway';
import type { Passage, Sequenced } from '#ledger';
import { readPricePack } from '#pack';
import { defaultPolicyYaml, parsePolicy } from '#policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const policy = parsePolicy(
  `${defaultPolicyYaml().replace(
    '\nupstreams:\n',
    `\nupstreams:
  - { id: dear, dialect: openai-compatible, baseUrl: 'http://127.0.0.1:1/v1', model: dear-1, operator: X, jurisdiction: US, residency: US }
  - { id: unknown, dialect: openai-compatible, baseUrl: 'http://127.0.0.1:2/v1', model: unknown-1, operator: X, jurisdiction: JP, residency: JP }
`,
  )}
accounting:
  prices:
    - upstream: dear
      currency: JPY
      inputPerMillion: 1000
      outputPerMillion: 1000
      validFrom: 2020-01-01
      source: test
`,
);

let directory: string;
let database: Database;
let now = Date.UTC(2026, 10, 24, 12);
const clock = { nowMs: () => now, monotonicMs: () => now };
const tariff = {
  prices: new PriceList(policy, readPricePack()),
  calendar: new Calendar('UTC'),
};
const noPassages = { passages: async () => [] };

beforeEach(() => {
  now = Date.UTC(2026, 10, 24, 12);
  directory = mkdtempSync(join(tmpdir(), 'sekisho-accounts-'));
  database = openDatabase(join(directory, 'state.db'));
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(reader: Parameters<UsageBook['open']>[0] = noPassages) {
  const table = new UsageTable(database);
  const usage = new UsageBook({
    table,
    clock,
    calendar: () => tariff.calendar,
    currency: () => 'JPY',
    origin: 'log',
  });
  await usage.open(reader, () => 'school');
  const recent = new RecentUse(clock);
  await recent.read(reader);
  return { table, usage, accounts: new Accounts({ usage, recent, tariff: () => tariff, clock }) };
}

const keyWith = (terms: object, role: ApiKey['role'] = 'user'): ApiKey => ({
  id: 'k1',
  name: 'A key',
  role,
  createdMs: 0,
  terms: keyTermsSchema.parse(terms),
});

const entry = (index: number): Sequenced => ({ index }) as Sequenced;
const dear = policy.upstream('dear')!;
const wish = { model: 'auto', inputTokens: 10, outputTokens: 90 };

function refusal(attempt: () => unknown): GatewayError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('it was let in');
}

const candidates = (...ids: string[]) => ({
  candidates: ids.map((id) => ({ declared: policy.upstream(id)!, upstream: {} as never })),
  forbidden: undefined,
});
const idsOf = (way: { candidates: readonly { declared: { id: string } }[] }) =>
  way.candidates.map(({ declared }) => declared.id);

describe('a key', () => {
  test('may send so many requests a minute, and is told when to come back', async () => {
    const { accounts } = await open();
    const key = keyWith({ requestsPerMinute: 2 });
    const pass = accounts.admitKey(key, wish);
    expect(pass.headers()).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
    });
    accounts.admitKey(key, wish);
    const { code, headers } = refusal(() => accounts.admitKey(key, wish));
    expect(code).toBe('key_rate_limited');
    expect(headers).toMatchObject({ 'retry-after': '30', 'retry-after-ms': '30000' });
    expect(headers['x-ratelimit-reset-requests']).toBe('1m0s');
    now += 30_000;
    accounts.admitKey(key, wish);
  });

  test('pays for the tokens it used, not for those it might have', async () => {
    const { accounts } = await open();
    const key = keyWith({ tokensPerMinute: 150 });
    const pass = accounts.admitKey(key, wish);
    expect(refusal(() => accounts.admitKey(key, wish)).code).toBe('key_rate_limited');
    pass.begin(entry(0));
    pass.charge(entry(1), {
      usage: { inputTokens: 10, outputTokens: 10, estimated: false },
      declared: dear,
    });
    pass.close();
    accounts.admitKey(key, wish).close();
    expect(accounts.admitKey(key, wish).headers()['x-ratelimit-remaining-tokens']).toBe('30');
    const large = { ...wish, outputTokens: 1_000 };
    expect(refusal(() => accounts.admitKey(key, large)).headers['x-should-retry']).toBe('false');
  });

  test('is given back nothing for what was let in whatever it had used', async () => {
    const { accounts } = await open();
    const key = keyWith({ tokensPerMinute: 150 });
    accounts.admitKey(key, wish);
    const pass = accounts.admitAnyway(key, wish);
    const before = pass.headers()['x-ratelimit-remaining-tokens'];
    pass.close();
    expect(pass.headers()['x-ratelimit-remaining-tokens']).toBe(before);
  });

  test('stops at its budget, requests under way counted, until the day is over', async () => {
    const { accounts } = await open();
    const key = keyWith({ tokensPerDay: 250 });
    const first = accounts.admitKey(key, wish);
    const second = accounts.admitKey(key, wish);
    const refused = refusal(() => accounts.admitKey(key, wish));
    expect(refused.code).toBe('key_budget_exhausted');
    expect(refused.headers).toMatchObject({ 'retry-after': '43200', 'x-should-retry': 'false' });
    second.close();
    first.begin(entry(0));
    first.charge(entry(1), {
      usage: { inputTokens: 100, outputTokens: 100, estimated: false },
      declared: dear,
    });
    expect(refusal(() => accounts.admitKey(key, wish)).code).toBe('key_budget_exhausted');
    now += 12 * 3_600_000;
    accounts.admitKey(key, wish);
  });

  test('with money left for the free model only is sent there, never past its budget', async () => {
    const { accounts } = await open();
    const key = keyWith({ moneyPerMonth: 0.15 });
    const first = accounts.admitKey(key, wish);
    const wide = candidates('dear', 'unknown', 'embedded');
    // What nobody put a price on could cost anything, so it is not asked.
    expect(idsOf(first.narrow(wide, 'auto', 'auto'))).toEqual(['dear', 'embedded']);
    const second = accounts.admitKey(key, wish);
    expect(idsOf(second.narrow(wide, 'auto', 'auto'))).toEqual(['embedded']);
    const third = accounts.admitKey(key, wish);
    const poor = refusal(() => third.narrow(candidates('dear'), 'auto', 'auto'));
    expect(poor.code).toBe('key_budget_exhausted');
    first.close();
    expect(idsOf(accounts.admitKey(key, wish).narrow(wide, 'auto', 'auto'))).toContain('dear');
  });

  test('reaches the models it was given, and a name beyond them is refused', async () => {
    const { accounts } = await open();
    const pass = accounts.admitKey(keyWith({ models: ['dear-1'] }), wish);
    const wide = candidates('unknown', 'dear', 'embedded');
    expect(idsOf(pass.narrow(wide, 'auto', 'auto'))).toEqual(['dear']);
    expect(refusal(() => pass.narrow(wide, 'unknown-1', 'auto')).code).toBe(
      'key_model_not_allowed',
    );
    const place = accounts.admitKey(keyWith({ upstreams: ['embedded'] }), wish);
    expect(idsOf(place.narrow(wide, 'auto', 'auto'))).toEqual(['embedded']);
  });

  test('carries no data above its ceiling, and none at all once the ceiling has no meaning', async () => {
    const { accounts } = await open();
    const low = accounts.admitKey(keyWith({ maxClass: 'internal' }), wish);
    expect(low.mayCarry(policy, 'public')).toBe(true);
    expect(low.mayCarry(policy, 'internal')).toBe(true);
    expect(low.mayCarry(policy, 'confidential')).toBe(false);
    const lost = accounts.admitKey(keyWith({ maxClass: 'gone' }), wish);
    expect(lost.mayCarry(policy, 'public')).toBe(false);
  });

  test('of an auditor or of the security office asks no model', async () => {
    const { accounts } = await open();
    for (const role of ['auditor', 'security'] as const) {
      expect(refusal(() => accounts.admitKey(keyWith({}, role), wish)).code).toBe(
        'role_not_permitted',
      );
    }
  });
});

describe('what was used', () => {
  const spend = (accounts: Accounts, at: number): void => {
    const pass = accounts.admitKey(keyWith({ project: 'school' }), wish);
    pass.begin(entry(at));
    const usage = pass.priced({ inputTokens: 10, outputTokens: 20, estimated: false }, 'dear');
    pass.charge(entry(at + 1), { usage, declared: dear });
    pass.close();
  };
  const total = (table: UsageTable) =>
    table.read({ from: '2026-11-01', to: '2026-11-30', by: ['key', 'project', 'jurisdiction'] });

  test('is the same in budgets and reports, and survives a restart', async () => {
    const { accounts, usage } = await open();
    spend(accounts, 0);
    spend(accounts, 2);
    await usage.close();
    const again = await open();
    expect(again.usage.spent('k1').day).toEqual({ tokens: 60, micros: 60_000 });
    expect(total(again.table)).toEqual([
      {
        day: '',
        key: 'k1',
        project: 'school',
        model: '',
        upstream: '',
        jurisdiction: 'US',
        currency: 'JPY',
        exchanges: 2,
        inputTokens: 20,
        outputTokens: 40,
        estimated: 0,
        costMicros: 60_000,
        unpriced: 0,
      },
    ]);
  });

  test('and was not written before a crash is read from the ledger, nothing twice', async () => {
    const passage = (intentIndex: number, outcomeIndex: number): Passage =>
      ({
        intentIndex,
        outcomeIndex,
        time: now / 1_000,
        intentFields: { 'actor.id': 'k1' },
        outcomeFields: {
          'policy.verdicts': { upstream: 'dear', model: 'dear-1', jurisdiction: 'US' },
          usage: {
            inputTokens: 10,
            outputTokens: 20,
            estimated: false,
            cost: { micros: 30_000, currency: 'JPY', price: '' },
          },
        },
      }) as unknown as Passage;
    const { accounts, usage } = await open();
    // One that takes long began first and ends last: after the counts were written.
    const long = accounts.admitKey(keyWith({}), wish);
    long.begin(entry(0));
    spend(accounts, 1);
    await usage.flush();
    spend(accounts, 3);
    const ledger = [passage(5, 7), passage(3, 4), passage(1, 2), passage(0, 6)];
    const reader = { passages: async () => ledger };
    const again = await open(reader);
    expect(total(again.table)[0]).toMatchObject({ exchanges: 4, costMicros: 120_000 });
    expect(again.usage.spent('k1').month).toEqual({ tokens: 120, micros: 120_000 });
    const third = await open(reader);
    expect(total(third.table)[0]).toMatchObject({ exchanges: 4 });
  });

  test('beside an answer is the institution’s, also when it is read back from the ledger', async () => {
    const usage = { inputTokens: 10, outputTokens: 0, estimated: true };
    const { accounts, usage: book, table } = await open();
    const call = accounts.institution.priced(dear, 'hedge', usage);
    accounts.institution.charge(call, 1);
    expect(book.spent('k1').day).toEqual({ tokens: 0, micros: 0 });
    await book.flush();
    const stood = [{ key: 'institution', project: 'hedge', exchanges: 1, costMicros: 10_000 }];
    expect(total(table)).toMatchObject(stood);
    const passage = {
      intentIndex: 2,
      outcomeIndex: 3,
      time: now / 1_000,
      intentFields: { 'actor.id': 'k1' },
      // Nobody answered in the end, so this is all that was used.
      outcomeFields: { usage: { alongside: [call] } },
    } as unknown as Passage;
    const again = await open({ passages: async () => [passage] });
    expect(total(again.table)).toMatchObject([{ ...stood[0], exchanges: 2, costMicros: 20_000 }]);
  });

  test('in the last minute still counts after a restart, as much of it as has not flowed back', async () => {
    const passage = (intentIndex: number, secondsAgo: number, tokens?: number): Passage =>
      ({
        intentIndex,
        time: now / 1_000 - secondsAgo,
        intentFields: { 'actor.id': intentIndex === 1 ? 'k2' : 'k1' },
        outcomeFields:
          tokens === undefined ? {} : { usage: { inputTokens: tokens, outputTokens: 0 } },
      }) as unknown as Passage;
    // One is under way or was cut off: a request, and tokens that nobody knows.
    const ledger = [passage(9, 0), passage(7, 0, 300), passage(5, 30, 600), passage(1, 0, 600)];
    const reader = { passages: async () => [...ledger, passage(0, 61, 600)] };
    const { accounts } = await open(reader);
    const key = keyWith({ requestsPerMinute: 3, tokensPerMinute: 600 });
    const left = (name: string, pass: ReturnType<Accounts['admitKey']>): number =>
      Number(pass.headers()[`x-ratelimit-remaining-${name}`]);
    // All three flowed back in half a minute and 300 tokens; two requests and all tokens are gone.
    const few = { model: 'auto', inputTokens: 0, outputTokens: 0 };
    const first = accounts.admitKey(key, few);
    expect(left('requests', first)).toBe(0);
    expect(left('tokens', first)).toBe(0);
    expect(refusal(() => accounts.admitKey(key, few)).code).toBe('key_rate_limited');
    const stranger = accounts.admitKey({ ...key, id: 'k3' }, few);
    expect(left('tokens', stranger)).toBe(600);
    now += 30_000;
    expect(left('tokens', accounts.admitKey(key, few))).toBe(300);
  });

  test('of very many keys is written before it piles up', async () => {
    const { accounts, table } = await open();
    for (let i = 0; i < limits.usageRowsAtOnce; i++) {
      const pass = accounts.admitKey({ ...keyWith({}), id: `k${i}` }, wish);
      pass.begin(entry(2 * i));
      const usage = { inputTokens: 1, outputTokens: 1, estimated: false };
      pass.charge(entry(2 * i + 1), { usage, declared: dear });
      pass.close();
    }
    expect(table.mark()).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(table.mark()?.outcome).toBe(2 * limits.usageRowsAtOnce - 1);
    expect(total(table)).toHaveLength(limits.usageRowsAtOnce);
  });

  test('is counted anew from the ledger when the table is lost', async () => {
    const reader = {
      passages: async () => [
        {
          intentIndex: 8,
          outcomeIndex: 9,
          time: now / 1_000,
          intentFields: { 'actor.id': 'k2' },
          // As an earlier release wrote it.
          outcomeFields: {
            'policy.verdicts': { upstream: 'dear', model: 'dear-1' },
            usage: { inputTokens: 1, outputTokens: 2, estimated: true },
          },
        } as unknown as Passage,
      ],
    };
    const { table } = await open(reader);
    expect(total(table)[0]).toMatchObject({ key: 'k2', estimated: 1, unpriced: 1, costMicros: 0 });
  });

  test('loses first whose it was, then itself, as the rule book says', async () => {
    const { accounts, usage, table } = await open();
    spend(accounts, 0);
    await usage.flush();
    table.forget({ keysBefore: '2026-11-25', allBefore: '2026-01-01' });
    expect(total(table)[0]).toMatchObject({ key: '', exchanges: 1, costMicros: 30_000 });
    table.forget({ keysBefore: '2026-11-25', allBefore: '2026-11-25' });
    expect(total(table)).toEqual([]);
  });
});
