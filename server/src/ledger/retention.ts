import type { Group } from './fields.ts';

/** How long the keys of each group are kept, in calendar months. */
export type RetentionMonths = Readonly<Record<Group, number>>;

/**
 * The first UTC day whose keys are still kept. A day goes only when all of it is older than the
 * months asked for; where the month is too short for the day, its last day counts, so that nothing
 * goes early.
 * @returns days from 1970-01-01
 */
export function firstKeptDay(nowMs: number, months: number): number {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth() - months;
  const lastOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(now.getUTCDate(), lastOfMonth);
  return Math.floor(Date.UTC(year, month, day) / 86_400_000);
}
