/** Every offset in use is a multiple of a quarter of an hour, so days begin on such a mark. */
const quarterMs = 15 * 60_000;
const longestMonthMs = 32 * 86_400_000;

/** Days and months in one time zone. Asking costs a division: the last quarter is remembered. */
export class Calendar {
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #day = '';

  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.#format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  }

  /** @returns such as 2026-11-24 */
  day(nowMs: number): string {
    const quarter = Math.floor(nowMs / quarterMs);
    if (quarter !== this.#quarter) {
      this.#day = this.#write(quarter);
      this.#quarter = quarter;
    }
    return this.#day;
  }

  /** @returns such as 2026-11 */
  month(nowMs: number): string {
    return this.day(nowMs).slice(0, 7);
  }

  /** @returns the Monday of its week, such as 2026-11-23 */
  week(nowMs: number): string {
    // As a date of no zone: from here on it is arithmetic on the day's own name.
    const day = new Date(`${this.day(nowMs)}T00:00:00Z`);
    const sinceMonday = (day.getUTCDay() + 6) % 7;
    return new Date(day.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10);
  }

  /** Milliseconds until the day or the month ends. */
  left(nowMs: number, period: 'day' | 'month'): number {
    const length = period === 'day' ? 10 : 7;
    const name = this.day(nowMs).slice(0, length);
    let inside = Math.floor(nowMs / quarterMs);
    let after = inside + Math.ceil(longestMonthMs / quarterMs);
    while (after - inside > 1) {
      const middle = Math.floor((inside + after) / 2);
      if (this.#write(middle).slice(0, length) === name) inside = middle;
      else after = middle;
    }
    return after * quarterMs - nowMs;
  }

  #write(quarter: number): string {
    return this.#format.format(quarter * quarterMs);
  }
}
