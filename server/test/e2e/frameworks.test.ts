import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import {
  type ToolSet,
  embedMany,
  generateObject,
  generateText,
  jsonSchema,
  streamText,
  tool,
} from 'ai';
import { describe, expect, test } from 'vitest';
import { embeddings, say, speak, toolCall } from '../fakes/scripted-upstream.ts';
import { sentLast, withCheckpoint } from './dialect-fixture.ts';

const on = withCheckpoint();
const place = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const provider = () =>
  createOpenAI({ baseURL: `${on.checkpoint.url}/v1`, apiKey: on.checkpoint.key });

describe.each(['chat', 'responses'] as const)('the Vercel AI SDK over %s', (dialect) => {
  const model = () => provider()[dialect]('auto');

  test('generates and streams text', async () => {
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const whole = await generateText({ model: model(), prompt: 'Good morning.', maxRetries: 0 });
    expect(whole.text).toBe('Good morning to you.');
    expect(whole.usage).toMatchObject({ inputTokens: 7, outputTokens: 11 });
    const streamed = streamText({ model: model(), prompt: 'Good morning.', maxRetries: 0 });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toBe('Good morning to you.');
    expect(await streamed.finishReason).toBe('stop');
  });

  test('calls tools', async () => {
    on.upstream.play(
      speak([{ tool_calls: [toolCall(0, 'weather', '{"city":"Nara"}')] }], 'tool_calls'),
    );
    // The library's types do not hold under exactOptionalPropertyTypes.
    const weather = tool({ inputSchema: jsonSchema<{ city: string }>(place) });
    const tools = { weather } as unknown as ToolSet;
    const ask = { model: model(), prompt: 'Weather?', tools, maxRetries: 0 };
    const whole = await generateText(ask);
    expect(whole.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Nara' } }]);
    const streamed = streamText(ask);
    expect(await streamed.toolCalls).toMatchObject([{ input: { city: 'Nara' } }]);
  });

  test('generates objects that follow a schema', async () => {
    on.upstream.play(say('{"city":"Nara"}'));
    const schema = jsonSchema<{ city: string }>(place);
    const { object } = await generateObject({ model: model(), schema, prompt: 'Where?' });
    expect(object).toEqual({ city: 'Nara' });
    expect(sentLast(on)).toMatchObject({ response_format: { type: 'json_schema' } });
  });
});

describe('the Vercel AI SDK', () => {
  test('embeds', async () => {
    on.upstream.play(embeddings);
    const model = provider().embedding('auto');
    const { embeddings: vectors } = await embedMany({ model, values: ['Hello', 'Bye'] });
    expect(vectors).toEqual([
      [5, 36, 0.5],
      [3, 33, 0.5],
    ]);
  });
});

describe('LangChain.js', () => {
  const chat = (useResponsesApi: boolean) =>
    new ChatOpenAI({
      model: 'auto',
      apiKey: on.checkpoint.key,
      configuration: { baseURL: `${on.checkpoint.url}/v1` },
      maxRetries: 0,
      useResponsesApi,
    });

  test.each([false, true])(
    'invokes, streams and calls tools (responses: %s)',
    async (responses) => {
      on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
      expect((await chat(responses).invoke('Good morning.')).text).toBe('Good morning to you.');
      let text = '';
      for await (const piece of await chat(responses).stream('Good morning.')) text += piece.text;
      expect(text).toBe('Good morning to you.');
      on.upstream.play(
        speak([{ tool_calls: [toolCall(0, 'weather', '{"city":"Nara"}')] }], 'tool_calls'),
      );
      const weather = {
        type: 'function' as const,
        function: { name: 'weather', parameters: place },
      };
      const bound = chat(responses).bindTools([weather]);
      expect((await bound.invoke('Weather?')).tool_calls).toMatchObject([
        { args: { city: 'Nara' } },
      ]);
    },
  );

  test('gives structured output', async () => {
    on.upstream.play(say('{"city":"Nara"}'));
    const structured = chat(false).withStructuredOutput(place, {
      method: 'jsonSchema',
      name: 'place',
    });
    expect(await structured.invoke('Where?')).toEqual({ city: 'Nara' });
  });

  test('embeds', async () => {
    on.upstream.play(embeddings);
    const model = new OpenAIEmbeddings({
      model: 'auto',
      apiKey: on.checkpoint.key,
      configuration: { baseURL: `${on.checkpoint.url}/v1` },
    });
    expect(await model.embedQuery('Hello')).toEqual([5, 36, 0.5]);
  });
});
