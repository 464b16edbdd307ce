import { describe, expect, it } from 'vitest';
import * as proof from '../src/index.ts';
import { corruptions } from './corruptions.ts';

describe('evidence with one thing wrong', () => {
  it.each(corruptions)('$what: $code', async ({ code, judge }) => {
    expect(await judge(proof)).toBe(code);
  });

  it('comes to every code there is', () => {
    const met = new Set(corruptions.map(({ code }) => code));
    expect(Object.keys(proof.rejections).filter((code) => !met.has(code as 'none'))).toEqual([]);
  });
});
