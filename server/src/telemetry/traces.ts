import { randomBytes } from 'node:crypto';
import { limits } from '#base';

export type Attribute = string | number | boolean | readonly string[];

/** One finished span. Times in milliseconds since the Unix epoch. */
export interface Span {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** A `traceparent` header of whoever called, W3C Trace Context; anything else is left out. */
  readonly parent: string | undefined;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
}

export interface SpanSink {
  add(span: Span): void;
  close(): Promise<void>;
}

export const noSpans: SpanSink = { add: () => {}, close: () => Promise.resolve() };

export interface TraceSettings {
  /** Where traces are posted, whole. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly version: string;
  readonly onDrop: (count: number) => void;
}

/**
 * Where to send traces, as OpenTelemetry names it in the environment.
 * @returns undefined when traces are not asked for
 */
export function readTraceSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<TraceSettings, 'url' | 'headers' | 'service'> | undefined {
  const { OTEL_SDK_DISABLED: disabled, OTEL_SERVICE_NAME: service = 'sekisho' } = environment;
  const base = environment['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const whole =
    environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ??
    (base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`);
  if (whole === undefined || disabled === 'true' || !URL.canParse(whole)) return undefined;
  if (!/^https?:$/.test(new URL(whole).protocol)) return undefined;
  const headers: Record<string, string> = {};
  for (const pair of (environment['OTEL_EXPORTER_OTLP_HEADERS'] ?? '').split(',')) {
    const [, name, value] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (name !== undefined && value !== undefined) headers[name] = decoded(value);
  }
  return { url: whole, headers, service };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * Sends spans as OTLP over HTTP in JSON. The queue is bounded and nobody waits for it: what a
 * collector cannot take is dropped and counted.
 */
export class OtlpExporter implements SpanSink {
  readonly #settings: TraceSettings;
  readonly #timer: NodeJS.Timeout;
  #queue: object[] = [];
  #sending: Promise<void> = Promise.resolve();

  constructor(settings: TraceSettings) {
    this.#settings = settings;
    this.#timer = setInterval(() => this.#flush(), limits.traceFlushMs).unref();
  }

  add(span: Span): void {
    const traced = parse(span.parent);
    if (traced?.sampled === false) return;
    if (this.#queue.length >= limits.traceQueue) {
      this.#settings.onDrop(1);
      return;
    }
    this.#queue.push({
      traceId: traced?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      ...(traced === undefined ? {} : { parentSpanId: traced.spanId }),
      name: span.name,
      kind: 3,
      startTimeUnixNano: nanoseconds(span.startMs),
      endTimeUnixNano: nanoseconds(span.endMs),
      attributes: attributesOf(span.attributes),
      status: span.failed ? { code: 2 } : {},
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#sending;
  }

  #flush(): void {
    if (this.#queue.length === 0) return;
    const spans = this.#queue;
    this.#queue = [];
    // One after the other: a slow collector meets a queue that fills, not more connections.
    this.#sending = this.#sending.then(() => this.#send(spans));
  }

  async #send(spans: readonly object[]): Promise<void> {
    const { url, headers, service, version, onDrop } = this.#settings;
    const resource = attributesOf({ 'service.name': service, 'service.version': version });
    const scope = { name: 'sekisho', version };
    const body = JSON.stringify({
      resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope, spans }] }],
    });
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(limits.traceSendMs),
      });
      await response.body?.cancel();
      if (!response.ok) onDrop(spans.length);
    } catch {
      onDrop(spans.length);
    }
  }
}

/** Whole milliseconds and their fraction, without passing what a double holds exactly. */
function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1_000)) * 1_000n);
}

function attributesOf(attributes: Span['attributes']): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: valueOf(value) }],
  );
}

function valueOf(value: Attribute): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}

interface Traced {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** W3C Trace Context, version 00. */
function parse(parent: string | undefined): Traced | undefined {
  const found = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(parent ?? '');
  const [, traceId = '', spanId = '', flags = ''] = found ?? [];
  if (found === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
