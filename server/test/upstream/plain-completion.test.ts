import fc from 'fast-check';
import { expect, test } from 'vitest';
import { completionSchema } from '../../src/upstream/openai-schema.ts';
import { isPlainCompletion } from '../../src/upstream/plain-completion.ts';

const odd = fc.constantFrom<unknown>(null, 0, 1, -1, 127, 128, 1.5, 1e21, '', 'x', [], {}, true);
const mostly = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });
const nothing = mostly(fc.constant(null));
const message = fc.record(
  {
    role: mostly(fc.constant('assistant')),
    content: mostly(fc.string()),
    refusal: nothing,
    tool_calls: mostly(fc.constant([])),
    annotations: mostly(fc.constant([])),
    function_call: nothing,
  },
  { requiredKeys: ['content'] },
);
const choice = fc.record(
  {
    index: mostly(fc.nat(127)),
    message: mostly(message),
    finish_reason: mostly(fc.constantFrom('stop', 'length')),
    logprobs: nothing,
    stop_reason: nothing,
    content_filter_results: nothing,
  },
  { requiredKeys: ['index', 'message', 'finish_reason'] },
);
const usage = fc.record(
  {
    prompt_tokens: mostly(fc.nat()),
    completion_tokens: mostly(fc.nat()),
    total_tokens: odd,
    prompt_tokens_details: mostly(fc.constant({ cached_tokens: 3, audio_tokens: 0 })),
    completion_tokens_details: mostly(fc.constant({ reasoning_tokens: 3 })),
  },
  { requiredKeys: ['prompt_tokens', 'completion_tokens'] },
);
const answer = fc.record(
  {
    id: odd,
    object: odd,
    choices: mostly(fc.array(choice, { minLength: 1, maxLength: 2 })),
    usage: mostly(usage),
  },
  { requiredKeys: ['choices'] },
);

test('an answer that is plain is what the schema would give, and all else is left to it', () => {
  let plain = 0;
  fc.assert(
    fc.property(answer, (value) => {
      if (!isPlainCompletion(value)) return;
      plain++;
      expect(completionSchema.safeParse(value)).toEqual({ success: true, data: value });
    }),
    { numRuns: 5_000 },
  );
  // It would prove nothing of a reader that knows no answer.
  expect(plain).toBeGreaterThan(50);
});

test('an answer that calls a tool, weighs its words or thinks is not plain', () => {
  const of = (more: object, said: object = {}): unknown => ({
    choices: [{ index: 0, message: { content: 'Yes.', ...said }, finish_reason: 'stop', ...more }],
  });
  expect(isPlainCompletion(of({}))).toBe(true);
  expect(isPlainCompletion(of({ logprobs: { content: [] } }))).toBe(false);
  expect(isPlainCompletion(of({ stop_reason: '###' }))).toBe(false);
  expect(isPlainCompletion(of({}, { reasoning_content: 'Hm.' }))).toBe(false);
  expect(isPlainCompletion(of({}, { tool_calls: [{ id: 'a' }] }))).toBe(false);
});
