import type { PolicyDocument } from '#policy';

/**
 * How many calls an upstream may get because another has failed. Each costs one; each answer the
 * upstream gives earns a share of one. So a failing neighbour can add only that share to its load,
 * beyond a burst.
 */
export class RetryBudget {
  readonly #burst: number;
  readonly #earning: number;
  #left: number;

  constructor({ burst, percent }: PolicyDocument['continuity']['retries']) {
    this.#burst = burst;
    this.#earning = percent / 100;
    this.#left = burst;
  }

  get left(): number {
    // Shares add up inexactly: five fifths must make a whole one.
    return Math.floor(this.#left + 1e-9);
  }

  /** @returns false when nothing is left */
  take(): boolean {
    if (this.left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** An answer was given. */
  earn(): void {
    this.#left = Math.min(this.#burst, this.#left + this.#earning);
  }
}
