// What operators watch: counts and times, nothing of what anybody said.
export {
  type Labels,
  Counter,
  Histogram,
  Registry,
  diskBuckets,
  metricsContentType,
} from './registry.ts';
export { observeProcess } from './process-metrics.ts';
export { type Span, type SpanSink, OtlpExporter, noSpans, readTraceSettings } from './traces.ts';
