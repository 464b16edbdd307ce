import { type CancelSignal, type Clock, limits } from '#base';
import type { DeclaredUpstream, PolicyDocument } from '#policy';
import {
  type ChatEvent,
  type ChatEventIterator,
  type ChatEvents,
  type ChatRequest,
  type Upstream,
  UpstreamError,
} from '#upstream';
import { Breaker, type BreakerState } from './breaker.ts';
import { LatencyWindow } from './latency-window.ts';
import { RetryBudget } from './retry-budget.ts';
import { Stopwatch } from './stopwatch.ts';

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
  readonly #insistingEmbed?: NonNullable<Upstream['embed']>;
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
      const whole: typeof embed = (request, signal) =>
        this.#whole((until) => embed(request, until), signal);
      this.embed = (request, signal) =>
        this.breaker.passable ? whole(request, signal) : Promise.reject(this.#occupied());
      this.#insistingEmbed = whole;
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

  /**
   * Time in which nobody reads the answer counts for no limit. Whether it may be asked is looked at
   * in the very turn in which the call is counted, so that two never are the one trial.
   */
  chat(request: ChatRequest, signal: CancelSignal): ChatEvents {
    return this.#chat(request, signal, false);
  }

  /** The same upstream for who asks it although its breaker is open. */
  get insisting(): Upstream {
    return {
      id: this.id,
      available: () => true,
      chat: (request, signal) => this.#chat(request, signal, true),
      ...(this.#insistingEmbed === undefined ? {} : { embed: this.#insistingEmbed }),
      close: () => Promise.resolve(),
    };
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #chat(request: ChatRequest, signal: CancelSignal, insists: boolean): ChatEvents {
    return {
      [Symbol.asyncIterator]: () => {
        if (insists || this.breaker.passable) return this.#call(request, signal);
        return { next: () => Promise.reject(this.#occupied()) };
      },
    };
  }

  #occupied(): UpstreamError {
    return new UpstreamError('unavailable', `couldn't ask ${this.id}: another call is the trial`);
  }

  #call(request: ChatRequest, signal: CancelSignal): ChatEventIterator {
    const account = this.#open(signal);
    const { watch } = account;
    const inner = this.inner.chat(request, watch.signal)[Symbol.asyncIterator]();
    let limitMs = this.#limitMs(request, false);
    let begun = false;
    const hear = (event: ChatEvent): void => {
      if (begun || !beginning.has(event.type)) return;
      begun = true;
      this.latency.add(account.passedMs());
      limitMs = this.#limitMs(request, true);
    };
    const onNext = (next: IteratorResult<ChatEvent>): IteratorResult<ChatEvent> => {
      watch.stop();
      if (next.done === true) account.succeed();
      else hear(next.value);
      return next;
    };
    const onError = (thrown: unknown): never => {
      throw account.fail(thrown, begun ? 'its next piece' : 'its first piece');
    };
    // By hand and not as a generator, which would cost several times as much for each event.
    return {
      next: () => {
        if (account.closed) return Promise.resolve({ done: true, value: undefined });
        watch.start(limitMs);
        return inner.next().then(onNext, onError);
      },
      take: () => {
        const events = inner.take?.() ?? [];
        if (!begun) for (const event of events) hear(event);
        return events;
      },
      return: async () => {
        // The caller left, or a rule stopped the answer: nothing was learnt.
        account.drop();
        await inner.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  /** A call whose answer comes at once or not at all. */
  async #whole<T>(work: (until: CancelSignal) => Promise<T>, signal: CancelSignal): Promise<T> {
    const account = this.#open(signal);
    try {
      account.watch.start(this.declared.timeLimits?.answerMs ?? limits.upstreamFirstByteMs);
      const answer = await work(account.watch.signal);
      account.succeed();
      return answer;
    } catch (thrown) {
      throw account.fail(thrown, 'it');
    }
  }

  /** Counts one call from its beginning to its end, of which only the first counts. */
  #open(signal: CancelSignal): Account {
    const call = this.breaker.begin();
    const startedMs = this.#clock.monotonicMs();
    const watch = new Stopwatch(signal);
    this.#lastCallMs = startedMs;
    this.#inFlight++;
    const close = (act: () => void): void => {
      if (account.closed) return;
      account.closed = true;
      this.#inFlight--;
      act();
      watch.end();
    };
    const account: Account = {
      watch,
      closed: false,
      passedMs: () => this.#clock.monotonicMs() - startedMs,
      drop: () => close(() => call.drop()),
      succeed: () =>
        close(() => {
          call.succeed();
          this.retries.earn();
        }),
      fail: (thrown, what) => {
        const error = watch.isOver && !signal.aborted ? late(what, thrown) : thrown;
        close(() => this.#blame(call, error));
        return error;
      },
    };
    return account;
  }

  /** Only a failure that says something about the upstream counts against it. */
  #blame(call: ReturnType<Breaker['begin']>, error: unknown): void {
    if (!(error instanceof UpstreamError) || !telling.has(error.code)) {
      call.drop();
      return;
    }
    call.fail();
    if (error.retryAfterMs !== undefined) this.breaker.rest(error.retryAfterMs);
  }

  #limitMs({ stream }: ChatRequest, begun: boolean): number {
    const { timeLimits = {} } = this.declared;
    if (begun) return timeLimits.gapMs ?? limits.upstreamGapMs;
    const first = stream ? timeLimits.firstTokenMs : timeLimits.answerMs;
    return first ?? limits.upstreamFirstByteMs;
  }
}

/** One call under way. */
interface Account {
  readonly watch: Stopwatch;
  closed: boolean;
  passedMs(): number;
  succeed(): void;
  drop(): void;
  /** @returns the error as it is to be thrown */
  fail(thrown: unknown, what: string): unknown;
}

function late(what: string, cause: unknown): UpstreamError {
  return new UpstreamError('timeout', `couldn't wait for the answer: ${what} is late`, cause);
}

/** The reason for which a probe is given up without saying anything about the upstream. */
export const closing: unique symbol = Symbol('closing');
