/** Counts below this are not published: they could be about somebody one knows. */
export const leastCount = 10;

/** One column of a table: a total, and its parts. Null is not shown. */
export interface Column {
  readonly total: number | null;
  readonly parts: readonly (number | null)[];
}

export interface ColumnOptions {
  /** Whether something of the total is in no part, so that the parts do not add up to it. */
  readonly hasRest: boolean;
  /** Places of parts that are not to be shown although they are large. */
  readonly withheld?: ReadonlySet<number>;
}

/**
 * Hides small counts, and as much more as it takes so that nobody can compute one of them by
 * subtracting what is shown from the total: large parts first, the smallest of them before the
 * others, and at last the total. Whatever is still shown leaves each small count anywhere between 0
 * and 9. (Primary and complementary suppression, as statistical offices do it by hand.)
 */
export function hideSmall(
  total: number,
  parts: readonly number[],
  { hasRest, withheld = new Set() }: ColumnOptions,
): Column {
  const small = new Set([...parts.keys()].filter((i) => parts[i]! < leastCount));
  const hidden = new Set([...withheld].filter((i) => !small.has(i)));
  const shown = (): number[] =>
    [...parts.keys()]
      .filter((i) => !small.has(i) && !hidden.has(i))
      .toSorted((a, b) => parts[b]! - parts[a]!);
  const isSafe = (): boolean => {
    if (small.size === 0) return true;
    const left = total - shown().reduce((sum, i) => sum + parts[i]!, 0);
    const most = leastCount - 1;
    // What is hidden and large, or in no part at all, may take up anything beyond its least size.
    const bound = left - hidden.size * leastCount;
    if (hidden.size > 0 || hasRest) return bound >= most;
    return bound >= most && bound <= most * (small.size - 1);
  };
  let showsTotal = total >= leastCount;
  while (showsTotal && !isSafe()) {
    const next = shown().at(-1);
    if (next === undefined) showsTotal = false;
    else hidden.add(next);
  }
  // Without a total nothing can be subtracted, so what was hidden for its sake is shown again.
  if (!showsTotal) for (const i of hidden) if (!withheld.has(i)) hidden.delete(i);
  return {
    total: showsTotal ? total : null,
    parts: parts.map((count, i) => (small.has(i) || hidden.has(i) ? null : count)),
  };
}

/** Whether subtracting one shown count from the other gives a count of few. */
export function differSlightly(whole: number, part: number): boolean {
  const difference = whole - part;
  return difference > 0 && difference < leastCount;
}
