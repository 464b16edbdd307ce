import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatEvent } from '../../src/upstream/event.ts';
import { openAiAnswer } from '../../src/upstream/openai-answer.ts';
import { ChunkForm, plainChunk } from '../../src/upstream/plain-chunk.ts';

/** What a reader makes of one event, and how it fails. */
function read(value: unknown): readonly ChatEvent[] | string {
  const reader = openAiAnswer({
    status: 200,
    contentType: 'text/event-stream',
    header: () => undefined,
    chunks: { async *[Symbol.asyncIterator]() {} },
    cancel: () => {},
    release: () => {},
  });
  try {
    return [...reader.push(Buffer.from(`data: ${JSON.stringify(value)}\n\n`))];
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const odd = fc.constantFrom<unknown>(null, 0, 1, -1, 127, 128, 1.5, '', 'x', [], {}, true, 'stop');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const delta = fc.record(
  {
    content: fc.oneof(fc.string(), odd),
    role: odd,
    refusal: odd,
    reasoning_content: odd,
    tool_calls: odd,
  },
  { requiredKeys: [] },
);
const choice = fc.record(
  { index: odd, delta: fc.oneof(delta, odd), finish_reason: odd, logprobs: odd, stop_reason: odd },
  { requiredKeys: [] },
);
const chunk = fc.record(
  {
    id: maybe(fc.string()),
    object: fc.constantFrom('chat.completion.chunk', 'error', 'x', null),
    choices: fc.oneof(fc.array(choice, { maxLength: 2 }), odd),
    usage: odd,
    error: odd,
  },
  { requiredKeys: ['choices'] },
);

test('a plain chunk is read as the schema reads it, whatever the chunk', () => {
  fc.assert(
    fc.property(chunk, (value) => {
      // A member that nobody knows leaves the chunk to the schema, and says nothing itself.
      expect(read(value)).toEqual(read({ ...value, unknown_to_all: 1 }));
    }),
    { numRuns: 3_000 },
  );
});

test('what most servers send piece by piece is plain', () => {
  const piece = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    system_fingerprint: 'f',
    choices: [{ index: 0, delta: { content: 'text' }, logprobs: null, finish_reason: null }],
    usage: null,
  };
  expect(plainChunk(piece)).toEqual({ choice: 0, text: 'text' });
});

/** Words that stand in several places of a chunk, and marks that JSON escapes. */
const said = fc.constantFrom(
  '',
  'a',
  'b',
  'content',
  'stop',
  '"',
  '\\',
  '\n',
  'あ',
  '\u2028',
  'x"y',
);
const written = fc
  .record({
    id: said,
    model: fc.oneof(said, fc.record({ content: said })),
    text: fc.oneof(said, fc.string()),
    choice: fc.constantFrom(0, 0, 0, 1),
    more: fc.constantFrom({}, {}, { finish_reason: null }, { finish_reason: 'stop' }),
    indent: fc.constantFrom(0, 0, 1),
  })
  .map(({ id, model, text, choice: index, more, indent }) => {
    const choices = [{ index, delta: { content: text }, ...more }];
    return JSON.stringify({ id, object: 'chat.completion.chunk', model, choices }, null, indent);
  });

test('a chunk that has the form of one before it is read as a parser reads it', () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 12 }), (chunks) => {
      const form = new ChunkForm();
      for (const data of chunks) {
        const plain = plainChunk(JSON.parse(data));
        const alike = form.read(data);
        if (alike !== undefined) expect(alike).toEqual(plain);
        else if (plain !== undefined) form.learn(data, plain);
      }
    }),
    { numRuns: 5_000 },
  );
});

test('the form of a stream is known after its first text', () => {
  const plain = (text: string): string =>
    JSON.stringify({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: text } }],
    });
  const form = new ChunkForm();
  form.learn(plain('one'), { choice: 0, text: 'one' });
  expect(form.read(plain('two'))).toEqual({ choice: 0, text: 'two' });
  expect(form.read(plain('"'))).toBeUndefined();
  expect(form.read(`${plain('two')} `)).toBeUndefined();
});
