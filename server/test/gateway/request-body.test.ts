import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { GatewayError } from '../../src/gateway/errors.ts';
import { parseChat } from '../../src/gateway/dialect-openai-chat.ts';
import type { ParsedRequest } from '../../src/gateway/dialect.ts';
import type { JsonObject } from '../../src/gateway/json.ts';
import { parseJson, readBody } from '../../src/gateway/request-body.ts';

const parseChatBody = (bytes: Uint8Array): ParsedRequest =>
  parseChat(parseJson(bytes).value as JsonObject);

const encode = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');

function fault(bytes: Uint8Array): string {
  try {
    parseChatBody(bytes);
  } catch (error) {
    if (error instanceof GatewayError) return `${error.code} ${error.param ?? '-'}`;
    throw error;
  }
  return 'accepted';
}

const user = { role: 'user', content: 'hi' };
const request = { model: 'auto', messages: [user] };

describe('a chat request', () => {
  test.each([
    ['the least there can be', request],
    [
      'parts',
      { ...request, messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] },
    ],
    ['nulls where OpenAI allows them', { ...request, temperature: null, stop: null, stream: null }],
    [
      'tools and their results',
      {
        ...request,
        tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
        messages: [
          user,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c', content: '42' },
        ],
      },
    ],
  ])('is accepted: %s', (_name, body) => {
    expect(fault(encode(body))).toBe('accepted');
  });

  test.each([
    ['not JSON', '{"model":', 'invalid_json -'],
    ['empty', '', 'invalid_json -'],
    ['not an object', [], 'invalid_value -'],
    ['no model', { messages: [user] }, 'missing_required_parameter model'],
    ['no messages', { model: 'auto' }, 'missing_required_parameter messages'],
    ['empty messages', { model: 'auto', messages: [] }, 'invalid_value messages'],
    [
      'a name that JavaScript treats unlike others',
      '{"model":"auto","__proto__":{"a":1},"messages":[]}',
      'unknown_parameter __proto__',
    ],
    [
      'numbers in an unknown member, which may be tokens',
      { ...request, prompt_ids: Array.from({ length: 40 }, (_, i) => i) },
      'invalid_value prompt_ids',
    ],
    [
      'sound',
      { ...request, messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
      'invalid_value messages[0].content[0].type',
    ],
    [
      'an unknown role',
      { ...request, messages: [{ role: 'god', content: 'x' }] },
      'invalid_value messages[0].role',
    ],
    [
      'a message without content',
      { ...request, messages: [{ role: 'user' }] },
      'missing_required_parameter messages[0].content',
    ],
    [
      'a picture of an assistant',
      {
        ...request,
        messages: [
          {
            role: 'assistant',
            content: [{ type: 'image_url', image_url: { url: 'https://a.jp' } }],
          },
        ],
      },
      'invalid_value messages[0].content[0].type',
    ],
    ['a wrong type', { ...request, temperature: 'hot' }, 'invalid_value temperature'],
    ['out of range', { ...request, n: 1000 }, 'invalid_value n'],
    [
      '10,000 messages',
      { ...request, messages: Array.from({ length: 10_000 }, () => user) },
      'invalid_value messages',
    ],
    [
      'a lone surrogate',
      '{"model":"a","messages":[{"role":"user","content":"\\ud800"}]}',
      'invalid_value -',
    ],
    ['deep nesting', `{"model":${'['.repeat(100_000)}`, 'invalid_json -'],
  ])('is refused by name: %s', (_name, body, expected) => {
    expect(fault(encode(body))).toBe(expected);
  });

  test('is refused when its bytes are not UTF-8', () => {
    expect(fault(Buffer.from([0x7b, 0xff, 0x7d]))).toBe('invalid_utf8 -');
  });

  test('of any shape is accepted or refused with a code, and never quoted', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseChatBody(encode(text));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
    );
    const secret = 'my-number-123456789018';
    try {
      parseChatBody(encode(`{"model": ${secret}`));
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
    }
  });
});

describe('a member that nobody knows', () => {
  test('is named with its path, wherever it stands', () => {
    const { unknown } = parseChatBody(
      encode({ ...request, foo: 1, messages: [{ ...user, bar: { baz: 'x' } }] }),
    );
    expect(unknown).toEqual([
      { path: 'messages[0].bar', value: { baz: 'x' } },
      { path: 'foo', value: 1 },
    ]);
  });

  test('is no member that is known and empty', () => {
    expect(parseChatBody(encode({ ...request, stop: null, tools: [] })).unknown).toEqual([]);
  });
});

describe('bytes that came', () => {
  const exact = (text: string): boolean => parseJson(encode(text)).exact;

  test('are the same to every reader, unless a name stands twice or a number is too long', () => {
    expect(exact(JSON.stringify({ a: [{ b: 1.5, c: 'x:y' }], d: { '': null } }))).toBe(true);
    expect(exact('{"a":1,"a":2}')).toBe(false);
    expect(exact(String.raw`{"a":1,"\u0061":2}`)).toBe(false);
    expect(exact('{"a":12345678901234567890}')).toBe(false);
  });

  test('are the same exactly when nothing is lost in parsing', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        if (text.includes('__proto__') || /[\d.]{16}|e[+-]?\d/.test(text)) return;
        expect(exact(text)).toBe(true);
      }),
    );
  });
});

describe('a request body', () => {
  const incoming = (headers: Record<string, string> = {}): PassThrough & IncomingMessage =>
    Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;

  test('arrives whole from any pieces', async () => {
    const upload = incoming();
    const read = readBody(upload);
    upload.write('ab');
    upload.end('cd');
    expect((await read).toString()).toBe('abcd');
  });

  test('past the limit is refused before it is kept, declared or not', async () => {
    const declared = incoming({ 'content-length': String(limits.requestBodyBytes + 1) });
    await expect(readBody(declared)).rejects.toMatchObject({ code: 'body_too_large' });
    const growing = incoming();
    const read = readBody(growing);
    growing.write(Buffer.alloc(limits.requestBodyBytes));
    growing.write('x');
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' });
  });

  test('that breaks off is refused', async () => {
    const broken = incoming();
    const read = readBody(broken);
    broken.write('half');
    broken.destroy();
    await expect(read).rejects.toMatchObject({ code: 'body_timeout' });
  });
});
