import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anthropicStream, anthropicWhole } from '../fakes/anthropic-wire.ts';
import { bedrockStream, bedrockWhole } from '../fakes/bedrock-wire.ts';
import type { FakeAnswer } from '../fakes/fake-answer.ts';
import { geminiStream, geminiWhole } from '../fakes/gemini-wire.ts';
import { openAiStream, openAiWhole } from '../fakes/openai-wire.ts';
import {
  type Script,
  type ScriptedUpstream,
  type SeenRequest,
  sendJson,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import { pixel } from './dialect-fixture.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

/** Each dialect as the rule book declares it, behind one server that speaks them all. */
const declared: Readonly<Record<string, (origin: string) => string>> = {
  openai: (origin) => `dialect: openai\n    baseUrl: ${origin}/v1`,
  azure: (origin) =>
    `dialect: azure-openai\n    baseUrl: ${origin}\n    deployment: d\n    apiVersion: "2024-10-21"`,
  anthropic: (origin) => `dialect: anthropic\n    baseUrl: ${origin}\n    apiKeyEnv: TEST_KEY`,
  gemini: (origin) => `dialect: gemini\n    baseUrl: ${origin}/v1beta\n    apiKeyEnv: TEST_KEY`,
  bedrock: (origin) => `dialect: bedrock\n    region: us-east-1\n    baseUrl: ${origin}`,
};
const ids = Object.keys(declared);

const answer: FakeAnswer = {
  choices: [
    {
      blocks: [
        { type: 'content', pieces: ['調べ', 'ます。'] },
        { type: 'tool', id: 'call-1', name: 'weather', pieces: ['{"city":', '"京都"}'] },
        { type: 'tool', id: 'call-2', name: 'now', pieces: ['{}'] },
      ],
      reason: 'tool_calls',
    },
  ],
  usage: { input: 40, cached: 0, written: 0, output: 12, reasoning: 0 },
};

/** Tells by its path in which dialect it was asked, as a server of each would. */
function speakAll(said: FakeAnswer): Script {
  return (seen, response) => {
    const { pieces, whole, type = 'text/event-stream' } = spoken(seen, said);
    if (pieces === undefined) {
      sendJson(response, whole);
      return;
    }
    response.writeHead(200, { 'content-type': type });
    for (const piece of pieces) response.write(piece);
    response.end();
  };
}

interface Spoken {
  readonly pieces?: readonly Uint8Array[] | undefined;
  readonly whole: object;
  readonly type?: string;
}

function spoken({ path, body }: SeenRequest, said: FakeAnswer): Spoken {
  const streamed = body['stream'] === true;
  if (path === '/v1/messages') {
    return { pieces: streamed ? anthropicStream(said) : undefined, whole: anthropicWhole(said) };
  }
  if (path.includes(':streamGenerateContent')) return { pieces: geminiStream(said), whole: {} };
  if (path.includes(':generateContent')) return { whole: geminiWhole(said) };
  const type = 'application/vnd.amazon.eventstream';
  if (path.endsWith('/converse-stream')) return { pieces: bedrockStream(said), whole: {}, type };
  if (path.endsWith('/converse')) return { whole: bedrockWhole(said) };
  return { pieces: streamed ? openAiStream(said) : undefined, whole: openAiWhole(said) };
}

const data = temporaryDirectory();
let server: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  build();
  server = await startScriptedUpstream();
  const { origin } = new URL(server.baseUrl);
  let policy = policyWith(ids.map((id) => ({ id, baseUrl: `${origin}/${id}` })));
  for (const id of ids) {
    const usual = `dialect: openai-compatible\n    baseUrl: ${origin}/${id}\n`;
    policy = policy.replace(usual, `${declared[id](origin)}\n`);
  }
  checkpoint = await startCheckpoint(data.path, policy, {
    TEST_KEY: 'test-key',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  const { url, key } = checkpoint;
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
});
afterAll(async () => {
  await checkpoint.end('SIGINT');
  await server.close();
  data.remove();
});

describe.each(ids)('a caller of an upstream that speaks the dialect of %s', (id) => {
  const model = `${id}-model`;

  test('hears tool calls and usage in the dialect of OpenAI, whole and streamed', async () => {
    server.play(speakAll(answer));
    const url = `data:image/png;base64,${pixel}`;
    const ask = {
      model,
      messages: [
        { role: 'system' as const, content: 'Be brief.' },
        {
          role: 'user' as const,
          content: [
            { type: 'text' as const, text: 'What is this?' },
            { type: 'image_url' as const, image_url: { url } },
          ],
        },
      ],
      tools: [{ type: 'function' as const, function: { name: 'weather' } }],
    };
    const whole = await openai.chat.completions.create(ask);
    const calls = [
      { id: 'call-1', function: { name: 'weather' } },
      { id: 'call-2', function: { name: 'now', arguments: '{}' } },
    ];
    const expected = { content: '調べます。', tool_calls: calls };
    const usage = { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 };
    expect(whole.choices).toMatchObject([{ finish_reason: 'tool_calls', message: expected }]);
    expect(whole.usage).toMatchObject(usage);
    const stream_options = { include_usage: true };
    const stream = openai.chat.completions.stream({ ...ask, stream_options });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices).toMatchObject([{ finish_reason: 'tool_calls', message: expected }]);
    expect(streamed.usage).toMatchObject(usage);
    for (const { choices } of [whole, streamed]) {
      const [call] = choices[0]?.message.tool_calls ?? [];
      expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
        city: '京都',
      });
    }
    const seen = server.seen.at(-1);
    expect(seen?.text).toContain(pixel);
    expect(seen?.text).toContain('Be brief.');
  });

  test('hears them in the dialect of Anthropic, whole and streamed', async () => {
    server.play(speakAll(answer));
    const ask = {
      model,
      max_tokens: 100,
      messages: [{ role: 'user' as const, content: 'Weather?' }],
      tools: [{ name: 'weather', input_schema: { type: 'object' as const } }],
    };
    const content = [
      { type: 'text', text: '調べます。' },
      { type: 'tool_use', id: 'call-1', name: 'weather', input: { city: '京都' } },
      { type: 'tool_use', id: 'call-2', name: 'now', input: {} },
    ];
    const expected = { content, stop_reason: 'tool_use' };
    expect(await anthropic.messages.create(ask)).toMatchObject(expected);
    const streamed = await anthropic.messages.stream(ask).finalMessage();
    expect(streamed).toMatchObject(expected);
    expect(streamed.usage).toMatchObject({ input_tokens: 40, output_tokens: 12 });
  });

  test('is told what could not be carried', async () => {
    server.play(speakAll({ ...answer, choices: [{ ...answer.choices[0], reason: 'length' }] }));
    const { data: said, response } = await openai.chat.completions
      .create({ model, seed: 1, messages: [{ role: 'user', content: 'x' }] })
      .withResponse();
    expect(said.choices[0]?.finish_reason).toBe('length');
    const lost = ['anthropic', 'bedrock'].includes(id) ? 'seed' : null;
    expect(response.headers.get('x-sekisho-not-carried')).toBe(lost);
  });

  test('is answered by the next upstream when this one is overloaded', async () => {
    let turn = 0;
    server.play((seen, response) => {
      turn++;
      if (turn > 1) return speakAll(answer)(seen, response);
      response.writeHead(529, { 'content-type': 'application/json' });
      response.end('{"type":"error","error":{"type":"overloaded_error"}}');
    });
    const messages = [{ role: 'user' as const, content: `Is it my turn, ${id}?` }];

    const { response } = await openai.chat.completions.create({ model, messages }).withResponse();
    // Those that asked to be left alone before it stay in the list.
    expect(response.headers.get('x-sekisho-fallback')?.split(', ')[0]).toBe(`${id}=status`);
  });
});
