import type { Clock } from '#base';
import type { Draft, LedgerAppender, Sequenced } from '#ledger';
import { type Registry, type SpanSink, diskBuckets, noSpans } from '#telemetry';
import type { Usage } from './chat-response.ts';
import type { GatewayErrorCode } from './errors.ts';
import type { Alongside } from './institution-account.ts';
import type { Admitted, Result } from './passage.ts';

/** Told of each exchange once, when it is recorded; and of requests that never became one. */
export interface ExchangeObserver {
  ended(exchange: EndedExchange): void;
  refused(code: GatewayErrorCode): void;
  /** The intent is durable. @param waitMs for how long the exchange stood still for it */
  intended(waitMs: number): void;
}

export interface EndedExchange {
  readonly admitted: Admitted;
  readonly result: Result;
  readonly decision: string;
  /** The caller's own `traceparent` header, as it came. */
  readonly traceparent: string | undefined;
  /** Whether an answer was there already; undefined where nobody looked. */
  readonly cache: 'hit' | 'semantic-hit' | 'miss' | undefined;
}

/** Counts and times for Prometheus, and a span with the names of the GenAI conventions. */
export class ExchangeMeter implements ExchangeObserver {
  readonly #spans: SpanSink;
  readonly #clock: Clock;
  readonly #exchanges;
  readonly #refused;
  readonly #attempts;
  readonly #tokens;
  readonly #cost;
  readonly #seconds;
  readonly #firstByte;
  readonly #cache;
  readonly #lessons;
  readonly #intentWait;

  constructor(registry: Registry, spans: SpanSink, clock: Clock) {
    this.#spans = spans;
    this.#clock = clock;
    this.#exchanges = registry.counter(
      'sekisho_exchanges_total',
      'Exchanges on record, by the upstream that answered, how they ended, and what was decided.',
    );
    this.#refused = registry.counter(
      'sekisho_refused_requests_total',
      'Requests that never became an exchange, by error code.',
    );
    this.#attempts = registry.counter(
      'sekisho_upstream_attempts_total',
      'Attempts at upstreams, by outcome.',
    );
    this.#tokens = registry.counter('sekisho_tokens_total', 'Tokens, by upstream and direction.');
    this.#cost = registry.counter('sekisho_cost_total', 'Known costs, by upstream and currency.');
    this.#seconds = registry.histogram(
      'sekisho_exchange_duration_seconds',
      'From the request to the end of the answer.',
    );
    this.#firstByte = registry.histogram(
      'sekisho_first_event_seconds',
      'From the request to the first event of the upstream.',
    );
    this.#cache = registry.counter(
      'sekisho_cache_total',
      'Requests that were looked for among earlier answers, by data class and what was found.',
    );
    this.#lessons = registry.counter(
      'sekisho_lessons_total',
      'Answers to pupils of classes, by what the rules of their school decided.',
    );
    this.#intentWait = registry.histogram(
      'sekisho_intent_wait_seconds',
      'Until the intent was durable, before which no upstream is asked.',
      diskBuckets,
    );
  }

  refused(code: GatewayErrorCode): void {
    this.#refused.add({ code });
  }

  intended(waitMs: number): void {
    this.#intentWait.observe({}, waitMs / 1_000);
  }

  ended(exchange: EndedExchange): void {
    const { admitted, result, decision } = exchange;
    // An answer that is given again was asked of nobody, and says nothing about an upstream.
    const upstream = result.cached === undefined ? (result.upstream ?? 'none') : 'none';
    const { cache } = exchange;
    if (cache !== undefined) this.#cache.add({ class: admitted.dataClass, result: cache });
    this.#exchanges.add({ upstream, end: result.end, decision, class: admitted.dataClass });
    for (const attempt of result.attempts) {
      this.#attempts.add({ upstream: attempt.upstream, outcome: attempt.outcome });
    }
    this.#seconds.observe({ upstream }, result.totalMs / 1_000);
    if (result.firstByteMs !== undefined) {
      this.#firstByte.observe({ upstream }, result.firstByteMs / 1_000);
    }
    for (const one of result.alongside) this.alongside(one);
    if (result.lesson !== undefined) this.#lessons.add({ decision: result.lesson.lesson });
    if (result.usage !== undefined) this.#spend(upstream, result.usage);
    if (this.#spans !== noSpans) this.#trace(exchange);
  }

  /** A call beside an exchange: what it used counts for its upstream too. */
  alongside({ upstream, usage }: Pick<Alongside, 'upstream' | 'usage'>): void {
    this.#spend(upstream, usage);
  }

  #spend(upstream: string, { inputTokens, outputTokens, cost }: Usage): void {
    this.#tokens.add({ upstream, direction: 'input' }, inputTokens);
    this.#tokens.add({ upstream, direction: 'output' }, outputTokens);
    if (cost !== undefined) {
      this.#cost.add({ upstream, currency: cost.currency }, cost.micros / 1e6);
    }
  }

  #trace({ admitted, result, decision, traceparent }: EndedExchange): void {
    const endMs = this.#clock.nowMs();
    const model = result.model ?? admitted.request.body.model;
    const complete = result.end === 'complete';
    const operation = admitted.dialect.createWriter === undefined ? 'embeddings' : 'chat';
    this.#spans.add({
      name: `${operation} ${model}`,
      startMs: endMs - result.totalMs,
      endMs,
      parent: traceparent,
      failed: result.end === 'failed',
      attributes: {
        'gen_ai.operation.name': operation,
        'gen_ai.provider.name': result.upstream,
        'gen_ai.request.model': admitted.request.body.model,
        'gen_ai.response.model': result.model,
        'gen_ai.usage.input_tokens': result.usage?.inputTokens,
        'gen_ai.usage.output_tokens': result.usage?.outputTokens,
        'gen_ai.response.finish_reasons': complete
          ? result.answer?.finished().map(({ reason }) => reason)
          : undefined,
        'error.type': result.failure,
        'sekisho.end': result.end,
        'sekisho.decision': decision,
        'sekisho.data_class': admitted.dataClass,
        'sekisho.attempts': result.attempts.length,
      },
    });
  }
}

