import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServerSentEventReader } from '#upstream';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function readAll(bytes: Uint8Array, cuts: readonly number[], limit = 10_000): string[] {
  const reader = new ServerSentEventReader(limit);
  const events: string[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    events.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return events;
}

const stream =
  ': hello\r\n\r\ndata: {"a":"日本"}\r\rdata:one\ndata: two\n\nevent: x\ndata: 😀\r\n\r\nid: 3\n\n';
const events = ['{"a":"日本"}', 'one\ntwo', '😀'];

describe('a server-sent event stream', () => {
  test('reads the same wherever one cut falls', () => {
    const bytes = encode(stream);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(readAll(bytes, [cut])).toEqual(events);
    }
  });

  test('reads the same when every byte comes alone', () => {
    const bytes = encode(stream);
    expect(readAll(bytes, [...bytes.keys()])).toEqual(events);
  });

  test('carries any JSON text through any line ending and any cuts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.json(), { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(500), { maxLength: 6 }),
        (payloads, newline, cuts) => {
          const bytes = encode(payloads.map((p) => `data: ${p}${newline}${newline}`).join(''));
          const sorted = cuts.filter((c) => c < bytes.length).toSorted((a, b) => a - b);
          expect(readAll(bytes, sorted, 100_000)).toEqual(payloads);
        },
      ),
    );
  });

  test('refuses invalid UTF-8 and events past the limit', () => {
    expect(() => readAll(Uint8Array.of(0x64, 0xff, 0xfe), [])).toThrow(/invalid UTF-8/);
    expect(() => readAll(encode(`data: ${'x'.repeat(200)}`), [], 100)).toThrow(/exceeds 100/);
    expect(() => readAll(encode('data: x\n'.repeat(100)), [], 100)).toThrow(/exceeds 100/);
  });
});
