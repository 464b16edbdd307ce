import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splicedBody } from '../../src/gateway/spliced-body.ts';

const word = fc.constantFrom('auto', 'model', '"model"', 'a"b', 'あ', '', '\u0000', '}', '\\');
const text = fc.oneof(word, fc.string());
const members = fc.dictionary(
  fc.oneof(word, fc.constantFrom('messages', 'n')),
  fc.oneof(text, fc.integer(), fc.dictionary(text, text), fc.array(text)),
);

test('what is spliced is what would be written anew', () => {
  let spliced = 0;
  fc.assert(
    fc.property(
      members,
      text,
      text,
      fc.boolean(),
      fc.constantFrom(0, 2),
      (rest, from, to, usage, indent) => {
        const wire = { ...rest, model: from };
        const bytes = Buffer.from(JSON.stringify(wire, null, indent), 'utf8');
        const made = splicedBody(bytes, { from, to, usage });
        if (made === undefined) return;
        spliced++;
        const asked = usage ? { stream_options: { include_usage: true } } : {};
        expect(JSON.parse(Buffer.from(made).toString('utf8'))).toEqual({
          ...wire,
          model: to,
          ...asked,
        });
      },
    ),
    { numRuns: 2_000 },
  );
  // It would prove nothing of one that splices nothing.
  expect(spliced).toBeGreaterThan(200);
});

test('a name that is written with escapes leaves nothing to splice', () => {
  const wire = String.raw`{"\u006dodel":"auto","metadata":{"model":"auto"}}`;
  const change = { from: 'auto', to: 'other', usage: false };
  expect(splicedBody(Buffer.from(wire, 'utf8'), change)).toBeUndefined();
});

test('a second string of that name, wherever it stands, leaves nothing to splice', () => {
  const change = { from: 'auto', to: 'other', usage: false };
  for (const wire of [
    '{"model":"auto","metadata":{"model":"auto"}}',
    '{"messages":["model"],"model":"auto"}',
    '{"model":"else"}',
  ]) {
    expect(splicedBody(Buffer.from(wire, 'utf8'), change)).toBeUndefined();
  }
});
