import { type MonthCount, allRules } from './count-table.ts';

/**
 * Counts below this are not published, since they could be about somebody one knows; and counts
 * are told in whole steps of it, since whoever knows their own part could subtract it.
 */
export const leastCount = 10;

/** Null where a count is below ten, or would give such a one away. */
export interface PublicRule {
  readonly rule: string;
  /** Passages that it marked, masked or escalated, and let go on. */
  readonly marked: number | null;
  readonly blocks: number | null;
  readonly overturned: number | null;
}

export interface PublicMonth {
  readonly month: string;
  readonly passages: number | null;
  readonly blocks: number | null;
  readonly overturned: number | null;
  readonly rules: readonly PublicRule[];
}

/**
 * What the public may read: passages, blocks and overturned blocks by rule, of months that are over
 * and in whole tens. A month that goes on is not told: somebody with a key could add passages of
 * their own until a count steps, and so find out how far from the step it was. What ends is counted
 * in the month of its end, and overturned ones in that of the verdict, so that a month that is over
 * stays as it was published.
 *
 * Whatever is published leaves each count below ten anywhere between 0 and 9, also for a reader who
 * knows this code: whether a count is shown depends on itself alone, and whether a sum is shown on
 * what is shown beside it.
 * @param options.now the present month
 * @param options.known rules that are listed whatever their count: that one is there tells nothing
 */
export function publicMonths(
  counts: readonly MonthCount[],
  { now, known }: { readonly now: string; readonly known: readonly string[] },
): readonly PublicMonth[] {
  const over = counts.filter(({ month }) => month < now);
  const months = [...new Set(over.map(({ month }) => month))].toSorted().toReversed();
  return months.map((month) => {
    const counted = over.filter((count) => count.month === month);
    return publicMonth(counted, { month, known });
  });
}

function publicMonth(
  counted: readonly MonthCount[],
  of: { readonly month: string; readonly known: readonly string[] },
): PublicMonth {
  const { month, known } = of;
  const shown = (count: number | undefined): number | null =>
    count === undefined || count < leastCount ? null : count - (count % leastCount);
  const names = new Set([...known, ...counted.map(({ rule }) => rule)]);
  names.delete(allRules);
  const rules = [...names].toSorted().map((rule): PublicRule => {
    const count = counted.find((one) => one.rule === rule);
    const { marked, blocks, overturned } = count ?? {};
    return {
      rule,
      marked: shown(marked),
      blocks: shown(blocks),
      overturned: shown(overturned),
    };
  });
  const all = counted.find(({ rule }) => rule === allRules)?.passages ?? 0;
  const passages = shown(all);
  const named = sumOf(rules.flatMap(({ marked, blocks }) => [marked ?? 0, blocks ?? 0]));
  // What is left may be hidden counts and passages that met no rule: few of both are not told.
  const isTold = passages !== null && passages - named >= leastCount;
  return {
    month,
    passages: isTold ? passages : null,
    blocks: wholeSum(rules.map(({ blocks }) => blocks)),
    overturned: wholeSum(rules.map(({ overturned }) => overturned)),
    rules: rules.filter(
      ({ rule, marked, blocks, overturned }) =>
        known.includes(rule) || [marked, blocks, overturned].some((count) => count !== null),
    ),
  };
}

/** Whose parts are not all shown is not shown either: its last part would be a subtraction away. */
function wholeSum(parts: readonly (number | null)[]): number | null {
  const shown = parts.filter((part) => part !== null);
  return shown.length < parts.length || parts.length === 0 ? null : sumOf(shown);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
