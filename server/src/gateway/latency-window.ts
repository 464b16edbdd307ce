import { type Clock, limits } from '#base';

/** How long the last answers took to begin. Bounded in number and in age. */
export class LatencyWindow {
  readonly #clock: Clock;
  readonly #samples: { readonly atMs: number; readonly ms: number }[] = [];
  #sorted: readonly number[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(ms: number): void {
    this.#samples.push({ atMs: this.#clock.monotonicMs(), ms });
    if (this.#samples.length > limits.latencySamples) this.#samples.shift();
    this.#sorted = undefined;
  }

  get count(): number {
    return this.#fresh().length;
  }

  /** @param share of the answers that began sooner, 0 to 1; undefined without a sample */
  quantile(share: number): number | undefined {
    const sorted = this.#fresh();
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }

  #fresh(): readonly number[] {
    const from = this.#clock.monotonicMs() - limits.latencyAgeMs;
    while (this.#samples[0] !== undefined && this.#samples[0].atMs < from) {
      this.#samples.shift();
      this.#sorted = undefined;
    }
    this.#sorted ??= this.#samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
    return this.#sorted;
  }
}
