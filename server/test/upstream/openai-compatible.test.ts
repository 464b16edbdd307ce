import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type ChatEvent,
  type ChatRequest,
  type Upstream,
  UpstreamError,
  canonicalChat,
  createOpenAiCompatibleUpstream,
} from '#upstream';
import {
  type Script,
  type ScriptedUpstream,
  chunk,
  say,
  sendEvent,
  sendJson,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';

let server: ScriptedUpstream;
let upstream: Upstream;

beforeEach(async () => {
  server = await startScriptedUpstream();
  upstream = createOpenAiCompatibleUpstream({
    id: 'fake',
    baseUrl: server.baseUrl,
    apiKey: 'secret',
    keyMissing: false,
  });
});

afterEach(async () => {
  await server.close();
  await upstream.close();
});

function request(stream: boolean): ChatRequest {
  const body = { model: 'm', stream, messages: [{ role: 'user', content: 'hi' }] };
  return {
    model: 'm',
    chat: canonicalChat(body),
    messages: [{ role: 'user', text: 'hi' }],
    body: Buffer.from(JSON.stringify(body)),
    stream,
  };
}

async function ask(
  script: Script,
  stream = true,
  signal = new AbortController().signal,
): Promise<{ events: ChatEvent[]; error: UpstreamError | undefined }> {
  server.play(script);
  const events: ChatEvent[] = [];
  try {
    for await (const event of upstream.chat(request(stream), signal)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    if (error instanceof UpstreamError) return { events, error };
    throw error;
  }
}

const hello: ChatEvent[] = [
  { type: 'delta', choice: 0, channel: 'content', text: 'Hello.' },
  { type: 'finish', choice: 0, reason: 'stop' },
  { type: 'usage', inputTokens: 7, outputTokens: 11, estimated: false },
];

describe('an OpenAI-compatible upstream', () => {
  test('gives the same events streamed and whole', async () => {
    expect(await ask(say('Hello.'), true)).toEqual({ events: hello, error: undefined });
    expect(await ask(say('Hello.'), false)).toEqual({ events: hello, error: undefined });
    expect(server.seen[0]?.path).toBe('/v1/chat/completions');
    expect(server.seen[0]?.headers.authorization).toBe('Bearer secret');
  });

  test('carries tool calls, refusals and reasoning', async () => {
    const { events, error } = await ask((_seen, response) => {
      startEvents(response);
      const call = { index: 0, id: 'c1', function: { name: 'f', arguments: '{"a"' } };
      sendEvent(response, chunk({ reasoning_content: 'hm' }));
      sendEvent(response, chunk({ tool_calls: [call] }));
      sendEvent(response, chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }));
      sendEvent(response, chunk({ refusal: 'no' }, 'tool_calls'));
      response.end('data: [DONE]\n\n');
    });
    expect(error).toBeUndefined();
    expect(events).toEqual([
      { type: 'delta', choice: 0, channel: 'reasoning', text: 'hm' },
      { type: 'tool', choice: 0, index: 0, id: 'c1', name: 'f', arguments: '{"a"' },
      { type: 'tool', choice: 0, index: 0, arguments: ':1}' },
      { type: 'delta', choice: 0, channel: 'refusal', text: 'no' },
      { type: 'finish', choice: 0, reason: 'tool_calls' },
    ]);
  });

  const failures: readonly (readonly [string, string, Script])[] = [
    ['an error status', 'status', (_s, r) => sendJson(r, { error: { message: 'x' } }, 500)],
    ['a refused request', 'refused_input', (_s, r) => sendJson(r, {}, 400)],
    [
      'an answer that is not JSON',
      'malformed',
      (_s, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
    ],
    [
      'a wrong content type',
      'malformed',
      (_s, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
    ],
    ['a 200 with an error body', 'malformed', (_s, r) => sendJson(r, { error: { message: 'x' } })],
    [
      'an error event',
      'status',
      (_s, r) => {
        startEvents(r);
        sendEvent(r, { error: { message: 'x' } });
        r.end();
      },
    ],
    [
      'an end without the end mark',
      'cut',
      (_s, r) => {
        startEvents(r);
        sendEvent(r, chunk({ content: 'half' }));
        r.end();
      },
    ],
    [
      'a connection that breaks',
      'cut',
      (_s, r) => {
        startEvents(r);
        r.write(`data: ${JSON.stringify(chunk({ content: 'half' }))}\n\n`, () => r.destroy());
      },
    ],
    [
      'invalid UTF-8',
      'malformed',
      (_s, r) => {
        startEvents(r);
        r.end(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xfe, 0x0a, 0x0a]));
      },
    ],
    [
      'an endless event',
      'too_large',
      (_s, r) => {
        startEvents(r);
        const write = (): void => {
          while (!r.destroyed && r.write(`data: ${'x'.repeat(65_536)}\n`));
          if (!r.destroyed) r.once('drain', write);
        };
        write();
      },
    ],
  ];
  test.each(failures)('says what it was: %s', async (_name, code, script) => {
    const { error } = await ask(script);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(/^couldn't /);
  });

  test('reports a server that is not there', async () => {
    await server.close();
    expect((await ask(say('x'))).error?.code).toBe('connect');
  });

  test('cancels the upstream when the caller leaves', async () => {
    const stop = new AbortController();
    const asked = ask(
      (_seen, response) => {
        startEvents(response);
        sendEvent(response, chunk({ content: 'a' }));
        setTimeout(() => stop.abort(), 20);
      },
      true,
      stop.signal,
    );
    expect((await asked).error?.code).toBe('aborted');
    await expect.poll(() => server.abandoned()).toBe(1);
  });

  test('cancels the upstream when the reader stops early', async () => {
    server.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'a' }));
    });
    for await (const event of upstream.chat(request(true), new AbortController().signal)) {
      expect(event.type).toBe('delta');
      break;
    }
    await expect.poll(() => server.abandoned()).toBe(1);
  });
});
