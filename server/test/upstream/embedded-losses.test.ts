import { describe, expect, test } from 'vitest';
import { canonicalChat } from '../../src/upstream/canonical-chat.ts';
import { embeddedLosses } from '../../src/upstream/embedded-losses.ts';

const user = { role: 'user', content: 'Hello' };
const lost = (more: object): readonly string[] =>
  embeddedLosses(canonicalChat({ messages: [user], ...more }));

describe('the embedded model', () => {
  test('names what a request asks for that it cannot do', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const format = { type: 'json_object' };
    expect(lost({ tools, n: 2, response_format: format, top_k: 3 })).toEqual([
      'tools',
      'n',
      'response_format',
      'top_k',
    ]);
  });

  test('loses nothing of what it can do, and of what asks for nothing', () => {
    const usual = { n: 1, logprobs: false, tools: [], response_format: { type: 'text' } };
    expect(lost({ max_tokens: 9, temperature: 1, seed: 1, stop: ['x'], ...usual })).toEqual([]);
  });

  test('never answers as if a picture had not been there', () => {
    const part = { type: 'image_url', image_url: { url: 'https://example.jp/a.png' } };
    expect(() => lost({ messages: [{ role: 'user', content: [part] }] })).toThrow(
      'anything but text',
    );
  });
});
