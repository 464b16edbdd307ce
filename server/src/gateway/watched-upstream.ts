import { type Clock, limits } from '#base';
import type { DeclaredUpstream, PolicyDocument } from '#policy';
import { type ChatEvent, type ChatRequest, type Upstream, UpstreamError } from '#upstream';
import { Breaker, type BreakerState } from './breaker.ts';
import { LatencyWindow } from './latency-window.ts';
import { RetryBudget } from './retry-budget.ts';

/** Why an upstream is not asked, as a code that stands in the record of the attempts. */
export type Absence = 'unavailable' | 'drill' | 'retry_after' | 'breaker_open';

/** What is known of an upstream at this moment. */
export interface UpstreamState {
  readonly id: string;
  /** Whether a call may be made now; otherwise `absence` says why not. */
  readonly available: boolean;
  readonly absence: Absence | null;
  readonly breaker: BreakerState;
  /** Of the sliding window. */
  readonly calls: number;
  readonly failures: number;
  /** Milliseconds until a call may be made; 0 when it may be now. */
  readonly waitMs: number;
  readonly inFlight: number;
  /** Medians and tails of how long answers took to begin, or null where none began lately. */
  readonly firstTokenMs: { readonly p50: number | null; readonly p95: number | null };
  readonly retriesLeft: number;
  /** How the last probe ended, or null before the first. */
  readonly probe: 'answered' | 'silent' | null;
}

export interface WatchPorts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Ids whose loss is being rehearsed: they count as gone. */
  readonly lost: ReadonlySet<string>;
}

/** What the rule book says of an upstream, and of failures. */
export interface WatchRules {
  readonly declared: DeclaredUpstream;
  readonly continuity: PolicyDocument['continuity'];
}

/** Failures that say something about the upstream, and not about the request or the caller. */
const telling: ReadonlySet<string> = new Set([
  'connect',
  'status',
  'timeout',
  'malformed',
  'cut',
  'too_large',
]);

/** Events that show that the model has begun to answer. */
export const beginning: ReadonlySet<string> = new Set(['delta', 'tool', 'finish']);

/**
 * An upstream with its health: every call through it is timed, bounded and counted, and calls are
 * not made while they would be in vain.
 */
export class WatchedUpstream implements Upstream {
  readonly declared: DeclaredUpstream;
  readonly breaker: Breaker;
  readonly retries: RetryBudget;
  readonly latency: LatencyWindow;
  readonly inner: Upstream;
  /** There where the upstream itself can do it. */
  readonly embed?: NonNullable<Upstream['embed']>;
  readonly rules: WatchRules;
  readonly #lost: ReadonlySet<string>;
  readonly #clock: Clock;
  #inFlight = 0;
  #probe: UpstreamState['probe'] = null;
  #lastCallMs: number;

  constructor(inner: Upstream, rules: WatchRules, ports: WatchPorts) {
    this.declared = rules.declared;
    this.breaker = new Breaker(rules.continuity.breaker, ports);
    this.retries = new RetryBudget(rules.continuity.retries);
    this.latency = new LatencyWindow(ports.clock);
    this.inner = inner;
    if (inner.embed !== undefined) {
      const embed = inner.embed.bind(inner);
      this.embed = (request, signal) => this.#whole((until) => embed(request, until), signal);
    }
    this.rules = rules;
    this.#lost = ports.lost;
    this.#clock = ports.clock;
    this.#lastCallMs = ports.clock.monotonicMs();
  }

