import { describe, expect, test } from 'vitest';
import { type CanonicalExtra, type ChatRequest, UpstreamError, canonicalChat } from '#upstream';
import { writeMessages } from '../../src/upstream/anthropic.ts';
import { writeConverse } from '../../src/upstream/bedrock.ts';
import { writeGenerateContent } from '../../src/upstream/gemini.ts';

interface Written {
  readonly body: Record<string, unknown>;
  readonly lost: readonly string[];
}

function request(body: object, extra?: CanonicalExtra): ChatRequest {
  return {
    model: 'm',
    chat: canonicalChat(body, extra),
    messages: [],
    body: Buffer.from(JSON.stringify(body)),
    stream: true,
  };
}

const parse = ({ body, lost }: { body: Uint8Array; lost: readonly string[] }): Written => ({
  body: JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>,
  lost,
});

const anthropic = (body: object, options?: Parameters<typeof writeMessages>[1]): Written =>
  parse(writeMessages(request(body), options));
const gemini = (body: object, reasoning?: Parameters<typeof writeGenerateContent>[1]): Written =>
  parse(writeGenerateContent(request(body), reasoning));
const bedrock = (body: object): Written => parse(writeConverse(request(body)));

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** A conversation with everything that all of the dialects can say. */
const conversation = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: '日本語で。' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Compare.' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE' } },
      ],
    },
    {
      role: 'assistant',
      content: 'Looking.',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"京都"}' } },
        { id: 'b', type: 'function', function: { name: 'now', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: '晴れ' },
    { role: 'tool', tool_call_id: 'b', content: 'no clock', is_error: true },
    { role: 'user', content: 'And?' },
  ],
  tools: [
    { type: 'function', function: { name: 'weather', description: 'd', parameters: schema } },
    { type: 'function', function: { name: 'now' } },
  ],
  tool_choice: 'required',
  max_completion_tokens: 50,
  temperature: 0.5,
  stop: ['END'],
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
};

const empty = { type: 'object', properties: {} };

describe('a conversation', () => {
  test('is said in the Messages dialect', () => {
    expect(anthropic(conversation)).toEqual({
      lost: [],
      body: {
        model: 'm',
        max_tokens: 50,
        stream: true,
        temperature: 0.5,
        stop_sequences: ['END'],
        system: [
          { type: 'text', text: 'Be brief.' },
          { type: 'text', text: '日本語で。' },
        ],
        output_config: { format: { type: 'json_schema', schema } },
        tools: [
          { name: 'weather', description: 'd', input_schema: schema },
          { name: 'now', input_schema: empty },
        ],
        tool_choice: { type: 'any' },
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Compare.' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
              {
                type: 'document',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
              },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'Looking.' },
              { type: 'tool_use', id: 'a', name: 'weather', input: { city: '京都' } },
              { type: 'tool_use', id: 'b', name: 'now', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: '晴れ' }] },
              {
                type: 'tool_result',
                tool_use_id: 'b',
                content: [{ type: 'text', text: 'no clock' }],
                is_error: true,
              },
              { type: 'text', text: 'And?' },
            ],
          },
        ],
      },
    });
  });

  test('is said in the Gemini dialect', () => {
    expect(gemini(conversation)).toEqual({
      lost: [],
      body: {
        systemInstruction: { parts: [{ text: 'Be brief.' }, { text: '日本語で。' }] },
        tools: [
          {
            functionDeclarations: [
              { name: 'weather', description: 'd', parametersJsonSchema: schema },
              { name: 'now' },
            ],
          },
        ],
        toolConfig: { functionCallingConfig: { mode: 'ANY' } },
        contents: [
          {
            role: 'user',
            parts: [
              { text: 'Compare.' },
              { inlineData: { mimeType: 'image/png', data: 'iVBO' } },
              { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
            ],
          },
          {
            role: 'model',
            parts: [
              { text: 'Looking.' },
              {
                functionCall: { id: 'a', name: 'weather', args: { city: '京都' } },
                thoughtSignature: 'skip_thought_signature_validator',
              },
              { functionCall: { id: 'b', name: 'now', args: {} } },
            ],
          },
          {
            role: 'user',
            parts: [
              { functionResponse: { id: 'a', name: 'weather', response: { output: '晴れ' } } },
              { functionResponse: { id: 'b', name: 'now', response: { error: 'no clock' } } },
              { text: 'And?' },
            ],
          },
        ],
        generationConfig: {
          temperature: 0.5,
          maxOutputTokens: 50,
          stopSequences: ['END'],
          responseMimeType: 'application/json',
          responseJsonSchema: schema,
        },
      },
    });
  });

  test('is said in the Converse dialect', () => {
    expect(bedrock(conversation)).toEqual({
      lost: [],
      body: {
        system: [{ text: 'Be brief.' }, { text: '日本語で。' }],
        inferenceConfig: { maxTokens: 50, temperature: 0.5, stopSequences: ['END'] },
        toolConfig: {
          tools: [
            { toolSpec: { name: 'weather', description: 'd', inputSchema: { json: schema } } },
            { toolSpec: { name: 'now', inputSchema: { json: empty } } },
          ],
          toolChoice: { any: {} },
        },
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { name: 'n', schema: JSON.stringify(schema) } },
          },
        },
        messages: [
          {
            role: 'user',
            content: [
              { text: 'Compare.' },
              { image: { format: 'png', source: { bytes: 'iVBO' } } },
              { document: { format: 'pdf', name: 'document-1', source: { bytes: 'JVBE' } } },
            ],
          },
          {
            role: 'assistant',
            content: [
              { text: 'Looking.' },
              { toolUse: { toolUseId: 'a', name: 'weather', input: { city: '京都' } } },
              { toolUse: { toolUseId: 'b', name: 'now', input: {} } },
            ],
          },
          {
            role: 'user',
            content: [
              { toolResult: { toolUseId: 'a', content: [{ text: '晴れ' }] } },
              { toolResult: { toolUseId: 'b', content: [{ text: 'no clock' }], status: 'error' } },
              { text: 'And?' },
            ],
          },
        ],
      },
    });
  });
});

