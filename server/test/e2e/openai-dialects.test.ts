import OpenAI from 'openai';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  chunk,
  embeddings,
  say,
  sendEvent,
  speak,
  startEvents,
  toolCall,
} from '../fakes/scripted-upstream.ts';
import { pixel, secret, sentLast, withCheckpoint } from './dialect-fixture.ts';

const on = withCheckpoint();
let client: OpenAI;

beforeAll(() => {
  const { url, key } = on.checkpoint;
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
});

const said = [{ role: 'user' as const, content: 'Good morning.' }];
const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

describe('chat completions through the official OpenAI client', () => {
  test('carry several tool calls at once, whole and streamed, and their results back', async () => {
    const tool_calls = [
      toolCall(0, 'weather', '{"city":"東京"}'),
      toolCall(1, 'weather', '{"city":"Osaka","days":[1,2]}'),
    ];
    on.upstream.play(speak([{ tool_calls }], 'tool_calls'));
    const ask = { model: 'auto', messages: said, tools: [weather], parallel_tool_calls: true };
    const whole = (await client.chat.completions.create(ask)).choices[0];
    expect(whole?.message.content).toBeNull();
    expect(whole?.message.tool_calls).toMatchObject([
      { id: 'call-0', function: { name: 'weather', arguments: '{"city":"東京"}' } },
      { id: 'call-1', function: { arguments: '{"city":"Osaka","days":[1,2]}' } },
    ]);
    const streamed = await client.chat.completions.stream(ask).finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject(whole.message.tool_calls!);
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    on.upstream.play(say('It rains.'));
    await client.chat.completions.create({
      ...ask,
      messages: [
        ...said,
        whole.message,
        { role: 'tool', tool_call_id: 'call-0', content: 'rain' },
        { role: 'tool', tool_call_id: 'call-1', content: 'sun' },
      ],
    });
    expect(sentLast(on)['messages']).toMatchObject([{}, { tool_calls: [{}, {}] }, {}, {}]);
  });

  test('stream the arguments of a call while they grow', async () => {
    on.upstream.play(async (_seen, response) => {
      startEvents(response);
      const text = 'a long letter of many words, '.repeat(40);
      sendEvent(response, chunk({ tool_calls: [toolCall(0, 'mail', `{"text":"${text}`)] }));
      // The rest comes when the test has seen the beginning.
      await expect.poll(() => pieces, { timeout: 10_000 }).toBeGreaterThan(0);
      const rest = { index: 0, function: { arguments: 'and its end."}' } };
      sendEvent(response, chunk({ tool_calls: [rest] }));
      sendEvent(response, chunk({}, 'tool_calls'));
      response.end('data: [DONE]\n\n');
    });
    let pieces = 0;
    let got = '';
    const stream = await client.chat.completions.create({
      model: 'auto',
      messages: said,
      tools: [weather],
      stream: true,
    });
    for await (const event of stream) {
      const piece = event.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      if (piece.length > 20) pieces++;
      got += piece;
    }
    expect((JSON.parse(got) as { text: string }).text).toMatch(/^a long letter .* and its end\.$/);
  });

  test('give structured output', async () => {
    on.upstream.play(say('{"city":"Nara"}'));
    const answer = await client.chat.completions.parse({
      model: 'auto',
      messages: said,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'place', schema, strict: true },
      },
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ city: 'Nara' });
    expect(sentLast(on)).toMatchObject({ response_format: { json_schema: { schema } } });
  });

  test('keep several choices apart, streamed too', async () => {
    on.upstream.play(speak([{ content: 'One.' }, { content: 'Two.' }]));
    const whole = await client.chat.completions.create({ model: 'auto', messages: said, n: 2 });
    expect(whole.choices.map(({ message }) => message.content)).toEqual(['One.', 'Two.']);
    const stream = client.chat.completions.stream({ model: 'auto', messages: said, n: 2 });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(['One.', 'Two.']);
  });

  test('give log-probabilities of text that left as it came, and of no other', async () => {
    const weigh = (text: string) => () => ({
      content: [{ token: text, logprob: -0.5, top_logprobs: [{ token: 'Hey', logprob: -1 }] }],
    });
    on.upstream.play(speak([{ content: 'Hello.' }], 'stop', weigh('Hello.')));
    const ask = { model: 'auto', messages: said, logprobs: true, top_logprobs: 1 };
    const { data, response } = await client.chat.completions.create(ask).withResponse();
    expect(data.choices[0]?.logprobs?.content?.[0]).toMatchObject({
      token: 'Hello.',
      logprob: -0.5,
    });
    expect(response.headers.get('x-sekisho-not-carried')).toBeNull();
    const stream = client.chat.completions.stream(ask);
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.logprobs?.content?.[0]?.token).toBe('Hello.');
    // What the weights say must be what was said, or they would be a way round.
    on.upstream.play(speak([{ content: 'Hello.' }], 'stop', weigh(secret)));
    const other = await client.chat.completions.create(ask);
    expect(other.choices[0]?.message.content).toBe('Hello.');
    expect(other.choices[0]?.logprobs).toBeNull();
  });

  test('pass on members that nobody here knows, once their words have been looked at', async () => {
    on.upstream.play(say('Hello.'));
    const ask = { model: 'auto', messages: said, guided_choice: ['yes', 'no'] };
    const { response } = await client.chat.completions
      .create(ask as typeof ask & { stream: false })
      .withResponse();
    expect(response.headers.get('x-sekisho-not-carried')).toBeNull();
    expect(sentLast(on)['guided_choice']).toEqual(['yes', 'no']);
    await expect(
      client.chat.completions.create({
        ...ask,
        guided_choice: ['私のマイナンバーは 1234 5678 9018 です。'],
      } as typeof ask & { stream: false }),
    ).rejects.toMatchObject({ status: 400, code: 'content_blocked' });
  });

  test('carry pictures where the data class may send them, recorded by hash and size', async () => {
    on.upstream.play(say('A pixel.'));
    const url = `data:image/png;base64,${pixel}`;
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url } },
    ];
    const ask = { model: 'auto', messages: [{ role: 'user' as const, content }] };
    const { data, response } = await client.chat.completions.create(ask).withResponse();
    expect(data.choices[0]?.message.content).toBe('A pixel.');
    expect(JSON.stringify(sentLast(on))).toContain(pixel);
    const id = response.headers.get('x-sekisho-receipt');
    const opened = await fetch(`${on.checkpoint.url}/api/passages/${id}/open`, {
      method: 'POST',
      headers: { authorization: `Bearer ${on.checkpoint.key}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const text = await opened.text();
    expect(text).toContain('What is this?');
    expect(text).not.toContain(pixel);
    const forbidden = await client.chat.completions
      .create(ask, { headers: { 'x-sekisho-data-class': 'personal' } })
      .catch((error: unknown) => error);
    expect(forbidden).toMatchObject({ status: 403, code: 'image_not_permitted' });
    for (const inner of [
      'http://169.254.169.254/latest',
      'http://localhost/x.png',
      'file:///etc',
    ]) {
      const part = { type: 'image_url' as const, image_url: { url: inner } };
      await expect(
        client.chat.completions.create({
          model: 'auto',
          messages: [{ role: 'user', content: [part] }],
        }),
      ).rejects.toMatchObject({ status: 400, param: 'messages[0].content[0].image_url.url' });
    }
  });

  test('forward the very bytes that came when nothing had to change', async () => {
    on.upstream.play(say('Hello.'));
    const body = `{ "model":"first-model",\n "messages":[{"role":"user","content":"Caf\\u00e9?"}] }`;
    const send = (text: string) =>
      fetch(`${on.checkpoint.url}/v1/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${on.checkpoint.key}`,
          'content-type': 'application/json',
        },
        body: text,
      });
    expect((await send(body)).status).toBe(200);
    expect(on.upstream.seen.at(-1)?.text).toBe(body);
    // A name that stands twice means one thing to one reader and another to the next.
    const twice = body.replace('"model"', '"user":"a","user":"b","model"');
    expect((await send(twice)).status).toBe(200);
    expect(on.upstream.seen.at(-1)?.text).not.toContain('"a"');
  });
});

describe('embeddings through the official OpenAI client', () => {
  test('are the numbers of the upstream, in either encoding, with a receipt', async () => {
    on.upstream.play(embeddings);
    const ask = { model: 'auto', input: ['Hello', '関所'] };
    const { data, response } = await client.embeddings.create(ask).withResponse();
    expect(data.data.map(({ embedding }) => [...embedding])).toEqual([
      [5, 36, 0.5],
      [2, '関'.charCodeAt(0) / 2, 0.5],
    ]);
    expect(data.usage.prompt_tokens).toBe(5);
    expect(response.headers.get('x-sekisho-receipt')).toMatch(/^[0-9a-f]{32}$/);
    const floats = await client.embeddings.create({ ...ask, encoding_format: 'float' });
    expect(floats.data[0]?.embedding).toEqual([5, 36, 0.5]);
  });

  test('are made of what a rule lets through, and of no tokens', async () => {
    on.upstream.play(embeddings);
    await client.embeddings.create({ model: 'auto', input: 'Write to hanako@example.jp' });
    expect(on.upstream.seen.at(-1)?.text).not.toContain('hanako@example.jp');
    await expect(
      client.embeddings.create({
        model: 'auto',
        input: '私のマイナンバーは 1234 5678 9018 です。',
      }),
    ).rejects.toMatchObject({ code: 'content_blocked', param: 'input' });
    await expect(
      client.embeddings.create({ model: 'auto', input: [1, 2, 3] }),
    ).rejects.toMatchObject({ status: 400, code: 'tokens_not_inspectable' });
  });
});

describe('responses through the official OpenAI client', () => {
  test('are given whole and in events that the client puts together', async () => {
    on.upstream.play(say('Good morning to you.', ['Good ', 'morning ', 'to you.']));
    const ask = { model: 'auto', instructions: 'Be kind.', input: 'Good morning.' };
    const whole = await client.responses.create(ask);
    expect(whole.output_text).toBe('Good morning to you.');
    expect(whole.status).toBe('completed');
    expect(whole.usage).toMatchObject({ input_tokens: 7, output_tokens: 11, total_tokens: 18 });
    expect(sentLast(on)['messages']).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Good morning.' },
    ]);
    const stream = client.responses.stream(ask);
    const numbers: number[] = [];
    for await (const event of stream) numbers.push(event.sequence_number);
    expect(numbers).toEqual(numbers.map((_, i) => i));
    const streamed = await stream.finalResponse();
    expect(streamed.output_text).toBe('Good morning to you.');
    expect(streamed.usage?.total_tokens).toBe(18);
  });

  test('call functions, and take their output back', async () => {
    on.upstream.play(
      speak([{ tool_calls: [toolCall(0, 'weather', '{"city":"Nara"}')] }], 'tool_calls'),
    );
    const tools = [
      { type: 'function' as const, name: 'weather', parameters: schema, strict: true },
    ];
    const ask = { model: 'auto', input: 'Weather?', tools };
    const first = await client.responses.create(ask);
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({
      name: 'weather',
      arguments: '{"city":"Nara"}',
      call_id: 'call-0',
    });
    const streamed = await client.responses.stream(ask).finalResponse();
    expect(streamed.output).toMatchObject([
      { type: 'function_call', arguments: '{"city":"Nara"}' },
    ]);
    on.upstream.play(say('Sunny.'));
    const second = await client.responses.create({
      ...ask,
      input: [
        { role: 'user', content: 'Weather?' },
        call!,
        { type: 'function_call_output', call_id: 'call-0', output: 'sun' },
      ],
    });
    expect(second.output_text).toBe('Sunny.');
    expect(sentLast(on)['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ id: 'call-0' }] },
      { role: 'tool', tool_call_id: 'call-0', content: 'sun' },
    ]);
  });

  test('follow a schema', async () => {
    on.upstream.play(say('{"city":"Nara"}'));
    const answer = await client.responses.parse({
      model: 'auto',
      input: 'Where?',
      text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
    });
    expect(answer.output_parsed).toEqual({ city: 'Nara' });
    expect(sentLast(on)).toMatchObject({ response_format: { json_schema: { name: 'place' } } });
  });

  test('are refused by rule with receipt, and stopped on the way out, in their own words', async () => {
    const refused = await client.responses
      .create({ model: 'auto', input: '私のマイナンバーは 1234 5678 9018 です。' })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, code: 'content_blocked', param: 'input' });
    on.upstream.play(say(`Your key is ${secret}.`, [...`Your key is ${secret}.`]));
    const whole = await client.responses.create({ model: 'auto', input: 'Key?' });
    expect(whole).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
    });
    const streamed = await client.responses
      .stream({ model: 'auto', input: 'Key?' })
      .finalResponse();
    expect(streamed.status).toBe('incomplete');
    for (const answer of [whole, streamed]) {
      expect(JSON.stringify(answer)).not.toContain('sk-proj');
      expect(JSON.stringify(answer.output)).toContain('secrets-stay-here');
    }
  });

  test('remember nothing, and say so', async () => {
    await expect(
      client.responses.create({ model: 'auto', input: 'And?', previous_response_id: 'resp_1' }),
    ).rejects.toMatchObject({ status: 400, code: 'stateless_only', param: 'previous_response_id' });
    await expect(
      client.responses.create({ model: 'auto', input: 'And?', store: true }),
    ).rejects.toMatchObject({ code: 'stateless_only', param: 'store' });
  });

  test('that break in mid-stream are errors', async () => {
    on.upstream.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'This is a long enough half of an answer, ' }));
      setTimeout(() => response.destroy(), 30);
    });
    const stream = client.responses.stream({ model: 'auto', input: 'Good morning.' });
    await expect(stream.finalResponse()).rejects.toThrow();
  });
});
