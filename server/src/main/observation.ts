import { type Gateway, type RuleBook } from '#gateway';
import { OtlpExporter, type Registry, type SpanSink, noSpans, readTraceSettings } from '#telemetry';
import type { CheckpointOptions } from './options.ts';

/** Traces go where the environment says, and nowhere when it says nothing. */
export function openSpans(options: CheckpointOptions, registry: Registry): SpanSink {
  const settings = readTraceSettings(options.environment);
  if (settings === undefined) return noSpans;
  const dropped = registry.counter('sekisho_spans_dropped_total', 'Spans no collector took.');
  const onDrop = (count: number): void => dropped.add({}, count);
  return new OtlpExporter({ ...settings, version: options.version, onDrop });
}

export function observeGateway(
  registry: Registry,
  gateway: Gateway,
  ruleBook: () => RuleBook,
): void {
  registry.gauge('sekisho_exchanges_in_flight', 'Requests to models under way.', () => [
    [{}, gateway.inFlight()],
  ]);
  registry.gauge('sekisho_upstream_available', 'Whether an upstream may be asked.', () =>
    [...ruleBook().upstreams].map(([id, upstream]) => [
      { upstream: id },
      upstream.available() ? 1 : 0,
    ]),
  );
  registry.gauge('sekisho_cache_entries', 'Answers that may be given again.', () => [
    [{}, ruleBook().cache.size],
  ]);
  registry.gauge('sekisho_cache_bytes', 'Memory they take, about.', () => [
    [{}, ruleBook().cache.bytes],
  ]);
}
