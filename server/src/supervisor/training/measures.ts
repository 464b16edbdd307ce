import type { Scored } from './calibration.ts';
import { chanceFrom } from './chance.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** How many cases the value was counted on. */
  readonly n: number;
}

const z95 = 1.959963984540054;

/** A share with its 95 % interval (Wilson 1927). NaN when nothing was counted. */
export function wilson(successes: number, n: number): Interval {
  if (n === 0) return { value: Number.NaN, low: 0, high: 1, n };
  const p = successes / n;
  const spread = z95 * z95;
  const middle = (p + spread / (2 * n)) / (1 + spread / n);
  const half = (z95 * Math.sqrt((p * (1 - p)) / n + spread / (4 * n * n))) / (1 + spread / n);
  return { value: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half), n };
}

export interface Measures {
  readonly precision: Interval;
  readonly recall: Interval;
  readonly falseAlarms: Interval;
  readonly accuracy: Interval;
  readonly f1: Interval;
  readonly auc: Interval;
}

/** Tasks are resampled so often for the intervals of F1 and AUC. */
const resamples = 500;

/** Of scores at a threshold. F1 and AUC by a seeded bootstrap over the cases. */
export function measure(scored: readonly Scored[], threshold: number, seed: number = 1): Measures {
  const counts = count(scored, threshold);
  const { hits, alarms, misses, passed } = counts;
  const chance = chanceFrom(seed);
  const f1s: number[] = [];
  const aucs: number[] = [];
  for (let round = 0; round < resamples; round++) {
    const drawn = scored.map(() => scored[Math.floor(chance() * scored.length)] as Scored);
    f1s.push(f1Of(count(drawn, threshold)));
    if (round < resamples / 5) aucs.push(auc(drawn));
  }
  return {
    precision: wilson(hits, hits + alarms),
    recall: wilson(hits, hits + misses),
    falseAlarms: wilson(alarms, alarms + passed),
    accuracy: wilson(hits + passed, scored.length),
    f1: { value: f1Of(counts), ...middle95(f1s), n: scored.length },
    auc: { value: auc(scored), ...middle95(aucs), n: scored.length },
  };
}

interface Counts {
  readonly hits: number;
  readonly alarms: number;
  readonly misses: number;
  readonly passed: number;
}

function count(scored: readonly Scored[], threshold: number): Counts {
  let [hits, alarms, misses, passed] = [0, 0, 0, 0];
  for (const { score, positive } of scored) {
    if (score >= threshold && positive) hits++;
    else if (score >= threshold) alarms++;
    else if (positive) misses++;
    else passed++;
  }
  return { hits, alarms, misses, passed };
}

function f1Of({ hits, alarms, misses }: Counts): number {
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + alarms + misses);
}

function middle95(values: readonly number[]): { low: number; high: number } {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}

/** The chance that a positive scores above a negative, ties counting half (Mann and Whitney). */
export function auc(scored: readonly Scored[]): number {
  const sorted = scored.toSorted((a, b) => a.score - b.score);
  const positives = sorted.filter(({ positive }) => positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  let rankSum = 0;
  for (let at = 0; at < sorted.length;) {
    let end = at;
    while (end < sorted.length && sorted[end]?.score === sorted[at]?.score) end++;
    const rank = (at + 1 + end) / 2;
    for (; at < end; at++) if (sorted[at]?.positive === true) rankSum += rank;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
