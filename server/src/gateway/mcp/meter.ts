import type { Clock } from '#base';
import type { Registry, SpanSink } from '#telemetry';

export interface EndedCall {
  /** As the rule book names it; `none` for a call that reached no server. */
  readonly server: string;
  readonly tool: string;
  readonly decision: string;
  readonly end: string;
  readonly dataClass: string;
  readonly totalMs: number;
  readonly failure: string | undefined;
}

/** Counts and times of calls of tools, and a span with the names of the GenAI conventions. */
export class McpMeter {
  readonly #spans: SpanSink;
  readonly #clock: Clock;
  readonly #calls;
  readonly #seconds;

  constructor(registry: Registry, spans: SpanSink, clock: Clock) {
    this.#spans = spans;
    this.#clock = clock;
    this.#calls = registry.counter(
      'sekisho_mcp_calls_total',
      'Calls of tools on record, by server, how they ended, and what was decided.',
    );
    this.#seconds = registry.histogram(
      'sekisho_mcp_call_duration_seconds',
      'From the call of a tool to its result.',
    );
  }

  ended({ server, tool, decision, end, dataClass, totalMs, failure }: EndedCall): void {
    this.#calls.add({ server, decision, end, class: dataClass });
    this.#seconds.observe({ server }, totalMs / 1_000);
    const endMs = this.#clock.nowMs();
    this.#spans.add({
      name: `execute_tool ${server}`,
      startMs: endMs - totalMs,
      endMs,
      parent: undefined,
      failed: end === 'failed',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        // What was called is told only where a server was asked: then it is a name of its own.
        'gen_ai.tool.name': server === 'none' ? undefined : tool,
        'error.type': failure,
        'sekisho.end': end,
        'sekisho.decision': decision,
        'sekisho.data_class': dataClass,
      },
    });
  }
}
