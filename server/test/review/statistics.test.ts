import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PublicMonth, publicMonths } from '#review';

/** Marked, stopped and overturned, by rule; the rest met no rule. */
interface Truth {
  readonly cells: readonly (readonly [marked: number, blocks: number, overturned: number])[];
  readonly rest: number;
}

const month = '2026-09';

function publish(truth: Truth): PublicMonth {
  return monthsOf(truth, '2026-11')[0];
}

function monthsOf({ cells, rest }: Truth, now: string): readonly PublicMonth[] {
  const passages = cells.reduce((sum, [marked, blocks]) => sum + marked + blocks, rest);
  const nothing = { month, passages: 0, marked: 0, blocks: 0, overturned: 0 };
  const rows = cells.map(([marked, blocks, overturned], i) => {
    return { ...nothing, rule: `rule-${i}`, marked, blocks, overturned };
  });
  const known = rows.map(({ rule }) => rule);
  return publicMonths([...rows, { ...nothing, rule: '*', passages }], { now, known });
}

/**
 * Another table: what is published of it as it is published, one small number of a reader's choice,
 * and all other small ones as nothing.
 */
function withCell(truth: Truth, at: readonly [rule: number, column: number], value: number): Truth {
  const cells = truth.cells.map((row, rule) =>
    row.map((count, column) => {
      if (rule === at[0] && column === at[1]) return value;
      return count < 10 ? 0 : count - (count % 10);
    }),
  ) as unknown as Truth['cells'];
  return { cells, rest: 0 };
}

const passagesOf = ({ cells, rest }: Truth): number =>
  cells.reduce((sum, [marked, blocks]) => sum + marked + blocks, rest);

describe('published counts', () => {
  const count = fc.oneof(fc.nat(12), fc.nat(40), fc.nat(2_000));
  const truths: fc.Arbitrary<Truth> = fc.record({
    cells: fc.array(fc.tuple(count, count, count), { minLength: 1, maxLength: 4 }),
    rest: fc.oneof(fc.nat(25), fc.nat(2_000)),
  });

  test('leave every small count anywhere between 0 and 9, and say the same for each', () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const told = publish(truth);
        for (const [rule, row] of truth.cells.entries()) {
          for (const [column, small] of row.entries()) {
            if (small >= 10) continue;
            for (let value = 0; value < 10; value++) {
              const other = withCell(truth, [rule, column], value);
              // Where the sum of all is told, what met no rule makes it up; it may be anything.
              const missing = passagesOf(truth) - passagesOf(other);
              const rest = told.passages === null ? 0 : missing;
              expect(rest).toBeGreaterThanOrEqual(0);
              expect(publish({ ...other, rest })).toEqual(told);
            }
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test('are none of them below ten', () => {
    fc.assert(
      fc.property(truths, (truth) => {
        const numbers = JSON.stringify(publish(truth)).matchAll(/":(\d+)/g);
        for (const [, number] of numbers) expect(Number(number)).toBeGreaterThanOrEqual(10);
      }),
    );
  });

  test('are told in whole tens, so that nobody can subtract their own part', () => {
    expect(publish({ cells: [[15, 57, 11]], rest: 134 })).toMatchObject({
      passages: 200,
      blocks: 50,
      overturned: 10,
      rules: [{ rule: 'rule-0', marked: 10, blocks: 50, overturned: 10 }],
    });
  });

  test('tell nothing of a month that goes on, however many requests somebody adds', () => {
    const own = (blocks: number): Truth => ({ cells: [[0, 7 + blocks, 0]], rest: 100 });
    for (let added = 0; added < 30; added++) expect(monthsOf(own(added), month)).toEqual([]);
    expect(monthsOf(own(0), '2026-10')).toHaveLength(1);
  });

  test('give no sum from which a small count could be subtracted', () => {
    const cells = [
      [0, 80, 0],
      [0, 4, 0],
    ] as const;
    expect(publish({ cells, rest: 400 })).toMatchObject({ passages: 480, blocks: null });
    expect(publish({ cells, rest: 3 })).toMatchObject({ passages: null, blocks: null });
  });

  test('do not say by its presence that a rule not in the book was met by few', () => {
    const nothing = { month, passages: 0, marked: 0, overturned: 0 };
    const rows = [
      { ...nothing, rule: 'old', blocks: 3 },
      { ...nothing, rule: 'here', blocks: 40 },
    ];
    const [told] = publicMonths(rows, { now: '2026-11', known: ['here', 'unmet'] });
    expect(told.rules.map(({ rule }) => rule)).toEqual(['here', 'unmet']);
  });
});
