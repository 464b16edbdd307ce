import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalChat } from '#upstream';

describe('the canonical view of a request', () => {
  test('reads every member of the dialect', () => {
    const chat = canonicalChat({
      model: 'm',
      stream: true,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          name: 'aoi',
          content: [
            { type: 'text', text: 'これは?' },
            { type: 'image_url', image_url: { url: 'data:image/PNG;base64,iVBO', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
            { type: 'input_audio', input_audio: { data: 'UklG', format: 'mp3' } },
            {
              type: 'file',
              file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
            },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'hologram', hologram: {} },
          ],
        },
        {
          role: 'assistant',
          content: null,
          refusal: 'no',
          thinking_blocks: [
            { type: 'thinking', thinking: 'hm', signature: 's1' },
            { type: 'redacted_thinking', data: 's2' },
          ],
          tool_calls: [
            {
              id: 'c1',
              type: 'function',
              function: { name: 'look', arguments: '{"a":1}' },
              extra_content: { google: { thought_signature: 's3' } },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'seen', is_error: true },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'look',
            description: 'd',
            parameters: { type: 'object' },
            strict: true,
          },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object' } },
      },
      stop: 'END',
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 5,
      max_completion_tokens: 7,
      seed: 3,
      n: 2,
      logprobs: true,
      top_logprobs: 4,
      user: 'u',
      metadata: { a: 'b' },
      reasoning_effort: 'low',
      service_tier: 'flex',
    });
    expect(chat).toEqual({
      messages: [
        { role: 'developer', parts: [{ type: 'text', text: 'Be brief.' }] },
        {
          role: 'user',
          name: 'aoi',
          parts: [
            { type: 'text', text: 'これは?' },
            { type: 'image', source: { mediaType: 'image/png', base64: 'iVBO' }, detail: 'low' },
            { type: 'image', source: { url: 'https://example.org/a.png' } },
            { type: 'audio', source: { mediaType: 'audio/mp3', base64: 'UklG' } },
            {
              type: 'file',
              source: { mediaType: 'application/pdf', base64: 'JVBE' },
              name: 'a.pdf',
            },
            { type: 'file', source: { id: 'file-1' } },
            { type: 'unknown', kind: 'hologram' },
          ],
        },
        {
          role: 'assistant',
          parts: [{ type: 'refusal', text: 'no' }],
          reasoning: [
            { text: 'hm', signature: 's1' },
            { text: '', signature: 's2', redacted: true },
          ],
          toolCalls: [{ id: 'c1', name: 'look', arguments: '{"a":1}', signature: 's3' }],
        },
        { role: 'tool', toolCallId: 'c1', isError: true, parts: [{ type: 'text', text: 'seen' }] },
      ],
      tools: [{ name: 'look', description: 'd', parameters: { type: 'object' }, strict: true }],
      toolChoice: { name: 'look' },
      parallelToolCalls: false,
      responseFormat: { type: 'json_schema', name: 'n', schema: { type: 'object' } },
      stop: ['END'],
      temperature: 0.5,
      topP: 0.9,
      maxTokens: 7,
      seed: 3,
      choices: 2,
      logprobs: true,
      topLogprobs: 4,
      user: 'u',
      metadata: { a: 'b' },
      reasoningEffort: 'low',
      extra: { openai: { service_tier: 'flex' } },
    });
  });

  test('keeps what belongs to another dialect apart', () => {
    expect(canonicalChat({ messages: [] }, { anthropic: { top_k: 5 } }).extra).toEqual({
      anthropic: { top_k: 5 },
    });
  });

  test('is total: any JSON gives a view', () => {
    const names = fc.constantFrom('messages', 'tools', 'stop', 'response_format', 'tool_choice');
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue())), (body) => {
        expect(canonicalChat(body).messages).toBeInstanceOf(Array);
      }),
    );
    const content = fc.array(fc.oneof(fc.jsonValue(), fc.record({ type: fc.string() })));
    const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', 'x'), content });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        expect(canonicalChat({ messages }).messages).toHaveLength(messages.length);
      }),
    );
  });
});
