import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PublicMonth, publicMonths } from '#review';

interface Row {
  readonly month: string;
  readonly rule: string;
  readonly passages: number;
  readonly blocks: number;
  readonly overturned: number;
}

const past = '2026-09';
const row = (rule: string, passages: number, blocks = 0, overturned = 0): Row => {
  return { month: past, rule, passages, blocks, overturned };
};
const publish = (rows: readonly Row[], now = '2026-11'): PublicMonth =>
  publicMonths(rows, {
    now,
    known: rows.map(({ rule }) => rule).filter((rule) => rule !== '*'),
  })[0];

/**
 * Whether parts exist that add up to what is left of a total when one of them is fixed: tried one
 * after another, with no formula of the code that is tested. Hidden parts of unknown size are open
 * upwards, and so is what is in no part.
 */
function feasible(left: number, small: number, large: number, isOpen: boolean): boolean {
  if (left < 0) return false;
  if (small > 0) {
    for (let value = 0; value <= 9; value++) {
      if (feasible(left - value, small - 1, large, isOpen)) return true;
    }
    return false;
  }
  const least = large * 10;
  return large > 0 || isOpen ? left >= least : left === 0;
}

/** Every value a reader cannot rule out for one of the small counts. */
function possible(
  total: number,
  parts: readonly (number | null)[],
  from: { readonly truth: readonly number[]; readonly isOpen: boolean },
): number[] {
  const hidden = [...parts.keys()].filter((i) => parts[i] === null);
  const small = hidden.filter((i) => from.truth[i] < 10).length;
  const shown = parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  return [...Array(10).keys()].filter((value) =>
    feasible(total - shown - value, small - 1, hidden.length - small, from.isOpen),
  );
}

describe('published counts', () => {
  const counts = fc.array(fc.oneof(fc.nat(12), fc.nat(60), fc.nat(2_000)), {
    minLength: 1,
    maxLength: 4,
  });

  test('leave every small count anywhere between 0 and 9', () => {
    fc.assert(
      fc.property(counts, fc.nat(40), (blocks, rest) => {
        const sum = blocks.reduce((a, b) => a + b, 0);
        const rows = blocks.map((count, i) => row(`rule-${i}`, count, count, count));
        const month = publish([...rows, row('*', sum + rest, sum, sum)]);
        const told = (pick: (rule: PublicMonth['rules'][number]) => number | null) =>
          rows.map(({ rule }) => pick(month.rules.find((one) => one.rule === rule)!));
        for (const [total, parts, isOpen] of [
          [month.passages, told((one) => one.passages), true],
          [month.blocks, told((one) => one.blocks), false],
          [month.overturned, told((one) => one.overturned), false],
        ] as const) {
          for (const part of parts) expect(part ?? 10).toBeGreaterThanOrEqual(10);
          if (total === null) continue;
          expect(total).toBeGreaterThanOrEqual(10);
          if (blocks.every((count) => count >= 10)) continue;
          const from = { truth: blocks, isOpen };
          expect(possible(total, parts, from)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test('never stand beside each other when their difference is a count of few', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(30), fc.nat(30), (blocks, through, others) => {
        const passages = blocks + through;
        const rows = [row('rule', passages, blocks), row('*', passages + others, blocks)];
        const month = publish(rows);
        const [rule] = month.rules;
        for (const { passages: all, blocks: part } of [month, rule]) {
          if (all === null || part === null || all === part) continue;
          expect(all - part).toBeGreaterThanOrEqual(10);
        }
      }),
    );
  });

  test('are exact in a month that is over, and rounded down to tens in one that is not', () => {
    const rows = [row('a', 57, 57), row('*', 134, 57)];
    expect(publish(rows)).toMatchObject({ open: false, passages: 134, blocks: 57 });
    expect(publish(rows, past)).toMatchObject({ open: true, passages: 130, blocks: 50 });
  });

  test('hide a large count where the small one could be subtracted from the total', () => {
    const rows = [row('a', 80, 80), row('b', 30, 30), row('c', 4, 4), row('*', 400, 114)];
    const { blocks, rules } = publish(rows);
    expect(blocks).toBe(114);
    expect(rules.map((rule) => rule.blocks)).toEqual([80, null, null]);
  });

  test('do not say by its presence that a rule not in the book was met by few', () => {
    const rows = [row('old', 3, 3), row('here', 40, 40), row('*', 200, 43)];
    const [month] = publicMonths(rows, { now: '2026-11', known: ['here', 'unmet'] });
    expect(month.rules.map(({ rule }) => rule)).toEqual(['here', 'unmet']);
  });
});