const ask = (more: object): object => ({ messages: [{ role: 'user', content: 'x' }], ...more });

describe('what a dialect cannot carry', () => {
  const steered = ask({
    n: 2,
    seed: 1,
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { 5: 1 },
    presence_penalty: 1,
    frequency_penalty: 0,
    parallel_tool_calls: false,
    temperature: 1.5,
    top_p: 0.5,
    user: 'u',
    metadata: { a: 'ü' },
    reasoning_effort: 'low',
    response_format: { type: 'json_object' },
    service_tier: 'flex',
  });

  test('is named, and the rest is asked', () => {
    const common = ['logit_bias', 'metadata', 'reasoning_effort', 'service_tier'];
    const steering = ['logprobs', 'n', 'presence_penalty', 'seed', 'temperature', 'top_logprobs'];
    expect(anthropic(steered).lost.toSorted()).toEqual(
      [...common, ...steering, 'response_format', 'top_p'].toSorted(),
    );
    expect(bedrock(steered).lost.toSorted()).toEqual(
      [...common, ...steering, 'parallel_tool_calls', 'response_format', 'user'].toSorted(),
    );
    expect(gemini(steered).lost.toSorted()).toEqual(
      [...common, 'parallel_tool_calls', 'user'].toSorted(),
    );
    expect(anthropic(steered).body).toMatchObject({ temperature: 1, metadata: { user_id: 'u' } });
  });

  test('is nothing when what is asked for is what is done anyway', () => {
    const usual = ask({ n: 1, logprobs: false, presence_penalty: 0, parallel_tool_calls: true });
    for (const write of [anthropic, bedrock, gemini]) expect(write(usual).lost).toEqual([]);
  });

  test('goes along when it is of this dialect', () => {
    const extra = { anthropic: { top_k: 5 }, gemini: { safetySettings: [] }, bedrock: { x: 1 } };
    const asked = request(ask({}), extra);
    const [a, g, b] = [writeMessages, writeGenerateContent, writeConverse].map((write) =>
      parse(write(asked)),
    );
    expect(a).toMatchObject({ body: { top_k: 5 }, lost: ['safetySettings', 'x'] });
    expect(g).toMatchObject({ body: { safetySettings: [] }, lost: ['top_k', 'x'] });
    expect(b).toMatchObject({ body: { x: 1 }, lost: ['top_k', 'safetySettings'] });
  });

  const part = (value: object): object => ask({ messages: [{ role: 'user', content: [value] }] });
  const image = part({ type: 'image_url', image_url: { url: 'https://example.org/a.png' } });
  const audio = part({ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } });
  const stored = part({ type: 'file', file: { file_id: 'file-1' } });
  const unknown = part({ type: 'hologram' });
  test.each([
    ['an image by its address', image, [bedrock]],
    ['sound', audio, [anthropic, bedrock]],
    ['a file that lies elsewhere', stored, [anthropic, gemini, bedrock]],
    ['what nobody knows', unknown, [anthropic, gemini, bedrock]],
  ])('is never left out when it is content: %s', (_name, body, refusing) => {
    for (const write of refusing) {
      let error: unknown;
      try {
        write(body);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(UpstreamError);
      expect(error).toMatchObject({ code: 'refused_input', reason: 'not_in_dialect' });
    }
  });

  test('is said in another way where there is one', () => {
    expect(anthropic(image).body['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }],
      },
    ]);
    expect(gemini(image).body['contents']).toEqual([
      {
        role: 'user',
        parts: [{ fileData: { mimeType: 'image/png', fileUri: 'https://example.org/a.png' } }],
      },
    ]);
    const malformedCall = ask({
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'x y', type: 'function', function: { name: 'f', arguments: '{"a' } }],
        },
        { role: 'tool', tool_call_id: 'x y', content: '' },
        { role: 'system', content: 'late' },
      ],
    });
    const { body, lost } = anthropic(malformedCall);
    expect(lost).toEqual(['messages.tool_calls.arguments', 'messages.order']);
    const [made, answered] = body['messages'] as { content: Record<string, unknown>[] }[];
    expect(made?.content[0]).toMatchObject({ input: { arguments: '{"a' } });
    expect(made?.content[0]?.['id']).toMatch(/^call_[0-9a-f]{32}$/);
    expect(answered?.content[0]?.['tool_use_id']).toBe(made?.content[0]?.['id']);
  });
});

