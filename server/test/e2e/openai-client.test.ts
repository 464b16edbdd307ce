import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  chunk,
  echo,
  say,
  sendEvent,
  sendJson,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  modelPath,
  policyWith,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let first: ScriptedUpstream;
let second: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let client: OpenAI;

beforeAll(async () => {
  build();
  first = await startScriptedUpstream();
  second = await startScriptedUpstream();
  checkpoint = await startCheckpoint(
    data.path,
    policyWith([
      { id: 'first', baseUrl: first.baseUrl, classes: ['public', 'internal'] },
      { id: 'second', baseUrl: second.baseUrl },
    ]),
  );
  client = new OpenAI({ baseURL: `${checkpoint.url}/v1`, apiKey: checkpoint.key, maxRetries: 0 });
});

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await first.close();
  await second.close();
  data.remove();
});

beforeEach(() => {
  first.play(say('Hello from the first.', ['Hello ', 'from ', 'the first.']));
  second.play(say('Hello from the second.'));
});

const ask = (content: string, more: object = {}) =>
  client.chat.completions
    .create({ model: 'auto', messages: [{ role: 'user', content }], ...more, stream: false })
    .withResponse();

async function receiptOf(response: Response): Promise<string> {
  const got = await fetch(response.headers.get('x-sekisho-receipt-url') ?? '', {
    headers: { authorization: `Bearer ${checkpoint.key}` },
  });
  expect(got.status).toBe(200);
  return got.text();
}