  get id(): string {
    return this.inner.id;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Milliseconds since the last call or probe began. */
  get idleMs(): number {
    return this.#clock.monotonicMs() - this.#lastCallMs;
  }

  /** Why it is not asked now; undefined when it may be. */
  get absence(): Absence | undefined {
    if (this.#lost.has(this.id)) return 'drill';
    if (!this.inner.available()) return 'unavailable';
    if (this.breaker.resting) return 'retry_after';
    return this.breaker.passable ? undefined : 'breaker_open';
  }

  available(): boolean {
    return this.absence === undefined;
  }

  get canProbe(): boolean {
    return this.declared.probe !== 'none' && this.inner.probe !== undefined;
  }

  /** Looks whether somebody is there, as the rule book says. */
  async look(signal: AbortSignal): Promise<void> {
    this.#lastCallMs = this.#clock.monotonicMs();
    try {
      if (this.declared.probe !== 'none') await this.inner.probe?.(this.declared.probe, signal);
      this.#probe = 'answered';
    } catch {
      if (signal.aborted && signal.reason === closing) return;
      this.#probe = 'silent';
      this.breaker.fail();
    }
  }

  state(): UpstreamState {
    const { absence = null } = this;
    const rounded = (ms: number | undefined): number | null =>
      ms === undefined ? null : Math.round(ms);
    return {
      id: this.id,
      available: absence === null,
      absence,
      breaker: this.breaker.state,
      ...this.breaker.counts,
      waitMs: Math.ceil(this.breaker.waitMs),
      inFlight: this.#inFlight,
      firstTokenMs: {
        p50: rounded(this.latency.quantile(0.5)),
        p95: rounded(this.latency.quantile(0.95)),
      },
      retriesLeft: this.retries.left,
      probe: this.#probe,
    };
  }

  /** Time in which nobody reads the answer counts for no limit. */
  async *chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const call = this.breaker.begin();
    const startedMs = this.#clock.monotonicMs();
    const watch = new Stopwatch(signal);
    const events = this.inner.chat(request, watch.signal)[Symbol.asyncIterator]();
    this.#lastCallMs = startedMs;
    this.#inFlight++;
    let begun = false;
    try {
      for (;;) {
        watch.start(this.#limitMs(request, begun));
        // oxlint-disable-next-line no-await-in-loop -- events come one after another
        const next = await events.next();
        watch.stop();
        if (next.done === true) break;
        if (!begun && beginning.has(next.value.type)) {
          begun = true;
          this.latency.add(this.#clock.monotonicMs() - startedMs);
        }
        yield next.value;
      }
      call.succeed();
      this.retries.earn();
    } catch (thrown) {
      throw this.#blame(call, watch.isOver && !signal.aborted ? late(begun, thrown) : thrown);
    } finally {
      this.#inFlight--;
      // Where the caller left, or a rule stopped the answer, nothing was learnt.
      call.drop();
      watch.end();
      await events.return?.();
    }
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** A call whose answer comes at once or not at all. */
  async #whole<T>(work: (until: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const call = this.breaker.begin();
    const watch = new Stopwatch(signal);
    this.#lastCallMs = this.#clock.monotonicMs();
    this.#inFlight++;
    try {
      watch.start(this.declared.timeLimits?.answerMs ?? limits.upstreamFirstByteMs);
      const answer = await work(watch.signal);
      call.succeed();
      this.retries.earn();
      return answer;
    } catch (thrown) {
      throw this.#blame(call, watch.isOver && !signal.aborted ? late(false, thrown) : thrown);
    } finally {
      this.#inFlight--;
      call.drop();
      watch.end();
    }
  }

  /** Counts a failure that says something about the upstream. @returns the same */
  #blame(call: ReturnType<Breaker['begin']>, error: unknown): unknown {
    if (error instanceof UpstreamError && telling.has(error.code)) {
      call.fail();
      if (error.retryAfterMs !== undefined) this.breaker.rest(error.retryAfterMs);
    }
    return error;
  }

  #limitMs({ stream }: ChatRequest, begun: boolean): number {
    const { timeLimits = {} } = this.declared;
    if (begun) return timeLimits.gapMs ?? limits.upstreamGapMs;
    const first = stream ? timeLimits.firstTokenMs : timeLimits.answerMs;
    return first ?? limits.upstreamFirstByteMs;
  }
}

function late(begun: boolean, cause: unknown): UpstreamError {
  const what = begun ? 'its next piece' : 'its first piece';
  return new UpstreamError('timeout', `couldn't wait for the answer: ${what} is late`, cause);
}

/** The reason for which a probe is given up without saying anything about the upstream. */
export const closing: unique symbol = Symbol('closing');

/** A signal that fires with the caller's, or when a stretch of time is over. */
class Stopwatch {
  readonly #caller: AbortSignal;
  readonly #controller = new AbortController();
  readonly #forward = (): void => this.#controller.abort();
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  #running = false;
  isOver = false;

  constructor(caller: AbortSignal) {
    this.#caller = caller;
    if (caller.aborted) this.#controller.abort();
    else caller.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(limitMs: number): void {
    this.#running = true;
    if (this.#timer !== undefined && this.#timerMs === limitMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timerMs = limitMs;
    this.#timer = setTimeout(() => {
      // One timer for all stretches: between two of them its end means nothing.
      if (!this.#running) return;
      this.isOver = true;
      this.#controller.abort();
    }, limitMs);
  }

  stop(): void {
    this.#running = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#forward);
  }
}
