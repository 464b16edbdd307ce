import {
  cut,
  isEventStream,
  parseAs,
  parseJson,
  readJson,
  reported,
  streamedTexts,
} from './answer.ts';
import { UpstreamError, type UpstreamErrorFacts } from './errors.ts';
import type { ChatEvent, ChosenLogprob, FinishReason, TokenLogprob } from './event.ts';
import type { ExchangeResponse } from './exchange.ts';
import { asList, asObject, asText, word } from './json.ts';
import {
  type WireChoice,
  type WireLogprobs,
  type WireMessage,
  type WireToolCall,
  type WireUsage,
  chunkSchema,
  completionSchema,
  errorSchema,
  logprobsSchema,
} from './openai-schema.ts';
import { ToolCalls } from './tool-calls.ts';

/**
 * Reads an answer in the OpenAI chat dialect, streamed or whole, from any of the servers that speak
 * it. Where they differ from each other stands beside the line that bears it.
 * @throws UpstreamError from the iteration
 */
export async function* readOpenAiAnswer(response: ExchangeResponse): AsyncGenerator<ChatEvent> {
  const reader = new OpenAiReader();
  if (!isEventStream(response)) {
    yield* reader.completion(await readJson(response));
    return;
  }
  for await (const data of streamedTexts(response)) {
    // The end mark is the only proof that the answer is whole (Portkey #1797 is what happens
    // without it); what a server sends after it is not part of the answer.
    if (data === '[DONE]') return;
    yield* reader.chunk(parseJson(data));
  }
  throw cut();
}

/** What the body of an error says, in words that are known: never the message. */
export function explainOpenAiError(body: unknown): UpstreamErrorFacts {
  const parsed = errorSchema.safeParse(asObject(body)?.['error'] ?? body);
  if (!parsed.success) return {};
  const { code, type, innererror } = parsed.data;
  const said = [code, type, innererror?.code];
  if (said.includes('content_filter') || said.includes('ResponsibleAIPolicyViolation')) {
    return { reason: 'content_filter' };
  }
  const tooLong = ['context_length_exceeded', 'exceed_context_size_error'];
  return said.some((name) => tooLong.includes(String(name))) ? { reason: 'context_length' } : {};
}

/** Parts of a message that the canonical stream has no words for. */
const unsaid = ['annotations', 'audio', 'images'] as const;

class OpenAiReader {
  readonly #tools = new Map<number, ToolCalls>();
  readonly #lost = new Set<string>();
  readonly #filtered = new Map<number, string>();

  *completion(value: unknown): Generator<ChatEvent> {
    const answer = parseAs(completionSchema, value, 'it is not a chat completion');
    for (const choice of answer.choices) {
      yield* this.#message(choice, choice.message);
      yield this.#finish(choice, choice.finish_reason ?? 'stop');
    }
    yield* usageEvents(answer.usage);
  }

  *chunk(value: unknown): Generator<ChatEvent> {
    const chunk = parseAs(chunkSchema, value, 'an event is not a chat chunk');
    if (chunk.error !== undefined && chunk.error !== null) throw streamError(chunk.error);
    // SGLang and older vLLM put the error itself where a chunk should be.
    if (chunk.object === 'error') throw streamError(value);
    for (const choice of chunk.choices ?? []) {
      yield* this.#message(choice, choice.delta ?? {});
      // An empty reason is how some servers write none.
      if (choice.finish_reason) yield this.#finish(choice, choice.finish_reason);
    }
    yield* usageEvents(chunk.usage);
  }