/** Whether the ledger writes: its last answer, and for how long one has been owed. */
export class LedgerWatch implements LedgerAppender {
  readonly #ledger: LedgerAppender;
  readonly #clock: Clock;
  readonly #seconds;
  readonly #failures;
  readonly #pending = new Set<{ readonly sinceMs: number }>();
  #failed = false;

  constructor(ledger: LedgerAppender, registry: Registry, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#seconds = registry.histogram(
      'sekisho_ledger_append_seconds',
      'Until what was given to the ledger was durable.',
      diskBuckets,
    );
    this.#failures = registry.counter(
      'sekisho_ledger_append_failures_total',
      'What the ledger could not record.',
    );
  }

  append(drafts: readonly Draft[]): Promise<readonly Sequenced[]> {
    const pending = { sinceMs: this.#clock.monotonicMs() };
    this.#pending.add(pending);
    const ended = (): void => {
      this.#pending.delete(pending);
      this.#seconds.observe({}, (this.#clock.monotonicMs() - pending.sinceMs) / 1_000);
    };
    return this.#ledger.append(drafts).then(
      (entries) => {
        this.#failed = false;
        ended();
        return entries;
      },
      (error: unknown) => {
        this.#failed = true;
        this.#failures.add({});
        ended();
        throw error;
      },
    );
  }

  /** @param stallMs an append that waits for longer means that nothing is written */
  writes(stallMs: number): boolean {
    const [oldest] = this.#pending;
    if (this.#failed) return false;
    return oldest === undefined || this.#clock.monotonicMs() - oldest.sinceMs < stallMs;
  }
}
