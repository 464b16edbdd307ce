import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamParser, type ServerEvent, readEvents } from '../src/api/event-stream.ts';

const encoder = new TextEncoder();

function read(...pieces: readonly Uint8Array[]): readonly ServerEvent[] {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

const stream = [
  ': a comment\n',
  'data: {"text":"関所 🚧"}\n\n',
  'event: passage\r\ndata:first\r\ndata: second\r\n\r\n',
  'id: 7\rdata\rdata: after an empty line\r\r',
  'event: nothing\n\n',
  'data: [DONE]\n\n',
  'data: unfinished',
].join('');

const expected: readonly ServerEvent[] = [
  { event: 'message', data: '{"text":"関所 🚧"}' },
  { event: 'passage', data: 'first\nsecond' },
  { event: 'message', data: '\nafter an empty line' },
  { event: 'message', data: '[DONE]' },
];

test('a stream is read the same however two pieces of it are cut', () => {
  const bytes = encoder.encode(stream);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(read(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(expected);
  }
});

test('a stream is read the same byte by byte', () => {
  const bytes = encoder.encode(stream);
  expect(read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
});

test('whatever was written as events is read back, however it is cut', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\uFEFF]/g, ''));
  const event = fc.record({
    event: line.map((name) => name.replace(/^ /, '') || 'message'),
    lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  });
  const property = fc.property(
    fc.array(event, { maxLength: 6 }),
    fc.constantFrom('\n', '\r', '\r\n'),
    fc.array(fc.nat(60)),
    (events, end, cuts) => {
      const text = events
        .map(({ event: name, lines }) =>
          [`event: ${name}`, ...lines.map((data) => `data: ${data}`), '', ''].join(end),
        )
        .join('');
      const bytes = encoder.encode(text);
      const pieces: Uint8Array[] = [];
      let from = 0;
      for (const cut of cuts) pieces.push(bytes.subarray(from, (from += cut)));
      pieces.push(bytes.subarray(from));
      const written = events.map(({ event: name, lines }) => {
        return { event: name, data: lines.join('\n') };
      });
      expect(read(...pieces)).toEqual(written);
    },
  );
  fc.assert(property);
});

test('an event without an end is refused once it is too large', () => {
  const parser = new EventStreamParser();
  const piece = encoder.encode('x'.repeat(1024 * 1024));
  expect(() => {
    for (let i = 0; i < 5; i++) parser.push(piece);
  }).toThrow(RangeError);
});

test('the events of a body end with it, and its pieces are heard of', async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('data: 1\n'));
      controller.enqueue(encoder.encode('\ndata: 2\n\n'));
      controller.close();
    },
  });
  let heard = 0;
  const events: string[] = [];
  for await (const { data } of readEvents(body, () => heard++)) events.push(data);
  expect(events).toEqual(['1', '2']);
  expect(heard).toBe(2);
});
