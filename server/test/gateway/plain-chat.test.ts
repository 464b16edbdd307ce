import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/gateway/json.ts';
import { plainChat } from '../../src/gateway/plain-chat.ts';
import { readAs } from '../../src/gateway/request-body.ts';
import { chatRequestSchema } from '../../src/gateway/schema.ts';

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 'x', 0, 1, 8, 9, 1.5, -1, 2, 1_000_000, 1_000_001),
  fc.constantFrom<unknown>(1e21, Number.POSITIVE_INFINITY, [], {}),
  fc.constantFrom<unknown>(
    { include_usage: true },
    { include_usage: null },
    { include_usage: true, more: 1 },
  ),
);
const some = <T>(usual: fc.Arbitrary<T>, weight = 8) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });
const message = fc.record(
  {
    content: some(fc.string()),
    role: some(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool')),
    name: odd,
    tool_call_id: fc.constant('a'),
  },
  { requiredKeys: [] },
);
const bare = fc.record({ content: fc.string(), role: fc.constantFrom('user', 'assistant') });
const request = fc
  .record(
    {
      temperature: some(fc.double({ min: 0, max: 2 })),
      messages: some(
        fc.array(fc.oneof({ weight: 9, arbitrary: bare }, { weight: 1, arbitrary: message }), {
          minLength: 1,
          maxLength: 3,
        }),
      ),
      model: some(fc.constantFrom('auto', 'm'.repeat(256), 'm'.repeat(257)), 20),
      stream: some(fc.boolean()),
      stream_options: some(fc.constant({ include_usage: true })),
      max_tokens: some(fc.nat(5_000)),
      max_completion_tokens: some(fc.nat(5_000)),
      top_p: some(fc.double({ min: 0, max: 1 })),
      n: some(fc.constantFrom(1, 8)),
      seed: some(fc.nat()),
    },
    { requiredKeys: [] },
  )
  .chain((members) =>
    fc
      .constantFrom({}, {}, {}, { user: 'somebody' }, { other: 1 }, { tools: [] })
      .map((more) => ({ ...members, ...more }) as unknown as JsonObject),
  );

/** What the schema makes of a request, or the error it ends in. */
function bySchema(wire: JsonObject): ReturnType<typeof readAs<typeof chatRequestSchema>> | string {
  try {
    return readAs(chatRequestSchema, wire);
  } catch (error) {
    return (error as Error).message;
  }
}

test('a plain request is read as the schema reads it, and all else is left to the schema', () => {
  let plain = 0;
  fc.assert(
    fc.property(request, (wire) => {
      const read = plainChat(wire);
      if (read === undefined) return;
      plain++;
      const expected = bySchema(wire);
      expect(expected).toEqual({ known: read, unknown: [] });
      // The same order too: the record holds it as text.
      expect(JSON.stringify(read)).toBe(JSON.stringify((expected as { known: object }).known));
    }),
    { numRuns: 5_000 },
  );
  // It would prove nothing of a reader that knows no request.
  expect(plain).toBeGreaterThan(50);
});

test('a request of every day is plain', () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { content: 'Good morning.', role: 'user' },
  ];
  expect(plainChat({ messages, model: 'auto', temperature: 0.2, stream: true })).toEqual({
    model: 'auto',
    messages,
    stream: true,
    temperature: 0.2,
  });
});

test('a request with anything else is not', () => {
  const messages = [{ role: 'user', content: 'Good morning.' }];
  expect(plainChat({ model: 'auto', messages, tools: [] })).toBeUndefined();
  expect(plainChat({ model: 'auto', messages: [{ ...messages[0], name: 'a' }] })).toBeUndefined();
  expect(plainChat({ model: 'auto', messages: [] })).toBeUndefined();
  expect(plainChat({ model: '', messages })).toBeUndefined();
  expect(plainChat({ messages })).toBeUndefined();
});
