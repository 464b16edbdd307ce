import { type MonthCount, allRules } from './count-table.ts';
import { differSlightly, hideSmall, leastCount } from './small-counts.ts';

/** A count as it is published: null where it is below ten, or would give such a one away. */
export interface PublicCount {
  readonly passages: number | null;
  readonly blocks: number | null;
  readonly overturned: number | null;
}

export interface PublicMonth extends PublicCount {
  readonly month: string;
  /** The month is not over: counts are rounded down to tens, and grow. */
  readonly open: boolean;
  readonly rules: readonly (PublicCount & { readonly rule: string })[];
}

/**
 * What the public may read: passages, blocks and overturned blocks by rule and month. Overturned
 * ones are of the month of the verdict, so that a month that is over stays as it was published.
 * @param options.now the present month
 * @param options.known rules that are listed whatever their count: that one is there tells nothing
 */
export function publicMonths(
  counts: readonly MonthCount[],
  { now, known }: { readonly now: string; readonly known: readonly string[] },
): readonly PublicMonth[] {
  const months = [...new Set(counts.map(({ month }) => month))].toSorted().toReversed();
  return months.map((month) => {
    const counted = counts.filter((count) => count.month === month);
    const missing = known.filter((rule) => !counted.some((count) => count.rule === rule));
    const nothing = { month, passages: 0, blocks: 0, overturned: 0 };
    const rows = [...counted, ...missing.map((rule) => ({ ...nothing, rule }))];
    const told = publicMonth(month, rows, month >= now);
    const rules = told.rules.filter(
      ({ rule, passages, blocks, overturned }) =>
        known.includes(rule) || [passages, blocks, overturned].some((count) => count !== null),
    );
    return { ...told, rules: rules.toSorted((a, b) => (a.rule < b.rule ? -1 : 1)) };
  });
}

function publicMonth(month: string, rows: readonly MonthCount[], open: boolean): PublicMonth {
  const all = rows.find(({ rule }) => rule === allRules);
  const rules = rows.filter(({ rule }) => rule !== allRules);
  const total = all ?? { passages: 0, blocks: 0, overturned: 0 };
  // Where a rule let few of its passages through, the two counts together would tell how few.
  const close = new Set(
    [...rules.keys()].filter((i) => {
      const { passages, blocks } = rules[i]!;
      return blocks >= leastCount && differSlightly(passages, blocks);
    }),
  );
  const passages = hideSmall(
    total.passages,
    rules.map((row) => row.passages),
    { hasRest: true, withheld: close },
  );
  const blocks = hideSmall(
    total.blocks,
    rules.map((row) => row.blocks),
    { hasRest: false },
  );
  const overturned = hideSmall(
    total.overturned,
    rules.map((row) => row.overturned),
    { hasRest: false },
  );
  const tooClose = blocks.total !== null && differSlightly(total.passages, total.blocks);
  const told = (count: number | null): number | null =>
    count === null || !open ? count : count - (count % leastCount);
  return {
    month,
    open,
    passages: tooClose ? null : told(passages.total),
    blocks: told(blocks.total),
    overturned: told(overturned.total),
    rules: rules.map(({ rule }, i) => ({
      rule,
      passages: told(passages.parts[i]!),
      blocks: told(blocks.parts[i]!),
      overturned: told(overturned.parts[i]!),
    })),
  };
}
