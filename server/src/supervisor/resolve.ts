import type { Finding } from './finding.ts';

/** A finding with what its detector says about competition. */
export interface Raw {
  readonly finding: Finding;
  readonly contest: string | undefined;
  /** Place of the detector in the list: between equals the earlier one is believed. */
  readonly rank: number;
}

/**
 * Overlapping rivals beyond this are no text of a person; the resolver refuses instead of guessing.
 */
export const maxRivals = 64;

export interface Resolved {
  /** In order of start. */
  readonly findings: readonly Finding[];
  /** More rivals overlapped one another than are compared. */
  readonly overflow: boolean;
}

/**
 * One span, one kind: of overlapping findings of one contest the strongest stays, the others become
 * its alternatives. Findings without a contest all stay.
 * @param raws in any order; no finding outside may overlap one of them
 */
export function resolve(raws: readonly Raw[]): Resolved {
  const sorted = raws.toSorted(byPlace);
  const kept: Raw[] = sorted.filter(({ contest }) => contest === undefined);
  let overflow = false;
  for (const contest of new Set(sorted.map((raw) => raw.contest))) {
    if (contest === undefined) continue;
    for (const cluster of clusters(sorted.filter((raw) => raw.contest === contest))) {
      if (cluster.length > maxRivals) overflow = true;
      else kept.push(...strongest(cluster));
    }
  }
  return { findings: kept.toSorted(byPlace).map(({ finding }) => finding), overflow };
}

function byPlace(a: Raw, b: Raw): number {
  return a.finding.start - b.finding.start || a.finding.end - b.finding.end || a.rank - b.rank;
}

function* clusters(sorted: readonly Raw[]): Generator<readonly Raw[]> {
  let cluster: Raw[] = [];
  let end = 0;
  for (const raw of sorted) {
    if (cluster.length > 0 && raw.finding.start >= end) {
      yield cluster;
      cluster = [];
    }
    cluster.push(raw);
    end = Math.max(end, raw.finding.end);
  }
  if (cluster.length > 0) yield cluster;
}

function strongest(cluster: readonly Raw[]): readonly Raw[] {
  const width = ({ finding }: Raw): number => finding.end - finding.start;
  const order = cluster.toSorted(
    (a, b) =>
      b.finding.score - a.finding.score || width(b) - width(a) || a.rank - b.rank || byPlace(a, b),
  );
  const winners: { raw: Raw; alternatives: Set<string> }[] = [];
  for (const raw of order) {
    const rival = winners.find(
      ({ raw: { finding } }) => finding.start < raw.finding.end && raw.finding.start < finding.end,
    );
    if (rival === undefined) winners.push({ raw, alternatives: new Set() });
    else if (rival.raw.finding.kind !== raw.finding.kind) rival.alternatives.add(raw.finding.kind);
  }
  return winners.map(({ raw, alternatives }) =>
    alternatives.size === 0
      ? raw
      : { ...raw, finding: { ...raw.finding, alternatives: [...alternatives].toSorted() } },
  );
}
