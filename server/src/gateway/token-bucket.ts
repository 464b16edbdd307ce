/** Parts of a token that flow back in one millisecond for each token a minute: no fractions. */
const parts = 60_000;

/**
 * So many a minute, as a bucket that refills steadily. Exact: everything is counted in whole
 * sixty-thousandths, of which a limit of N a minute gains N each millisecond.
 */
export class TokenBucket {
  readonly perMinute: number;
  #level: number;
  #atMs: number;

  /** @param nowMs monotonic milliseconds; fractions are dropped */
  constructor(perMinute: number, nowMs: number) {
    this.perMinute = perMinute;
    this.#level = perMinute * parts;
    this.#atMs = Math.floor(nowMs);
  }

  /** @returns 0 when they were taken; else milliseconds after which they can be, or Infinity */
  take(count: number, nowMs: number): number {
    const missing = this.#refill(nowMs) - count * parts;
    if (missing >= 0) {
      this.#level = missing;
      return 0;
    }
    return count > this.perMinute ? Infinity : Math.ceil(-missing / this.perMinute);
  }

  /** Takes more, into debt if need be; or gives back. For what turned out after the fact. */
  settle(count: number, nowMs: number): void {
    this.#level = Math.min(this.#refill(nowMs) - count * parts, this.perMinute * parts);
  }

  remaining(nowMs: number): number {
    return Math.max(0, Math.floor(this.#refill(nowMs) / parts));
  }

  /** Milliseconds until it is full again. */
  resetMs(nowMs: number): number {
    return Math.ceil((this.perMinute * parts - this.#refill(nowMs)) / this.perMinute);
  }

  #refill(nowMs: number): number {
    const now = Math.floor(nowMs);
    const full = this.perMinute * parts;
    // What is full gains nothing, however long ago that was: no product can leave the safe range.
    const elapsedMs = Math.min(Math.max(0, now - this.#atMs), 2 * parts);
    this.#level = Math.min(full, this.#level + elapsedMs * this.perMinute);
    this.#atMs = Math.max(now, this.#atMs);
    return this.#level;
  }
}
