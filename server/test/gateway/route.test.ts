import { describe, expect, test } from 'vitest';
import { parsePolicy } from '#policy';
import type { Upstream } from '#upstream';
import { readerLanguage, refusal, uncheckedRule } from '../../src/gateway/refusal.ts';
import { knowsModel, route } from '../../src/gateway/route.ts';
import { policyWith } from '../e2e/running-checkpoint.ts';

const baseUrl = 'http://127.0.0.1:1/v1';
const policy = parsePolicy(
  policyWith([
    { id: 'abroad', baseUrl, classes: ['public'] },
    { id: 'home', baseUrl },
  ]),
);

function upstream(id: string): Upstream {
  return {
    id,
    available: () => true,
    close: () => Promise.resolve(),
    // oxlint-disable-next-line require-yield -- routing asks for nothing
    async *chat() {
      throw new Error('routing sends nothing');
    },
  };
}
const upstreams = new Map(['abroad', 'home', 'embedded'].map((id) => [id, upstream(id)]));
const ids = (model: string, dataClass: string): string[] =>
  route(policy, upstreams, { model, dataClass }).candidates.map((c) => c.declared.id);

describe('a route', () => {
  test('tries what the class may reach, in the order of the policy', () => {
    expect(ids('auto', 'public')).toEqual(['abroad', 'home', 'embedded']);
    expect(ids('auto', 'personal')).toEqual(['home', 'embedded']);
  });

  test('puts what was asked for first, by id or by model', () => {
    expect(ids('embedded', 'public')).toEqual(['embedded', 'abroad', 'home']);
    expect(ids('home-model', 'public')).toEqual(['home', 'abroad', 'embedded']);
  });

  test('never holds a forbidden upstream, and names the one that was asked for', () => {
    const way = route(policy, upstreams, { model: 'abroad', dataClass: 'personal' });
    expect(way.candidates.map((c) => c.declared.id)).toEqual(['home', 'embedded']);
    expect(way.forbidden).toBe('abroad');
  });

  test('knows models by id, by name and as auto, and no others', () => {
    expect(['auto', 'home', 'home-model'].map((m) => knowsModel(policy, m))).toEqual([
      true,
      true,
      true,
    ]);
    expect(knowsModel(policy, 'gpt-4o')).toBe(false);
  });
});

describe('a refusal', () => {
  const base = {
    policy,
    direction: 'input',
    receipt: 'f'.repeat(32),
    receiptUrl: 'http://x/receipts/f',
    contestUrl: 'http://x/console/#/contest/f',
  } as const;

  test('names rule, contact and receipt in the reader’s language', () => {
    const told = refusal({ ...base, language: 'ja', rules: ['my-number-stays-here'] });
    expect(told.message).toMatch(/関所で止められました[\s\S]*my-number-stays-here[\s\S]*管理者/);
    expect(told.message).toContain(base.receipt);
    const english = refusal({ ...base, language: 'en', rules: ['my-number-stays-here'] });
    expect(english.message).toMatch(/stopped at the checkpoint[\s\S]*contest it with/);
  });

  test('says so when a check could not be carried out', () => {
    const told = refusal({ ...base, language: 'en', rules: [] });
    expect(told.rules).toEqual([
      { id: uncheckedRule, text: expect.stringContaining('cannot be checked') as string },
    ]);
  });

  test.each([
    ['en-GB,ja;q=0.5', 'こんにちは', 'en'],
    [undefined, 'こんにちは', 'ja'],
    [undefined, 'Good morning', 'en'],
    ['fr', '12345', 'ja'],
    ['*;q=0.1, ja-JP;q=0.9, en;q=0.8', 'Good morning', 'ja'],
  ] as const)('speaks the language of %s and %s', (header, written, language) => {
    expect(readerLanguage(header, written, 'ja')).toBe(language);
  });
});
