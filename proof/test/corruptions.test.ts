import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as proof from '../src/index.ts';
import { corruptions } from './corruptions.ts';

/** Codes of other kinds of evidence, and the test in which each of them is given. */
const elsewhere: Readonly<Record<string, string>> = {
  E_PROMISE_FORMAT: 'promise',
  E_PROMISE: 'promise',
  E_COSE: 'cose-receipt',
  E_BUNDLE_FORMAT: 'bundle',
  E_JWT: 'bundle',
  E_VALUE: 'bundle',
  E_UNSUPPORTED: 'subtree-cosignature',
};

describe('evidence with one thing wrong', () => {
  it.each(corruptions)('$what: $code', async ({ code, judge }) => {
    expect(await judge(proof)).toBe(code);
  });

  it('comes to every code there is', () => {
    const met = new Set<string>(corruptions.map(({ code }) => code));
    for (const [code, test] of Object.entries(elsewhere)) {
      const text = readFileSync(new URL(`${test}.test.ts`, import.meta.url), 'utf8');
      if (new RegExp(`\\b${code}\\b`).test(text)) met.add(code);
    }
    expect(Object.keys(proof.rejections).filter((code) => !met.has(code))).toEqual([]);
  });
});
