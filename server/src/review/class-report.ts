import { type ClassCount, classCounts } from './class-table.ts';
import { leastCount } from './statistics.ts';

export type { ClassCount } from './class-table.ts';

/** One line of a report; null where the count is below ten. */
export interface ReportedCount {
  readonly name: string;
  readonly count: number | null;
}

export type ReportedWeek = { readonly week: string; readonly open: boolean } & {
  readonly [What in ClassCount['what']]: readonly ReportedCount[];
};

/** Names that stand in every report, whatever their count: that one is there tells nothing. */
const always: Readonly<Partial<Record<ClassCount['what'], readonly string[]>>> = {
  all: ['passages', 'rewritten', 'locked', 'signs'],
  decision: ['pass', 'annotate', 'hold', 'stop'],
  review: ['contested', 'upheld', 'overturned'],
};

/**
 * What a teacher reads of a class, week by week, newest first. Counts below ten are not told: in a
 * class they could be about somebody one knows. Of a week that goes on, counts are rounded down to
 * tens, so that two looks do not tell what happened in between.
 * @param options.now the Monday of the present week
 */
export function classReport(
  counts: readonly ClassCount[],
  { now }: { readonly now: string },
): readonly ReportedWeek[] {
  const weeks = [...new Set([now, ...counts.map(({ week }) => week)])].toSorted().toReversed();
  return weeks.map((week) => {
    const open = week >= now;
    const of = counts.filter((count) => count.week === week);
    const members = classCounts.map((what) => [what, linesOf(of, what, open)]);
    return withoutRest({ week, open, ...Object.fromEntries(members) } as ReportedWeek);
  });
}

/** The number of all, less what is told of each decision, would be a hidden count. */
function withoutRest(report: ReportedWeek): ReportedWeek {
  const named = report.decision.reduce((sum, { count }) => sum + (count ?? 0), 0);
  const all = report.all.map((line): ReportedCount => {
    const { name, count } = line;
    const tells = name === 'passages' && count !== null && count - named < leastCount;
    return tells ? { name, count: null } : line;
  });
  return { ...report, all };
}

function linesOf(
  counts: readonly ClassCount[],
  what: ClassCount['what'],
  open: boolean,
): readonly ReportedCount[] {
  const found = counts.filter((count) => count.what === what);
  const names = new Set([...(always[what] ?? []), ...found.map(({ name }) => name)]);
  return [...names].flatMap((name): ReportedCount[] => {
    const count = found.find((one) => one.name === name)?.count ?? 0;
    if (count >= leastCount) return [{ name, count: open ? count - (count % leastCount) : count }];
    // A rule that is listed has been met: its being there would tell of one pupil.
    return always[what]?.includes(name) === true ? [{ name, count: null }] : [];
  });
}