describe('the official OpenAI client', () => {
  test('lists models and finds one by name', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(['auto', 'first-model', 'second-model', 'smollm2-135m-instruct']);
    expect((await client.models.retrieve('first-model')).owned_by).toBe('A test');
    await expect(client.models.retrieve('gone')).rejects.toMatchObject({ status: 404 });
  });

  test('gets a whole answer with a receipt that a stranger verifies', async () => {
    const { data: answer, response } = await ask('Good morning.');
    expect(answer.choices[0]?.message.content).toBe('Hello from the first.');
    expect(answer.usage?.total_tokens).toBe(18);
    expect(response.headers.get('x-sekisho-upstream')).toBe('first');
    expect(response.headers.get('x-sekisho-decision')).toBe('allow');
    expect(response.headers.get('x-sekisho-data-class')).toBe('internal');
    const receipt = await receiptOf(response);
    const { code, said } = verifyOffline(receipt, checkpoint.vkey);
    expect(said).toContain('VALID, UNANCHORED');
    expect(said).toContain('Not proved:');
    expect(code).toBe(0);
    const changed = receipt.replace('"role":"outcome"', '"role":"intent"');
    expect(verifyOffline(changed, checkpoint.vkey).code).toBe(1);
  });

  test('gets a streamed answer in pieces, with its usage when asked', async () => {
    const { data: stream, response } = await client.chat.completions
      .create({
        model: 'auto',
        messages: [{ role: 'user', content: 'Good morning.' }],
        stream: true,
        stream_options: { include_usage: true },
      })
      .withResponse();
    let text = '';
    let pieces = 0;
    let usage = 0;
    let reason: string | null = null;
    for await (const event of stream) {
      const choice = event.choices[0];
      if (choice?.delta.content) pieces++;
      text += choice?.delta.content ?? '';
      reason = choice?.finish_reason ?? reason;
      usage = event.usage?.total_tokens ?? usage;
    }
    expect(text).toBe('Hello from the first.');
    expect(pieces).toBeGreaterThan(1);
    expect(reason).toBe('stop');
    expect(usage).toBe(18);
    expect(verifyOffline(await receiptOf(response), checkpoint.vkey).code).toBe(0);
  });

  test('goes on with the next permitted model when one fails, and says so', async () => {
    first.play((_seen, response) => sendJson(response, {}, 500));
    const { data: answer, response } = await ask('Good morning.');
    expect(answer.choices[0]?.message.content).toBe('Hello from the second.');
    expect(response.headers.get('x-sekisho-upstream')).toBe('second');
    expect(response.headers.get('x-sekisho-fallback')).toBe('first=status');
  });

  test('never sees a forbidden upstream: personal data goes where its class may go', async () => {
    const before = first.seen.length;
    second.play(echo);
    const written = '連絡先は hanako@example.jp、電話は 090-1234-5678 です。';
    const { data: answer, response } = await ask(written, { model: 'first-model' });
    expect(first.seen.length).toBe(before);
    expect(response.headers.get('x-sekisho-upstream')).toBe('second');
    expect(response.headers.get('x-sekisho-data-class')).toBe('personal');
    expect(response.headers.get('x-sekisho-decision')).toBe('redact');
    expect(response.headers.get('x-sekisho-fallback')).toBe('first=not_permitted');
    // The model saw stand-ins; the caller gets their own words back.
    expect(second.seen.at(-1)?.text).not.toContain('hanako@example.jp');
    expect(second.seen.at(-1)?.text).not.toContain('090-1234-5678');
    expect(answer.choices[0]?.message.content).toBe(written);
  });

  test('gets its own words back in a stream, one character at a time', async () => {
    second.play(echo);
    const written = 'Write to hanako@example.jp, please.';
    const stream = await client.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'user', content: written }],
      stream: true,
    });
    let text = '';
    for await (const event of stream) text += event.choices[0]?.delta.content ?? '';
    expect(text).toBe(written);
  });

  test('may state a data class, which is kept to', async () => {
    const { response } = await client.chat.completions
      .create(
        { model: 'auto', messages: [{ role: 'user', content: 'Good morning.' }] },
        { headers: { 'x-sekisho-data-class': 'confidential' } },
      )
      .withResponse();
    expect(response.headers.get('x-sekisho-upstream')).toBe('second');
  });

  test('is refused in its own language when a rule blocks, with rule, receipt and contact', async () => {
    const seen = first.seen.length + second.seen.length;
    const refused = await ask('私のマイナンバーは 1234 5678 9018 です。').catch(
      (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
    );
    expect(refused).toMatchObject({ status: 400, code: 'content_blocked', param: 'messages' });
    const body = (
      refused as unknown as { error: { message: string; sekisho: { receipt: string } } }
    ).error;
    expect(body.message).toContain('my-number-stays-here');
    expect(body.message).toContain('関所');
    expect(body.message).toContain(body.sekisho.receipt);
    expect(first.seen.length + second.seen.length).toBe(seen);
    const receipt = await fetch(`${checkpoint.url}/receipts/${body.sekisho.receipt}`);
    const { code, said } = verifyOffline(await receipt.text(), checkpoint.vkey);
    expect(code).toBe(0);
    expect(said).toContain('it was refused by a rule');
  });

  test('receives nothing that an output rule forbids, at any split, and a proper end', async () => {
    const secret = 'sk-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8';
    const forbidden = `Your key is ${secret} and that is all.`;
    first.play(say(forbidden, [...forbidden]));
    const stream = await client.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'user', content: 'Good morning.' }],
      stream: true,
    });
    let content = '';
    let refusal = '';
    let reason: string | null = null;
    for await (const event of stream) {
      content += event.choices[0]?.delta.content ?? '';
      refusal += event.choices[0]?.delta.refusal ?? '';
      reason = event.choices[0]?.finish_reason ?? reason;
    }
    expect(content).not.toContain('sk-proj');
    expect(reason).toBe('content_filter');
    expect(refusal).toContain('secrets-stay-here');
    const whole = (await ask('Good morning.')).data.choices[0];
    expect(whole?.finish_reason).toBe('content_filter');
    expect(whole?.message.refusal).toContain('secrets-stay-here');
    expect(JSON.stringify(whole)).not.toContain('sk-proj');
  });

  test('uses tools, whose arguments are supervised as the values they mean', async () => {
    const call = (argument: string) => ({
      role: 'assistant',
      tool_calls: [
        { index: 0, id: 'c1', type: 'function', function: { name: 'mail', arguments: argument } },
      ],
    });
    first.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk(call('{"to":"office","n":1}')));
      sendEvent(response, chunk({}, 'tool_calls'));
      response.end('data: [DONE]\n\n');
    });
    const tools = [{ type: 'function' as const, function: { name: 'mail' } }];
    const run = async () => {
      const stream = await client.chat.completions.create({
        model: 'auto',
        messages: [{ role: 'user', content: 'Send it.' }],
        tools,
        stream: true,
      });
      let got = '';
      let reason: string | null = null;
      for await (const event of stream) {
        for (const part of event.choices[0]?.delta.tool_calls ?? []) {
          got += part.function?.arguments ?? '';
        }
        reason = event.choices[0]?.finish_reason ?? reason;
      }
      return { got, reason };
    };
    expect(await run()).toEqual({ got: '{"to":"office","n":1}', reason: 'tool_calls' });
    const escaped = String.raw`{"to":"\u0073k-proj-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}`;
    first.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk(call(escaped)));
      sendEvent(response, chunk({}, 'tool_calls'));
      response.end('data: [DONE]\n\n');
    });
    // Marks of JSON leave at once; what stands in a string has to be looked at.
    expect(await run()).toEqual({ got: '{"to":"', reason: 'content_filter' });
  });

  test('never takes a stream that broke for a whole one', async () => {
    first.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'This is a long enough half of an answer, ' }));
      setTimeout(() => response.destroy(), 30);
    });
    const stream = await client.chat.completions.create({
      model: 'auto',
      messages: [{ role: 'user', content: 'Good morning.' }],
      stream: true,
    });
    const read = async (): Promise<void> => {
      for await (const event of stream) expect(event.choices[0]?.finish_reason).toBeNull();
    };
    await expect(read()).rejects.toThrow();
  });

  test('that leaves cancels the upstream, and the passage is recorded as cancelled', async () => {
    const before = first.abandoned();
    first.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'The first words are here. ' }));
    });
    const stop = new AbortController();
    const { data: stream, response } = await client.chat.completions
      .create(
        { model: 'auto', messages: [{ role: 'user', content: 'Good morning.' }], stream: true },
        { signal: stop.signal },
      )
      .withResponse();
    await stream[Symbol.asyncIterator]().next();
    stop.abort();
    await expect.poll(() => first.abandoned(), { timeout: 10_000 }).toBe(before + 1);
    const id = response.headers.get('x-sekisho-receipt');
    await expect
      .poll(
        async () => {
          const got = await fetch(`${checkpoint.url}/api/passages/${id}`, {
            headers: { authorization: `Bearer ${checkpoint.key}` },
          });
          return ((await got.json()) as { end: string | null }).end;
        },
        { timeout: 10_000 },
      )
      .toBe('cancelled');
  });

  test('talks to the real embedded model when it is there', async ({ skip }) => {
    if (modelPath() === undefined) {
      skip('no embedded model: run npm start once, or set SEKISHO_MODEL_PATH');
    }
    const { data: answer, response } = await ask('What is the capital of Japan?', {
      model: 'smollm2-135m-instruct',
      temperature: 0,
      max_tokens: 40,
    });
    expect(answer.choices[0]?.message.content).toContain('Tokyo');
    expect(response.headers.get('x-sekisho-upstream')).toBe('embedded');
    expect(verifyOffline(await receiptOf(response), checkpoint.vkey).code).toBe(0);
  });
});
