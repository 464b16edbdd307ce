import type { z } from 'zod';
import { EventStreamAnswer, JsonAnswer, isEventStream } from './answer-reader.ts';
import type { AnswerReader, EventParser } from './answer-reader.ts';
import { cut, parseAs, parseJson, reported } from './answer.ts';
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
import { ChunkForm, type PlainChunk, plainChunk } from './plain-chunk.ts';
import { isPlainCompletion } from './plain-completion.ts';
import { ToolCalls, argumentsText } from './tool-calls.ts';

/**
 * Reads an answer in the OpenAI chat dialect, streamed or whole, from any of the servers that speak
 * it. Where they differ from each other stands beside the line that bears it.
 */
export function openAiAnswer(response: ExchangeResponse): AnswerReader {
  const parser = new OpenAiParser();
  return isEventStream(response)
    ? new EventStreamAnswer(parser)
    : new JsonAnswer(response, (value) => parser.completion(value));
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

class OpenAiParser implements EventParser {
  readonly #tools = new Map<number, ToolCalls>();
  readonly #lost = new Set<string>();
  readonly #filtered = new Map<number, string>();
  readonly #form = new ChunkForm();
  #done = false;

  get done(): boolean {
    return this.#done;
  }

  completion(value: unknown): ChatEvent[] {
    const answer = isPlainCompletion(value)
      ? value
      : parseAs(completionSchema, value, 'it is not a chat completion');
    const events: ChatEvent[] = [];
    for (const choice of answer.choices) {
      this.#message(choice, choice.message, events);
      events.push(this.#finish(choice, choice.finish_reason ?? 'stop'));
    }
    if (answer.usage) events.push(usageEvent(answer.usage));
    return events;
  }

  event(data: string): ChatEvent[] {
    if (data === '[DONE]') {
      this.#done = true;
      return [];
    }
    const alike = this.#form.read(data);
    if (alike !== undefined) return plainEvents(alike);
    const value = parseJson(data);
    const plain = plainChunk(value);
    if (plain === undefined) return this.#chunk(value);
    this.#form.learn(data, plain);
    return plainEvents(plain);
  }

  /** The end mark is the only proof that the answer is whole. */
  end(): Iterable<ChatEvent> {
    throw cut();
  }

  #chunk(value: unknown): ChatEvent[] {
    const chunk = parseAs(chunkSchema, value, 'an event is not a chat chunk');
    if (chunk.error !== undefined && chunk.error !== null) throw streamError(chunk.error);
    // SGLang and older vLLM put the error itself where a chunk should be.
    if (chunk.object === 'error') throw streamError(value);
    const events: ChatEvent[] = [];
    for (const choice of chunk.choices ?? []) {
      if (choice.delta) this.#message(choice, choice.delta, events);
      // An empty reason is how some servers write none.
      if (choice.finish_reason) events.push(this.#finish(choice, choice.finish_reason));
    }
    if (chunk.usage) events.push(usageEvent(chunk.usage));
    return events;
  }

  #message(choice: WireChoice, message: WireMessage, events: ChatEvent[]): void {
    const { index } = choice;
    if (choice.content_filter_results) this.#filter(index, choice.content_filter_results);
    const weighed = choice.logprobs ? this.#logprobs(choice.logprobs, events) : {};
    const { text, thoughts } = splitContent(message.content);
    const reasoning = (message.reasoning_content ?? message.reasoning ?? '') + thoughts;
    pushText(events, { choice: index, channel: 'reasoning', text: reasoning });
    pushText(events, { choice: index, channel: 'content', text }, weighed.content);
    const refusal = message.refusal ?? '';
    pushText(events, { choice: index, channel: 'refusal', text: refusal }, weighed.refusal);
    // The dialect's former way to call: one function, without an id.
    const former = message.function_call ? [{ index: 0, function: message.function_call }] : [];
    for (const call of message.tool_calls ?? former) events.push(this.#tool(index, call));
    for (const name of unsaid) {
      const value = message[name];
      const empty = Array.isArray(value) ? value.length === 0 : !value;
      if (!empty) this.#lose(name, events);
    }
  }

  #filter(index: number, results: object): void {
    const category = filteredCategory(results);
    if (category !== undefined) this.#filtered.set(index, category);
  }

  #logprobs(value: unknown, events: ChatEvent[]): Partial<z.infer<typeof logprobsSchema>> {
    const parsed = logprobsSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    this.#lose('logprobs', events);
    return {};
  }

  #tool(choice: number, call: WireToolCall): ChatEvent {
    const calls = this.#tools.get(choice) ?? new ToolCalls();
    this.#tools.set(choice, calls);
    const { name, arguments: given } = call.function ?? {};
    return calls.event(choice, {
      index: call.index ?? undefined,
      id: call.id ?? undefined,
      name: name ?? undefined,
      arguments: typeof given === 'object' && given !== null ? argumentsText(given) : given || '',
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

  #lose(name: string, events: ChatEvent[]): void {
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    events.push({ type: 'lost', names: [name] });
  }
}

function plainEvents({ choice, text }: PlainChunk): ChatEvent[] {
  return text === '' ? [] : [{ type: 'delta', choice, channel: 'content', text }];
}

function pushText(
  events: ChatEvent[],
  said: { choice: number; channel: 'content' | 'refusal' | 'reasoning'; text: string },
  logprobs?: WireLogprobs | null,
): void {
  if (logprobs?.length) {
    events.push({ type: 'delta', ...said, logprobs: logprobs.map(chosen) });
  } else if (said.text !== '') events.push({ type: 'delta', ...said });
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

function usageEvent(usage: WireUsage): ChatEvent {
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const written = usage.prompt_tokens_details?.cache_write_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  return {
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
function filteredCategory(results: object): string | undefined {
  for (const [category, verdict] of Object.entries(results)) {
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
