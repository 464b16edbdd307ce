import { type Clock, limits } from '#base';
import type { PolicyDocument } from '#policy';

export type BreakerSettings = PolicyDocument['continuity']['breaker'];
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerPorts {
  readonly clock: Clock;
  /** At least 0 and less than 1: spreads the trials of several checkpoints over time. */
  readonly random: () => number;
}

/** Parts of the window that leave it one after another. */
const slices = 10;

interface Slice {
  startMs: number;
  calls: number;
  failures: number;
}

/**
 * Leaves an upstream alone that fails. Closed: calls pass and are counted over a sliding window.
 * Open: none passes for a while. Half-open: one passes as a trial; its end closes or opens again,
 * each time for twice as long.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #ports: BreakerPorts;
  #slices: Slice[] = [];
  #openUntilMs: number | undefined;
  /** The upstream itself asked to be left alone until then. */
  #restUntilMs = 0;
  /** Openings since it was last closed. */
  #openings = 0;
  #trials = 0;

  constructor(settings: BreakerSettings, ports: BreakerPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  get state(): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#now() < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** Whether the upstream asked to be left alone, with Retry-After. */
  get resting(): boolean {
    return this.#now() < this.#restUntilMs;
  }

  /** Whether a call may be made now. */
  get passable(): boolean {
    if (this.resting) return false;
    const { state } = this;
    return state === 'closed' || (state === 'half-open' && this.#trials === 0);
  }

  /** Milliseconds until a call may be made; 0 when it may be now. */
  get waitMs(): number {
    const until = Math.max(this.#restUntilMs, this.#openUntilMs ?? 0);
    return Math.max(0, until - this.#now());
  }

  /** Calls and failures in the window. */
  get counts(): { readonly calls: number; readonly failures: number } {
    this.#forget();
    return this.#slices.reduce(
      (sum, { calls, failures }) => ({
        calls: sum.calls + calls,
        failures: sum.failures + failures,
      }),
      { calls: 0, failures: 0 },
    );
  }

  /**
   * Says how a call ended: must be called once for each, by one of its three names. While it is not
   * closed one call at a time is the trial; how any other ends changes nothing.
   */
  begin(): { succeed(): void; fail(): void; drop(): void } {
    const opened = this.#openUntilMs !== undefined;
    const trial = opened && this.#trials === 0;
    if (trial) this.#trials++;
    let open = true;
    const end = (act: () => void) => (): void => {
      if (!open) return;
      open = false;
      if (trial) this.#trials--;
      act();
    };
    return {
      succeed: end(() => {
        if (trial || !opened) this.#succeed(trial);
      }),
      fail: end(() => {
        if (trial || !opened) this.fail();
      }),
      // It says nothing about the upstream: the caller left, or the request was at fault.
      drop: end(() => undefined),
    };
  }

  /** A failure seen otherwise than by a call: a probe that found nobody. */
  fail(): void {
    const slice = this.#slice();
    slice.calls++;
    slice.failures++;
    if (this.state === 'half-open') return this.#open();
    // Calls that began before it opened may still fail; they are no new reason.
    if (this.state === 'open') return;
    const { calls, failures } = this.counts;
    const { failures: least, failurePercent } = this.#settings;
    if (failures >= least && failures * 100 >= failurePercent * calls) this.#open();
  }

  /** Leaves it alone as long as it asked for, within bounds. */
  rest(durationMs: number): void {
    const until = this.#now() + Math.min(Math.max(0, durationMs), limits.breakerOpenMaxMs);
    this.#restUntilMs = Math.max(this.#restUntilMs, until);
  }

  #succeed(trial: boolean): void {
    this.#slice().calls++;
    if (!trial) return;
    this.#openUntilMs = undefined;
    this.#openings = 0;
    this.#slices = [];
  }

  #open(): void {
    const baseMs = this.#settings.openSeconds * 1_000;
    const doubledMs = Math.min(baseMs * 2 ** this.#openings, limits.breakerOpenMaxMs);
    // Up to a fifth longer, so that checkpoints that lost it together do not come back together.
    const spreadMs = doubledMs * (1 + this.#ports.random() / 5);
    this.#openings = Math.min(this.#openings + 1, 30);
    this.#openUntilMs = this.#now() + spreadMs;
  }

  #slice(): Slice {
    this.#forget();
    const now = this.#now();
    const last = this.#slices.at(-1);
    if (last !== undefined && now - last.startMs < this.#sliceMs()) return last;
    const made = { startMs: now, calls: 0, failures: 0 };
    this.#slices.push(made);
    return made;
  }

  #forget(): void {
    const from = this.#now() - this.#settings.windowSeconds * 1_000;
    while (this.#slices[0] !== undefined && this.#slices[0].startMs <= from) this.#slices.shift();
  }

  #sliceMs(): number {
    return (this.#settings.windowSeconds * 1_000) / slices;
  }

  #now(): number {
    return this.#ports.clock.monotonicMs();
  }
}
