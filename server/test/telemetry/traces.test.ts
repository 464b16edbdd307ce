import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '#base';
import { OtlpExporter, readTraceSettings } from '#telemetry';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

interface Posted {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: readonly object[] };
      readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[];
    }[];
  };
}

let collector: Server;
let posted: Posted[];
let status: number;
let url: string;

beforeEach(async () => {
  posted = [];
  status = 200;
  collector = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const { authorization } = request.headers;
      posted.push({
        path: request.url ?? '',
        authorization,
        body: JSON.parse(text) as Posted['body'],
      });
      response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterEach(() => {
  collector.closeAllConnections();
  collector.close();
});

let dropped = 0;
const open = (environment: Record<string, string> = {}): OtlpExporter => {
  dropped = 0;
  const settings = readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...environment });
  return new OtlpExporter({ ...settings!, version: '1', onDrop: (count) => (dropped += count) });
};

const span = (parent?: string) => ({
  name: 'chat m',
  startMs: 1_700_000_000_000.25,
  endMs: 1_700_000_001_000,
  parent,
  failed: true,
  attributes: { 'gen_ai.usage.input_tokens': 3, 'error.type': 'timeout', none: undefined },
});
const spansOf = (from: Posted) => from.body.resourceSpans[0].scopeSpans[0].spans;

describe('a trace', () => {
  test('goes to the collector that the environment names, in OTLP over HTTP', async () => {
    const exporter = open({
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc, broken',
      OTEL_SERVICE_NAME: 'city',
    });
    exporter.add(span());
    await exporter.close();
    expect(posted[0]).toMatchObject({ path: '/v1/traces', authorization: 'Bearer abc' });
    expect(posted[0].body.resourceSpans[0].resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'city' },
    });
    expect(spansOf(posted[0])).toMatchObject([
      {
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        name: 'chat m',
        kind: 3,
        startTimeUnixNano: '1700000000000250000',
        endTimeUnixNano: '1700000001000000000',
        status: { code: 2 },
        attributes: [
          { key: 'gen_ai.usage.input_tokens', value: { intValue: '3' } },
          { key: 'error.type', value: { stringValue: 'timeout' } },
        ],
      },
    ]);
  });

  test('goes on from the caller’s own, unless that one is not kept', async () => {
    const exporter = open();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    exporter.add(span(`00-${trace}-00f067aa0ba902b7-01`));
    exporter.add(span(`00-${trace}-00f067aa0ba902b7-00`));
    exporter.add(span('00-evil\r\nheader'));
    exporter.add(span(`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`));
    await exporter.close();
    const found = spansOf(posted[0]);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({ traceId: trace, parentSpanId: '00f067aa0ba902b7' });
    expect(found[1]).not.toHaveProperty('parentSpanId');
    expect(found[2]).not.toHaveProperty('parentSpanId');
  });

  test('that no collector takes is dropped and counted, and memory is bounded', async () => {
    status = 503;
    const exporter = open();
    for (let i = 0; i < limits.traceQueue + 7; i++) exporter.add(span());
    expect(dropped).toBe(7);
    await exporter.close();
    expect(dropped).toBe(limits.traceQueue + 7);
  });

  test('is not made when nobody asked for it', () => {
    expect(readTraceSettings({})).toBeUndefined();
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' };
    expect(readTraceSettings({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
    expect(readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'file:///etc' })).toBeUndefined();
  });
});