describe('reasoning', () => {
  const thinking = [
    { type: 'thinking', thinking: 'hm', signature: 's1' },
    { type: 'redacted_thinking', data: 's2' },
  ];
  const signed = ask({
    messages: [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'y', thinking_blocks: thinking },
      { role: 'user', content: 'z' },
    ],
  });

  test('goes back with its signature', () => {
    expect(anthropic(signed).body['messages']).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's1' },
          { type: 'redacted_thinking', data: 's2' },
          { type: 'text', text: 'y' },
        ],
      },
      {},
    ]);
    expect(bedrock(signed).body['messages']).toMatchObject([
      {},
      {
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's1' } } },
          { reasoningContent: { redactedContent: 's2' } },
          { text: 'y' },
        ],
      },
      {},
    ]);
    const unsigned = ask({
      messages: [{ role: 'assistant', content: 'y', reasoning_content: 'hm' }],
    });
    for (const write of [anthropic, gemini, bedrock]) {
      expect(write(unsigned).lost).toEqual(['messages.reasoning']);
    }
  });

  test('is asked for in the way that is declared', () => {
    const asked = ask({ reasoning_effort: 'high', max_tokens: 100, temperature: 0.2 });
    expect(anthropic(asked, { reasoning: 'effort' })).toMatchObject({
      lost: ['temperature'],
      body: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 100 },
    });
    expect(anthropic(asked, { reasoning: 'budget' })).toMatchObject({
      lost: ['temperature'],
      body: { thinking: { type: 'enabled', budget_tokens: 16_384 }, max_tokens: 16_484 },
    });
    expect(gemini(asked, 'effort').body['generationConfig']).toMatchObject({
      thinkingConfig: { thinkingLevel: 'high', includeThoughts: true },
    });
    expect(gemini(asked, 'budget').body['generationConfig']).toMatchObject({
      thinkingConfig: { thinkingBudget: 16_384 },
    });
  });

  test('is not asked for where the dialect forbids it', () => {
    const forced = { ...conversation, reasoning_effort: 'high' };
    const { body, lost } = anthropic(forced, { reasoning: 'effort' });
    expect(lost).toEqual(['reasoning_effort']);
    expect(body['thinking']).toBeUndefined();
  });
});

describe('a choice of tools', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const choose = (choice: unknown, more: object = {}): object =>
    ask({ tools, tool_choice: choice, ...more });
  const named = { type: 'function', function: { name: 'f' } };

  test('is said in each dialect', () => {
    const alone = { parallel_tool_calls: false };
    expect(anthropic(choose(named)).body['tool_choice']).toEqual({ type: 'tool', name: 'f' });
    expect(anthropic(choose('none')).body['tool_choice']).toEqual({ type: 'none' });
    expect(anthropic(choose(undefined, alone)).body['tool_choice']).toEqual({
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    expect(gemini(choose(named)).body['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    });
    expect(gemini(choose('none')).body['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'NONE' },
    });
    expect(bedrock(choose(named)).body['toolConfig']).toMatchObject({
      toolChoice: { tool: { name: 'f' } },
    });
    expect(bedrock(choose('none')).body['toolConfig']).toBeUndefined();
  });

  test('declares what was used where a conversation with tools demands it', () => {
    const { messages } = conversation;
    const { body, lost } = bedrock({ messages });
    expect(lost).toEqual(['tool_choice']);
    expect(body['toolConfig']).toEqual({
      tools: ['weather', 'now'].map((name) => ({
        toolSpec: { name, inputSchema: { json: empty } },
      })),
    });
  });
});
