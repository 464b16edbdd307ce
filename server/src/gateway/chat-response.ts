import type { ChosenLogprob, FinishReason, TokenLogprob } from '#upstream';
import type { Cost } from './price-list.ts';
import type { Refusal } from './refusal.ts';

/** Members that every object of one answer carries. */
export interface AnswerHead {
  /** Of the receipt; each dialect puts its own prefix before it. */
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

/** `inputTokens` and `outputTokens` are all there were; the others are parts of them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimated: boolean;
  readonly cachedTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  /** What it cost, where a price is known. Recorded, and not told to the caller. */
  readonly cost?: Cost;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** Goes back unchanged with the call in the next turn. */
  readonly signature?: string;
}

/** A block of reasoning that its upstream wants to see again, unchanged. */
export interface ThinkingBlock {
  readonly thinking: string;
  readonly signature: string;
  readonly redacted?: true;
}

/** What one choice of an answer has become after supervision. */
export interface FinishedChoice {
  readonly content: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly thinking: readonly ThinkingBlock[];
  readonly toolCalls: readonly ToolCall[];
  readonly reason: FinishReason;
  readonly stopSequence?: string;
  readonly logprobs?: {
    readonly content: readonly ChosenLogprob[];
    readonly refusal: readonly ChosenLogprob[];
  };
}

/** A choice that a rule stopped: what had left stays, no call is made, and it says why. */
export function stopped(
  choices: readonly FinishedChoice[],
  told: Refusal,
): readonly FinishedChoice[] {
  const nothing: FinishedChoice = {
    content: '',
    refusal: '',
    reasoning: '',
    thinking: [],
    toolCalls: [],
    reason: 'content_filter',
  };
  return (choices.length > 0 ? choices : [nothing]).map(({ content, reasoning }) => ({
    ...nothing,
    content,
    reasoning,
    refusal: told.message,
  }));
}

export function wireUsage(usage: Usage): object {
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedTokens === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

/** The whole answer of a request that did not ask for a stream. */
export function completion(
  head: AnswerHead,
  choices: readonly FinishedChoice[],
  extra: { usage: Usage; refusal?: Refusal; school?: object | undefined },
): object {
  const { refusal, school } = extra;
  const told = refusal ?? (school === undefined ? undefined : { school });
  return {
    id: `chatcmpl-${head.id}`,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: choices.map((choice, index) => ({
      index,
      message: {
        role: 'assistant',
        content: choice.content === '' && choice.toolCalls.length > 0 ? null : choice.content,
        refusal: choice.refusal === '' ? null : choice.refusal,
        ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
        ...(choice.thinking.length === 0
          ? {}
          : { thinking_blocks: choice.thinking.map((block) => wireThinking(block)) }),
        ...(choice.toolCalls.length === 0
          ? {}
          : { tool_calls: choice.toolCalls.map((call) => wireToolCall(call)) }),
      },
      logprobs: wireLogprobs(choice.logprobs),
      finish_reason: choice.reason,
    })),
    usage: wireUsage(extra.usage),
    ...(told === undefined ? {} : { sekisho: told }),
  };
}

export function wireToolCall(call: ToolCall): object {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
    ...(call.signature === undefined
      ? {}
      : { extra_content: { google: { thought_signature: call.signature } } }),
  };
}

export function wireThinking(block: ThinkingBlock): object {
  return block.redacted === true
    ? { type: 'redacted_thinking', data: block.signature }
    : { type: 'thinking', thinking: block.thinking, signature: block.signature };
}

export function wireLogprobs(logprobs: FinishedChoice['logprobs']): object | null {
  if (logprobs === undefined) return null;
  const list = (chosen: readonly ChosenLogprob[]): readonly object[] | null =>
    chosen.length === 0
      ? null
      : chosen.map((one) => ({ ...wireToken(one), top_logprobs: one.top.map(wireToken) }));
  return { content: list(logprobs.content), refusal: list(logprobs.refusal) };
}

export function wireToken({ token, logprob, bytes }: TokenLogprob): object {
  return { token, logprob, bytes: bytes ?? [...Buffer.from(token, 'utf8')] };
}
