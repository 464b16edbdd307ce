import type { FinishReason } from '#upstream';
import type { Cost } from './price-list.ts';
import type { Refusal } from './refusal.ts';

/** Members that every object of one answer carries. */
export interface AnswerHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly estimated: boolean;
  /** What it cost, where a price is known. Recorded, and not told to the caller. */
  readonly cost?: Cost;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What one choice of an answer has become after supervision. */
export interface FinishedChoice {
  readonly content: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly reason: FinishReason;
}

export interface ChunkDelta {
  readonly role?: 'assistant';
  readonly content?: string;
  readonly refusal?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly object[];
}

function wireUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** The whole answer of a request that did not ask for a stream. */
export function completion(
  head: AnswerHead,
  choices: readonly FinishedChoice[],
  extra: { usage: Usage; refusal?: Refusal },
): object {
  return {
    id: head.id,
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
        ...(choice.toolCalls.length === 0
          ? {}
          : { tool_calls: choice.toolCalls.map((call) => wireToolCall(call)) }),
      },
      logprobs: null,
      finish_reason: choice.reason,
    })),
    usage: wireUsage(extra.usage),
    ...(extra.refusal === undefined ? {} : { sekisho: extra.refusal }),
  };
}

export function wireToolCall(call: ToolCall): object {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  };
}

/** One event of a streamed answer. */
export function deltaChunk(
  head: AnswerHead,
  choice: number,
  part: { delta: ChunkDelta; reason?: FinishReason; refusal?: Refusal },
): object {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    choices: [
      { index: choice, delta: part.delta, logprobs: null, finish_reason: part.reason ?? null },
    ],
    ...(part.refusal === undefined ? {} : { sekisho: part.refusal }),
  };
}

/** The last event, for callers who asked for the usage of a stream. */
export function usageChunk(head: AnswerHead, usage: Usage): object {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    choices: [],
    usage: wireUsage(usage),
  };
}
