import { describe, expect, test } from 'vitest';
import { PolicyError } from '#policy';
import { policyOf } from './routing-document.ts';

function said(cache: unknown): string {
  try {
    const { document } = policyOf({
      upstreams: [{ id: 'a' }],
      dataClasses: [{ id: 'open', upstreams: ['a'] }],
      cache,
    });
    return JSON.stringify(document.cache);
  } catch (error) {
    if (error instanceof PolicyError) return error.message;
    throw error;
  }
}

describe('the member cache', () => {
  test('is off when it is not written, and careful where it says little', () => {
    expect(said(undefined)).toBeUndefined();
    expect(JSON.parse(said({ classes: [{ id: 'open', seconds: 60 }] }))).toEqual({
      maxEntries: 1_000,
      maxMegabytes: 32,
      classes: [{ id: 'open', seconds: 60, exact: true, maxTemperature: 0 }],
    });
  });

  test.each<[object, RegExp]>([
    [{ classes: [] }, /cache\.classes/],
    [{ classes: [{ id: 'shut', seconds: 60 }] }, /cache\.classes\.0\.id: there is no data class/],
    [
      {
        classes: [
          { id: 'open', seconds: 60 },
          { id: 'open', seconds: 6 },
        ],
      },
      /cache\.classes\.1\.id: "open" is used twice/,
    ],
    [
      { classes: [{ id: 'open', seconds: 60, exact: false }] },
      /cache\.classes\.0\.exact: it allows nothing/,
    ],
    [{ classes: [{ id: 'open', seconds: 86_401 }] }, /cache\.classes\.0\.seconds/],
    [{ classes: [{ id: 'open', seconds: 60, semantic: { minLikeness: 49 } }] }, /minLikeness/],
    [{ classes: [{ id: 'open', seconds: 60, shared: true }] }, /shared/],
    [{ maxMegabytes: 0, classes: [{ id: 'open', seconds: 60 }] }, /cache\.maxMegabytes/],
  ])('names what cannot be meant: %j', (cache, fault) => {
    expect(said(cache)).toMatch(fault);
  });
});
