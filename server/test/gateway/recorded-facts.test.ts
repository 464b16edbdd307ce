import { expect, test } from 'vitest';
import { openDatabase } from '#base';
import type { Draft, LedgerAppender } from '#ledger';
import { RecordedFacts } from '../../src/gateway/recorded-facts.ts';
import { policyOf } from '../policy/routing-document.ts';

test('a changed price or a new reading of the terms is an entry, and nothing else is', async () => {
  const drafts: Draft[] = [];
  const ledger = {
    append: (more: readonly Draft[]) => {
      drafts.push(...more);
      const leafHash = String(drafts.length).padStart(43, 'A');
      return Promise.resolve(more.map(() => ({ leafHash })));
    },
  } as unknown as LedgerAppender;
  const facts = new RecordedFacts(openDatabase(':memory:'), ledger, 'log.example');
  const start = async (upstream: object, price?: object): Promise<string[]> => {
    drafts.length = 0;
    const policy = policyOf({
      upstreams: [{ id: 'a', ...upstream }, { id: 'b' }],
      dataClasses: [{ id: 'c', upstreams: ['a'] }],
      accounting: { prices: price === undefined ? [] : [{ upstream: 'a', ...price }] },
    });
    await facts.recordRuleBook(policy, new Map());
    return drafts.map(({ type }) => type);
  };
  const price = {
    currency: 'USD',
    inputPerMillion: 2,
    outputPerMillion: 8,
    validFrom: '2026-01-01',
    source: 'contract',
  };
  const terms = { url: 'https://x.example/t', reviewed: '2026-01-01', reviewBy: '2026-12-31' };
  expect(await start({ terms }, price)).toEqual(['policy.change', 'model.record', 'model.record']);
  expect(await start({ terms }, price)).toEqual([]);
  const dearer = { ...price, outputPerMillion: 9 };
  expect(await start({ terms }, dearer)).toEqual(['policy.change', 'model.record']);
  expect(drafts[1]?.fields['model.declaration']).toMatchObject({
    id: 'a',
    prices: [dearer],
    terms,
  });
  const reread = { ...terms, reviewed: '2026-11-01', reviewBy: '2027-10-31' };
  expect(await start({ terms: reread }, dearer)).toEqual(['policy.change', 'model.record']);
  // How it is used is no part of what it is.
  expect(await start({ terms: reread, weight: 5 }, dearer)).toEqual(['policy.change']);
});
