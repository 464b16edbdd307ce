import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ChatEvent,
  type ChatRequest,
  type Upstream,
  UpstreamError,
  canonicalChat,
  createAnthropicUpstream,
  createAzureOpenAiUpstream,
  createBedrockUpstream,
  createGeminiUpstream,
  createOpenAiCompatibleUpstream,
} from '#upstream';
import {
  endlessFrame,
  eventFrame,
  exceptionFrame,
  isSignedForBedrock,
} from '../fakes/bedrock-wire.ts';
import { type FakeAnswer, meant, understand } from '../fakes/fake-answer.ts';
import {
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import type { HttpOptions } from '../../src/upstream/http-upstream.ts';
import { type DialectName, dialects } from './wire.ts';

/** What must stand in no error: a credential, and words of the request. */
const secret = 'SECRET-KEY';
const words = 'words of the request';

const secrets = { accessKeyId: 'AKID', secretAccessKey: secret };
const times = { firstByteMs: 300, gapMs: 300, quietMs: 200 };

interface Subject {
  readonly dialect: DialectName;
  readonly create: (baseUrl: string) => Upstream;
  readonly path: string;
  readonly credential: Record<string, string>;
  /** An event by which an upstream reports an overload inside a stream, and its status. */
  readonly trouble: readonly [Uint8Array, number | undefined];
  /** An error that says more than its status: headers, body, and what is understood. */
  readonly telling: readonly [number, Record<string, string>, object, object];
}

const sse = (data: object): Buffer => Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
const base = (baseUrl: string): HttpOptions => ({
  id: 'fake',
  baseUrl,
  keyMissing: false,
  times,
});

const subjects: Readonly<Record<string, Subject>> = {
  'OpenAI-compatible': {
    dialect: 'openai',
    create: (url) => createOpenAiCompatibleUpstream({ ...base(`${url}/v1`), apiKey: secret }),
    path: '/v1/chat/completions',
    credential: { authorization: `Bearer ${secret}` },
    trouble: [sse({ error: { message: words, type: 'server_error', code: 503 } }), 503],
    telling: [
      400,
      {},
      { error: { message: words, code: 'context_length_exceeded' } },
      { code: 'refused_input', status: 400, reason: 'context_length' },
    ],
  },
  'Azure OpenAI': {
    dialect: 'openai',
    create: (url) =>
      createAzureOpenAiUpstream({
        ...base(url),
        apiKey: secret,
        deployment: 'd1',
        apiVersion: '2024-10-21',
      }),
    path: '/openai/deployments/d1/chat/completions?api-version=2024-10-21',
    credential: { 'api-key': secret },
    trouble: [sse({ error: { message: words, code: 'server_error' } }), undefined],
    telling: [
      400,
      { 'retry-after-ms': '1500' },
      { error: { message: words, innererror: { code: 'ResponsibleAIPolicyViolation' } } },
      { code: 'refused_input', reason: 'content_filter', retryAfterMs: 1_500 },
    ],
  },
  Anthropic: {
    dialect: 'anthropic',
    create: (url) => createAnthropicUpstream({ ...base(url), apiKey: secret }),
    path: '/v1/messages',
    credential: { 'x-api-key': secret, 'anthropic-version': '2023-06-01' },
    trouble: [sse({ type: 'error', error: { type: 'overloaded_error', message: words } }), 529],
    telling: [
      500,
      {},
      { type: 'error', error: { type: 'rate_limit_error', message: words } },
      { code: 'status', status: 429 },
    ],
  },
  Gemini: {
    dialect: 'gemini',
    create: (url) => createGeminiUpstream({ ...base(`${url}/v1beta`), apiKey: secret }),
    path: '/v1beta/models/m%3A1:streamGenerateContent?alt=sse',
    credential: { 'x-goog-api-key': secret },
    trouble: [sse({ error: { code: 503, status: 'UNAVAILABLE', message: words } }), 503],
    telling: [
      429,
      {},
      {
        error: {
          code: 429,
          status: 'RESOURCE_EXHAUSTED',
          message: words,
          details: [
            { '@type': 'Help' },
            {
              '@type': 'RetryInfo',
              retryDelay: '34.5s',
            },
          ],
        },
      },
      { code: 'status', status: 429, retryAfterMs: 34_500 },
    ],
  },
  Bedrock: {
    dialect: 'bedrock',
    create: (url) =>
      createBedrockUpstream({
        ...base(url),
        region: 'ap-northeast-1',
        credentials: secrets,
        nowMs: () => Date.now(),
      }),
    path: '/model/m%3A1/converse-stream',
    credential: {},
    trouble: [exceptionFrame('throttlingException'), 429],
    telling: [
      400,
      { 'x-amzn-errortype': 'ServiceQuotaExceededException:http://internal.amazon.com/' },
      { message: words },
      { code: 'status', status: 429 },
    ],
  },
};

const hello: FakeAnswer = {
  choices: [{ blocks: [{ type: 'content', pieces: ['Hel', 'lo.'] }], reason: 'stop' }],
  usage: { input: 7, cached: 0, written: 0, output: 11, reasoning: 0 },
};

function request(stream: boolean): ChatRequest {
  const body = { model: 'm:1', stream, messages: [{ role: 'user', content: words }] };
  const bytes = Buffer.from(JSON.stringify(body));
  return { model: 'm:1', chat: canonicalChat(body), messages: [], body: bytes, stream };
}

let server: ScriptedUpstream;
beforeAll(async () => {
  server = await startScriptedUpstream();
});
afterAll(() => server.close());

describe.each(Object.entries(subjects))('an upstream of the kind %s', (_name, subject) => {
  const { contentType, stream, whole } = dialects[subject.dialect];
  const open: Upstream[] = [];
  afterEach(() => Promise.all(open.splice(0).map((upstream) => upstream.close())));

  async function ask(
    script: Script,
    { streamed = true, signal = new AbortController().signal } = {},
  ): Promise<{ events: ChatEvent[]; error: UpstreamError | undefined }> {
    server.play(script);
    const upstream = subject.create(new URL(server.baseUrl).origin);
    open.push(upstream);
    const events: ChatEvent[] = [];
    try {
      for await (const event of upstream.chat(request(streamed), signal)) events.push(event);
      return { events, error: undefined };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const shown = inspect(error, { depth: 10, showHidden: true });
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain(words);
      expect(error.message).toMatch(/^couldn't /);
      return { events, error };
    }
  }

  const begin = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': contentType });
  };
  const pieces = stream(hello);
  /** The answer up to and with its last words, without what says that it is whole. */
  const first = Buffer.concat(pieces.slice(0, subject.dialect === 'gemini' ? -1 : -2));

  test('is asked at its address, with its credential, streamed and whole', async () => {
    for (const streamed of [true, false]) {
      const { events, error } = await ask(
        (_seen, response) => {
          if (streamed) {
            begin(response);
            response.end(Buffer.concat(pieces));
          } else {
            response.writeHead(200, { 'content-type': 'application/json' });
            response.end(JSON.stringify(whole(hello)));
          }
        },
        { streamed },
      );
      expect(error).toBeUndefined();
      expect(understand(events)).toEqual(meant(hello));
    }
    const [asked] = server.seen.slice(-2);
    expect(asked?.path).toBe(subject.path);
    expect(asked?.headers).toMatchObject(subject.credential);
    expect(asked?.text).toContain(words);
    if (subject.dialect !== 'bedrock') return;
    const seen = { headers: asked.headers, url: asked.path };
    const scope = { region: 'ap-northeast-1', secretAccessKey: secret };
    expect(isSignedForBedrock(seen, asked.text, scope)).toBe(true);
    expect(isSignedForBedrock(seen, `${asked.text} `, scope)).toBe(false);
  });

  const status =
    (code: number, headers: Record<string, string> = {}, body: object = {}): Script =>
    (_seen, response) => {
      response.writeHead(code, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ ...body, message: words, echo: secret }));
    };
  test.each<[string, Script, object]>([
    [
      '429 with Retry-After',
      status(429, { 'retry-after': '7' }),
      { code: 'status', status: 429, retryAfterMs: 7_000 },
    ],
    [
      '429 with a date',
      status(429, {
        date: 'Tue, 24 Nov 2026 00:00:00 GMT',
        'retry-after': 'Tue, 24 Nov 2026 00:00:30 GMT',
      }),
      { code: 'status', status: 429, retryAfterMs: 30_000 },
    ],
    ['429 without', status(429), { code: 'status', status: 429, retryAfterMs: undefined }],
    [
      'a wait without end',
      status(503, { 'retry-after': '999999999' }),
      { code: 'status', status: 503, retryAfterMs: 3_600_000 },
    ],
    ['500', status(500), { code: 'status', status: 500 }],
    ['401', status(401), { code: 'status', status: 401 }],
    ['a redirect', status(307, { location: 'http://169.254.169.254/' }), { status: 307 }],
    ['a refused request', status(400), { code: 'refused_input', status: 400 }],
    [
      'an error that does not end',
      (_seen, response) => {
        response.writeHead(503, { 'content-type': 'application/json' });
        response.write('{"error":');
      },
      { code: 'status', status: 503 },
    ],
  ])('is understood when it answers %s', async (_what, script, expected) => {
    const { events, error } = await ask(script);
    expect(events).toEqual([]);
    expect(error).toMatchObject(expected);
  });

  test('is understood when its error says more than its status', async () => {
    const [code, headers, body, expected] = subject.telling;
    expect((await ask(status(code, headers, body))).error).toMatchObject(expected);
  });

  test.each<[string, string, (response: ServerResponse) => void]>([
    ['says nothing at all', 'timeout', () => undefined],
    [
      'stalls',
      'timeout',
      (response) => {
        begin(response);
        response.write(first);
      },
    ],
    [
      'sends nothing but signs of life',
      'timeout',
      (response) => {
        begin(response);
        response.write(first);
        const sign = subject.dialect === 'bedrock' ? eventFrame('news', {}) : ': ping\n\n';
        const timer = setInterval(() => response.write(sign), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    [
      'breaks the connection',
      'cut',
      (response) => {
        begin(response);
        response.write(first, () => response.destroy());
      },
    ],
    [
      'ends in the middle of an event',
      'cut',
      (response) => {
        begin(response);
        response.end(first.subarray(0, -5));
      },
    ],
    [
      'ends before its end mark',
      'cut',
      (response) => {
        begin(response);
        response.end(first);
      },
    ],
    [
      'ends at once',
      'cut',
      (response) => {
        begin(response);
        response.end();
      },
    ],
    [
      'sends invalid UTF-8',
      'malformed',
      (response) => {
        begin(response);
        const broken = Buffer.concat([Buffer.from('data: {"a":"'), Buffer.from([0xff, 0xfe])]);
        response.end(Buffer.concat([broken, Buffer.from('"}\n\n')]));
      },
    ],
    [
      'sends an event of another kind',
      'malformed',
      (response) => {
        begin(response);
        const odd = { type: 'content_block_delta', choices: 'x', candidates: 'x', delta: 1 };
        response.end(subject.dialect === 'bedrock' ? eventFrame('messageStop', odd) : sse(odd));
      },
    ],
    [
      'answers with a page',
      'malformed',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'answers with JSON of another kind',
      'malformed',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"candidates":"x"}');
      },
    ],
    [
      'never ends an event',
      'too_large',
      (response) => {
        begin(response);
        if (subject.dialect === 'bedrock') response.write(endlessFrame());
        const write = (): void => {
          while (!response.destroyed && response.write(`data: ${'x'.repeat(65_536)}\n`));
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      },
    ],
  ])('never looks like a clean end when it %s', async (_what, code, act) => {
    const { error } = await ask((_seen, response) => act(response));
    expect(error?.code).toBe(code);
  });

  test('reports what it says inside an answer that had begun', async () => {
    const [event, expected] = subject.trouble;
    const { events, error } = await ask((_seen, response) => {
      begin(response);
      response.write(first);
      response.end(event);
    });
    expect(understand(events).choices[0]?.content).toBe('Hello.');
    expect(error).toMatchObject({ code: 'status', status: expected });
  });

  test.each(['before its first byte', 'in the middle'])(
    'is cancelled when its caller leaves %s',
    async (when) => {
      const before = server.abandoned();
      const stop = new AbortController();
      const { error } = await ask(
        (_seen, response) => {
          if (when === 'in the middle') {
            begin(response);
            response.write(first);
          }
          setTimeout(() => stop.abort(), 20);
        },
        { signal: stop.signal },
      );
      expect(error?.code).toBe('aborted');
      await expect.poll(() => server.abandoned()).toBe(before + 1);
    },
  );

  test('sends nothing for a caller who has left', async () => {
    const before = server.seen.length;
    const { error } = await ask(() => undefined, { signal: AbortSignal.abort() });
    expect(error?.code).toBe('aborted');
    expect(server.seen).toHaveLength(before);
  });
});
