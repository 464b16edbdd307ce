import { limits } from '#base';
import { Pool } from 'undici';
import { UpstreamError } from './errors.ts';
import { type ChatEvent, type FinishReason, finishReasons } from './event.ts';
import { type ExchangeResponse, post } from './exchange.ts';
import {
  type WireMessage,
  type WireUsage,
  chunkSchema,
  completionSchema,
} from './openai-schema.ts';
import { probeModels } from './model-probe.ts';
import { ServerSentEventReader } from './server-sent-events.ts';
import type { ChatRequest, Upstream } from './upstream.ts';

export interface OpenAiCompatibleOptions {
  readonly id: string;
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** True when the policy names a key that the environment does not hold. */
  readonly keyMissing: boolean;
  /** Time for a connection, when the rule book gives less than the usual. */
  readonly connectMs?: number;
}

/** Any server that speaks the OpenAI chat dialect: vLLM, llama.cpp, Ollama, SGLang and the rest. */
export function createOpenAiCompatibleUpstream(options: OpenAiCompatibleOptions): Upstream {
  const base = new URL(options.baseUrl);
  const pool = new Pool(base.origin, {
    connections: 256,
    // A stream would block whatever stands behind it on the same connection.
    pipelining: 1,
    connect: { timeout: options.connectMs ?? limits.upstreamConnectMs },
    keepAliveTimeout: 30_000,
  });
  const folder = base.pathname.replace(/\/+$/, '');
  const path = `${folder}/chat/completions`;
  const modelsPath = `${folder}/models`;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'user-agent': 'sekisho',
    ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
  };
  return {
    id: options.id,
    available: () => !options.keyMissing,
    close: () => pool.close(),
    probe: (signal) => probeModels(pool, { path: modelsPath, headers }, signal),
    async *chat(request, signal) {
      const response = await post(
        pool,
        {
          path,
          headers,
          body: request.body,
          firstByteMs: limits.upstreamFirstByteMs,
          gapMs: limits.upstreamGapMs,
          maxBytes: limits.upstreamAnswerBytes,
        },
        signal,
      );
      if (response.status !== 200) await refuse(response);
      yield* isEventStream(response) ? readStream(response) : readWhole(response, request);
    },
  };
}

function isEventStream(response: ExchangeResponse): boolean {
  return response.contentType.toLowerCase().startsWith('text/event-stream');
}

/** The body of an error answer may repeat the request, so only the status is carried on. */
async function refuse(response: ExchangeResponse): Promise<never> {
  // Reading to the end lets the pool keep the connection; errors here change nothing.
  await readAll(response, 64 * 1024).catch(() => undefined);
  const refused = response.status === 400 || response.status === 413 || response.status === 422;
  throw new UpstreamError(
    refused ? 'refused_input' : 'status',
    `couldn't get an answer: the upstream said ${response.status}`,
    undefined,
    {
      status: response.status,
      ...(response.retryAfterMs === undefined ? {} : { retryAfterMs: response.retryAfterMs }),
    },
  );
}

async function readAll(response: ExchangeResponse, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.chunks) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new UpstreamError('too_large', "couldn't read the answer: it exceeds the limit");
    }
    pieces.push(chunk);
  }
  return Buffer.concat(pieces, size);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UpstreamError('malformed', "couldn't read the answer: it is not JSON", cause);
  }
}

function malformed(what: string, cause: unknown): UpstreamError {
  return new UpstreamError('malformed', `couldn't read the answer: ${what}`, cause);
}

async function* readWhole(
  response: ExchangeResponse,
  request: ChatRequest,
): AsyncGenerator<ChatEvent> {
  const bytes = await readAll(response, limits.upstreamAnswerBytes);
  if (request.stream && !response.contentType.toLowerCase().includes('json')) {
    throw new UpstreamError('malformed', "couldn't read the answer: wrong content type");
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed('invalid UTF-8', cause);
  }
  const parsed = completionSchema.safeParse(parseJson(text));
  if (!parsed.success) throw malformed('it is not a chat completion', parsed.error);
  for (const choice of parsed.data.choices) {
    yield* messageEvents(choice.index, choice.message);
    yield { type: 'finish', choice: choice.index, reason: finishReason(choice.finish_reason) };
  }
  yield* usageEvents(parsed.data.usage);
}

async function* readStream(response: ExchangeResponse): AsyncGenerator<ChatEvent> {
  const reader = new ServerSentEventReader(limits.upstreamEventBytes);
  for await (const bytes of response.chunks) {
    for (const data of reader.push(bytes)) {
      // The end mark is the only proof that the answer is whole (Portkey #1797 is what happens
      // without it); what a server sends after it is not part of the answer.
      if (data === '[DONE]') return;
      yield* chunkEvents(data);
    }
  }
  throw new UpstreamError('cut', "couldn't finish the answer: it ended without its end mark");
}

function* chunkEvents(data: string): Generator<ChatEvent> {
  const parsed = chunkSchema.safeParse(parseJson(data));
  if (!parsed.success) throw malformed('an event is not a chat chunk', parsed.error);
  if (parsed.data.error !== undefined && parsed.data.error !== null) {
    throw new UpstreamError('status', "couldn't finish the answer: the upstream reported an error");
  }
  for (const choice of parsed.data.choices ?? []) {
    if (choice.delta) yield* messageEvents(choice.index, choice.delta);
    if (typeof choice.finish_reason === 'string') {
      yield { type: 'finish', choice: choice.index, reason: finishReason(choice.finish_reason) };
    }
  }
  yield* usageEvents(parsed.data.usage);
}

function* messageEvents(choice: number, message: WireMessage): Generator<ChatEvent> {
  const texts = [
    ['reasoning', message.reasoning_content],
    ['content', message.content],
    ['refusal', message.refusal],
  ] as const;
  for (const [channel, text] of texts) {
    if (text) yield { type: 'delta', choice, channel, text };
  }
  for (const [position, call] of (message.tool_calls ?? []).entries()) {
    yield {
      type: 'tool',
      choice,
      index: call.index ?? position,
      ...(call.id ? { id: call.id } : {}),
      ...(call.function?.name ? { name: call.function.name } : {}),
      arguments: call.function?.arguments ?? '',
    };
  }
}

function* usageEvents(usage: WireUsage | null | undefined): Generator<ChatEvent> {
  if (!usage) return;
  yield {
    type: 'usage',
    inputTokens: usage.prompt_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    estimated: false,
  };
}

function finishReason(reason: string | null | undefined): FinishReason {
  return finishReasons.find((known) => known === reason) ?? 'stop';
}
