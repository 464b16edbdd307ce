import { describe, expect, test } from 'vitest';
import { parseChatBody } from '../../src/gateway/request-body.ts';
import { lastUserText, replaceTexts, textParts } from '../../src/gateway/request-text.ts';

const body = parseChatBody(
  Buffer.from(
    JSON.stringify({
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
    }),
  ),
);

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
    expect(changed.model).toBe('auto');
  });

  test('end with what the person said last', () => {
    expect(lastUserText(body)).toBe('in a part');
  });
});
