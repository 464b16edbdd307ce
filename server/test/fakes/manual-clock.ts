import type { Clock } from '#base';

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #ms = 1_000_000;

  nowMs(): number {
    return 1_800_000_000_000 + this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  pass(ms: number): void {
    this.#ms += ms;
  }
}