  *#message(choice: WireChoice, message: WireMessage): Generator<ChatEvent> {
    const filtered = filteredCategory(choice.content_filter_results);
    if (filtered !== undefined) this.#filtered.set(choice.index, filtered);
    const said = logprobsSchema.safeParse(choice.logprobs ?? {});
    if (!said.success) yield* this.#lose('logprobs');
    const { text, thoughts } = splitContent(message.content);
    const weighed = said.data ?? {};
    const reasoning = (message.reasoning_content ?? message.reasoning ?? '') + thoughts;
    yield* deltas(choice.index, 'reasoning', { text: reasoning });
    yield* deltas(choice.index, 'content', { text, logprobs: weighed.content });
    const refusal = { text: message.refusal ?? '', logprobs: weighed.refusal };
    yield* deltas(choice.index, 'refusal', refusal);
    // The dialect's former way to call: one function, without an id.
    const former = message.function_call ? [{ index: 0, function: message.function_call }] : [];
    for (const call of message.tool_calls ?? former) yield this.#tool(choice.index, call);
    for (const name of unsaid) {
      const value = message[name];
      const empty = Array.isArray(value) ? value.length === 0 : !value;
      if (!empty) yield* this.#lose(name);
    }
  }

  #tool(choice: number, call: WireToolCall): ChatEvent {
    const calls = this.#tools.get(choice) ?? new ToolCalls();
    this.#tools.set(choice, calls);
    const { name, arguments: given } = call.function ?? {};
    return calls.event(choice, {
      index: call.index ?? undefined,
      id: call.id ?? undefined,
      name: name ?? undefined,
      arguments: typeof given === 'object' && given !== null ? JSON.stringify(given) : given || '',
      signature: call.extra_content?.google?.thought_signature ?? undefined,
    });
  }

  #finish(choice: WireChoice, said: string): ChatEvent {
    const { index } = choice;
    const reason = finishReason(said);
    // Several servers say "stop" when they stop for a tool.
    const forTools = reason === 'stop' && this.#tools.get(index)?.seen === true;
    const met = choice.stop_reason ?? choice.matched_stop;
    const filtered = reason === 'content_filter' ? this.#filtered.get(index) : undefined;
    const upstreamReason = filtered ?? (said === reason && !forTools ? undefined : word(said));
    return {
      type: 'finish',
      choice: index,
      reason: forTools ? 'tool_calls' : reason,
      ...(typeof met === 'string' && met !== '' ? { stopSequence: met } : {}),
      ...(upstreamReason === undefined ? {} : { upstreamReason }),
    };
  }

  *#lose(name: string): Generator<ChatEvent> {
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    yield { type: 'lost', names: [name] };
  }
}

function* deltas(
  choice: number,
  channel: 'content' | 'refusal' | 'reasoning',
  { text, logprobs }: { text: string; logprobs?: WireLogprobs | null | undefined },
): Generator<ChatEvent> {
  const weighed = logprobs?.length ? { logprobs: logprobs.map(chosen) } : {};
  if (text === '' && weighed.logprobs === undefined) return;
  yield { type: 'delta', choice, channel, text, ...weighed };
}

function chosen({ top_logprobs, ...token }: WireLogprobs[number]): ChosenLogprob {
  return { ...weight(token), top: (top_logprobs ?? []).map(weight) };
}

interface WireToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[] | null | undefined;
}

function weight({ token, logprob, bytes }: WireToken): TokenLogprob {
  return { token, logprob, ...(bytes ? { bytes } : {}) };
}

/** Content is text, or parts: those with reasoning in them, and those with text. */
function splitContent(content: WireMessage['content']): { text: string; thoughts: string } {
  if (typeof content === 'string') return { text: content, thoughts: '' };
  let text = '';
  let thoughts = '';
  for (const part of content ?? []) {
    if (part.type === 'thinking') {
      const inside = part['thinking'];
      thoughts +=
        asText(inside) ??
        asList(inside)
          .map((p) => asText(asObject(p)?.['text']))
          .join('');
    } else text += asText(part['text']) ?? '';
  }
  return { text, thoughts };
}

function* usageEvents(usage: WireUsage | null | undefined): Generator<ChatEvent> {
  if (!usage) return;
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const written = usage.prompt_tokens_details?.cache_write_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  yield {
    type: 'usage',
    inputTokens: usage.prompt_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    estimated: false,
    ...(cached ? { cachedTokens: cached } : {}),
    ...(written ? { cacheWriteTokens: written } : {}),
    ...(reasoning ? { reasoningTokens: reasoning } : {}),
  };
}

/** The dialect's own reasons, and what others say in their place. */
const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'function_call',
  content_filter: 'content_filter',
  safety: 'content_filter',
};

/** Words by which servers say that the answer was broken off: it is not whole. */
const brokenOff = new Set(['abort', 'error', 'cancelled', 'insufficient_system_resource']);

function finishReason(said: string): FinishReason {
  const reason = said.toLowerCase();
  if (brokenOff.has(reason)) {
    throw new UpstreamError('cut', "couldn't finish the answer: the upstream broke it off");
  }
  return (Object.hasOwn(reasons, reason) ? reasons[reason] : undefined) ?? 'stop';
}

/** The first category whose filter has stopped this choice. */
function filteredCategory(results: WireChoice['content_filter_results']): string | undefined {
  for (const [category, verdict] of Object.entries(results ?? {})) {
    if (asObject(verdict)?.['filtered'] === true) return word(category);
  }
  return undefined;
}

function streamError(value: unknown): UpstreamError {
  const facts = explainOpenAiError(value);
  const { code, status } = asObject(asObject(value)?.['error'] ?? value) ?? {};
  const number = [code, status].map(Number).find((n) => Number.isInteger(n) && n >= 400 && n < 600);
  return reported({ ...facts, ...(number === undefined ? {} : { status: number }) });
}
