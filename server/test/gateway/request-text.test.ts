import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/gateway/json.ts';
import { parseChat } from '../../src/gateway/dialect-openai-chat.ts';
import {
  type TextPart,
  lastUserText,
  replaceTexts,
  textParts,
} from '../../src/gateway/request-text.ts';

const body: JsonObject = {
  model: 'auto',
  user: 'in user',
  metadata: { note: 'in metadata' },
  stop: ['in stop'],
  tools: [
    {
      type: 'function',
      function: {
        name: 'f',
        description: 'in a description',
        parameters: { type: 'object', properties: { a: { enum: ['in a schema'] } } },
      },
    },
  ],
  messages: [
    { role: 'system', content: 'in system', name: 'in_name' },
    { role: 'user', content: [{ type: 'text', text: 'in a part' }] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'c',
          type: 'function',
          function: { name: 'f', arguments: String.raw`{"to":"\u0069n arguments","n":1}` },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'c', content: 'in a result' },
  ],
  unheard_of: { 'in a name': ['in an unknown member'] },
};

describe('the texts of a request', () => {
  test('are found wherever they stand, escaped or not', () => {
    const found = textParts(body).map((part) => part.text);
    for (const place of [
      'in user',
      'in metadata',
      'in stop',
      'in a description',
      'in a schema',
      'in system',
      'in_name',
      'in a part',
      'in arguments',
      'in a result',
      'in a name',
      'in an unknown member',
    ]) {
      expect(found).toContain(place);
    }
  });

  test('have paths of their own', () => {
    const paths = textParts(body).map((part) => part.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toContain('messages[1].content[0].text');
  });

  test('that are not changed stay byte for byte as they were', () => {
    expect(JSON.stringify(replaceTexts(body, ({ text }) => text))).toBe(JSON.stringify(body));
  });

  test('are replaced where they stand, also inside arguments', () => {
    const changed = replaceTexts(body, ({ text }) => text.replace('in ', 'IN '));
    const wire = JSON.stringify(changed);
    expect(wire).not.toMatch(/"in |\\"in /);
    expect(wire).toContain(String.raw`{\"to\":\"IN arguments\",\"n\":1}`);
    expect(changed['model']).toBe('auto');
  });

  test('stand also where a word of the dialect should', () => {
    const found = textParts({ messages: [{ role: 'user', type: 'in a type' }] });
    expect(found).toEqual([{ path: 'messages[0].type', text: 'in a type' }]);
  });

  test('are numbers too when they are long enough to be somebody', () => {
    const parts = textParts({ a: 123456789018, b: 0.5, c: 12 });
    expect(parts.map(({ text }) => text)).toContain('123456789018');
    expect(parts.map(({ text }) => text)).not.toContain('12');
  });

  test('are the same to who looks and to who replaces, whatever the request', () => {
    const json = fc.jsonValue({ maxDepth: 5 });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'role', 'x.arguments'), json), (wire) => {
        const seen: TextPart[] = [];
        replaceTexts(wire as JsonObject, (part) => {
          seen.push(part);
          return part.text;
        });
        expect(textParts(wire as JsonObject)).toEqual(seen);
      }),
    );
  });

  test('in arguments are seen also where a name stands twice or the text is no JSON', () => {
    const said = (text: string): readonly string[] =>
      textParts({ function: { arguments: text } }).map((part) => part.text);
    expect(said('{"a":"first","a":"second"}').join()).toContain('first');
    expect(said(String.raw`{"a":"\u0041`)).toContain('{"a":"A');
    const twice = { call: { arguments: '{"a":"first","a":"second"}' } };
    expect(replaceTexts(twice, ({ text }) => text)).toEqual({
      call: { arguments: '{"a":"second"}' },
    });
    expect(said('['.repeat(100_000)).length).toBe(2);
  });

  test('end with what the person said last', () => {
    expect(lastUserText(parseChat(body).body)).toBe('in a part');
  });
});
