import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { GatewayError } from '../../src/gateway/errors.ts';
import { parseChatBody, readBody } from '../../src/gateway/request-body.ts';

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
    ['an unknown member', { ...request, foo: 1 }, 'unknown_parameter foo'],
    [
      'an unknown member inside',
      { ...request, messages: [{ ...user, foo: 1 }] },
      'unknown_parameter messages[0].foo',
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
      'a picture',
      { ...request, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
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
      'invalid_value messages',
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
