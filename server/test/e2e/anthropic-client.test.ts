import Anthropic from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  chunk,
  echo,
  say,
  sendEvent,
  speak,
  startEvents,
  toolCall,
} from '../fakes/scripted-upstream.ts';
import { pixel, secret, sentLast, withCheckpoint } from './dialect-fixture.ts';
import { verifyOffline } from './running-checkpoint.ts';

const on = withCheckpoint();
let client: Anthropic;

beforeAll(() => {
  const { url, key } = on.checkpoint;
  client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
});

const said = [{ role: 'user' as const, content: 'Good morning.' }];
const base = { model: 'auto', max_tokens: 100, messages: said };
const weather = { name: 'weather', input_schema: { type: 'object' as const } };
const myNumber = '私のマイナンバーは 1234 5678 9018 です。';

describe('the official Anthropic client', () => {
  test('gets a whole answer with a receipt, signed in by its own header', async () => {
    on.upstream.play(say('Hello.'));
    // The client's types leave it out; its servers take it.
    const more: object = { temperature: 0.5 };
    const { data, response } = await client.messages
      .create({ ...base, ...more, system: 'Be kind.', stop_sequences: ['END'] })
      .withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, output_tokens: 11 },
    });
    expect(sentLast(on)).toMatchObject({
      max_tokens: 100,
      temperature: 0.5,
      stop: ['END'],
      messages: [{ role: 'system', content: 'Be kind.' }, said[0]],
    });
    const receipt = await fetch(response.headers.get('x-sekisho-receipt-url') ?? '', {
      headers: { 'x-api-key': on.checkpoint.key, authorization: `Bearer ${on.checkpoint.key}` },
    });
    expect(verifyOffline(await receipt.text(), on.checkpoint.vkey).code).toBe(0);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-sekisho-receipt'));
  });

  test('gets a stream of events in the order its dialect has them', async () => {
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const stream = client.messages.stream(base);
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    const message = await stream.finalMessage();
    expect(message.content).toEqual([{ type: 'text', text: 'Good morning to you.' }]);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage).toMatchObject({ input_tokens: 7, output_tokens: 11 });
    expect(types.filter((type) => type !== 'content_block_delta')).toEqual([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(types.filter((type) => type === 'content_block_delta').length).toBeGreaterThan(1);
  });

  test('calls tools, one after another though they came together, and gives results back', async () => {
    on.upstream.play((seen, response) => {
      const calls = [
        toolCall(0, 'weather', '{"city":"東京"}'),
        toolCall(1, 'weather', '{"a":[1]}'),
      ];
      if (seen.body['stream'] !== true) {
        return speak([{ content: 'Let me look.', tool_calls: calls }], 'tool_calls')(
          seen,
          response,
        );
      }
      startEvents(response);
      sendEvent(response, chunk({ content: 'Let me look.' }));
      sendEvent(response, chunk({ tool_calls: [toolCall(0, 'weather', '{"city":')] }));
      sendEvent(response, chunk({ tool_calls: [toolCall(1, 'weather', '{"a":')] }));
      for (const [index, rest] of ['"東京"}', '[1]}'].entries()) {
        sendEvent(response, chunk({ tool_calls: [{ index, function: { arguments: rest } }] }));
      }
      sendEvent(response, chunk({}, 'tool_calls'));
      response.end('data: [DONE]\n\n');
      return undefined;
    });
    const ask = { ...base, tools: [weather], tool_choice: { type: 'any' as const } };
    const whole = await client.messages.create(ask);
    const expected = [
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 'call-0', name: 'weather', input: { city: '東京' } },
      { type: 'tool_use', id: 'call-1', name: 'weather', input: { a: [1] } },
    ];
    expect(whole.content).toMatchObject(expected);
    expect(whole.stop_reason).toBe('tool_use');
    expect(sentLast(on)['tool_choice']).toBe('required');
    const streamed = await client.messages.stream(ask).finalMessage();
    expect(streamed.content).toMatchObject(expected);
    on.upstream.play(say('It rains.'));
    await client.messages.create({
      ...ask,
      messages: [
        ...said,
        { role: 'assistant', content: whole.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call-0', content: 'rain' },
            {
              type: 'tool_result',
              tool_use_id: 'call-1',
              is_error: true,
              content: [
                { type: 'text', text: 'see' },
                {
                  type: 'image',
                  source: { type: 'base64', media_type: 'image/png', data: pixel },
                },
              ],
            },
          ],
        },
      ],
    });
    expect(sentLast(on)['messages']).toMatchObject([
      said[0],
      { role: 'assistant', tool_calls: [{ id: 'call-0' }, { id: 'call-1' }] },
      { role: 'tool', tool_call_id: 'call-0', content: 'rain' },
      { role: 'tool', tool_call_id: 'call-1', content: [{ type: 'text', text: 'see' }] },
      { role: 'user', content: [{ image_url: { url: `data:image/png;base64,${pixel}` } }] },
    ]);
  });

  test('is refused in its own shape when a rule blocks, with rule and receipt', async () => {
    const seen = on.upstream.seen.length;
    const refused = await client.messages
      .create({
        ...base,
        messages: [{ role: 'user', content: [{ type: 'text', text: myNumber }] }],
      })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Anthropic.BadRequestError);
    const { error } = (refused as { error: { error: Record<string, unknown> } }).error
      ? (refused as { error: { error: Record<string, unknown> } })
      : { error: { error: {} } };
    expect(error.error).toMatchObject({ type: 'invalid_request_error', code: 'content_blocked' });
    expect(String(error.error['message'])).toContain('my-number-stays-here');
    expect(on.upstream.seen.length).toBe(seen);
  });

  test('receives nothing that an output rule forbids, in text or in arguments', async () => {
    const forbidden = `Your key is ${secret}.`;
    on.upstream.play(say(forbidden, [...forbidden]));
    const whole = await client.messages.create(base);
    const streamed = await client.messages.stream(base).finalMessage();
    on.upstream.play(
      speak([{ tool_calls: [toolCall(0, 'mail', `{"k":"${secret}"}`)] }], 'tool_calls'),
    );
    const called = await client.messages.stream({ ...base, tools: [weather] }).finalMessage();
    for (const message of [whole, streamed, called]) {
      expect(message.stop_reason).toBe('refusal');
      expect(JSON.stringify(message)).not.toContain('sk-proj');
      expect(JSON.stringify(message.content)).toContain('secrets-stay-here');
    }
  });

  test('gets its own words back, and the model sees stand-ins', async () => {
    on.upstream.play(echo);
    const content = 'Write to hanako@example.jp please.';
    const messages = [{ role: 'user' as const, content }];
    const { content: got } = await client.messages.stream({ ...base, messages }).finalMessage();
    expect(got).toEqual([{ type: 'text', text: content }]);
    expect(on.upstream.seen.at(-1)?.text).not.toContain('hanako@example.jp');
  });

  test('reads reasoning only when it asked to', async () => {
    on.upstream.play(speak([{ reasoning_content: 'Hm, a greeting.', content: 'Hello.' }]));
    const thinking = { type: 'enabled' as const, budget_tokens: 1_024 };
    const thought = await client.messages
      .stream({ ...base, max_tokens: 2_000, thinking })
      .finalMessage();
    expect(thought.content).toMatchObject([
      { type: 'thinking', thinking: 'Hm, a greeting.' },
      { type: 'text', text: 'Hello.' },
    ]);
    const plain = await client.messages.create(base);
    expect(plain.content).toEqual([{ type: 'text', text: 'Hello.' }]);
  });

  test('is told what could not be carried, and the words of it are looked at', async () => {
    on.upstream.play(say('Hello.'));
    const topK: object = { top_k: 3 };
    const { response } = await client.messages.create({ ...base, ...topK }).withResponse();
    expect(response.headers.get('x-sekisho-not-carried')).toBe('top_k');
    const more = { ...base, note: myNumber } as typeof base;
    await expect(client.messages.create(more)).rejects.toMatchObject({ status: 400 });
  });

  test('never takes a stream that broke for a whole one', async () => {
    on.upstream.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'This is a long enough half of an answer, ' }));
      setTimeout(() => response.destroy(), 30);
    });
    await expect(client.messages.stream(base).finalMessage()).rejects.toThrow();
  });

  test('counts tokens by an estimate that says so, and lists models', async () => {
    const counted = await client.messages.countTokens({ model: 'auto', messages: said });
    expect(counted).toEqual({ input_tokens: 4, sekisho: { estimated: true } });
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids.slice(0, 2)).toEqual(['auto', 'first-model']);
    expect((await client.models.retrieve('first-model')).type).toBe('model');
  });

  test('gets errors of its own kinds', async () => {
    const wrong = new Anthropic({ baseURL: on.checkpoint.url, apiKey: 'sk-wrong', maxRetries: 0 });
    await expect(wrong.messages.create(base)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(client.messages.create({ ...base, model: 'gone' })).rejects.toBeInstanceOf(
      Anthropic.NotFoundError,
    );
    const broken = { ...base, messages: [{ role: 'god', content: 'x' }] } as unknown as typeof base;
    await expect(client.messages.create(broken)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  });
});
