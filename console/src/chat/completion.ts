import type { Client } from '../api/client.ts';
import { readEvents } from '../api/event-stream.ts';
import { ApiFailure, errorDetail } from '../api/failure.ts';
import { type PassageHead, readPassageHead } from '../api/passage-head.ts';
import { type Refusal, readRefusal } from '../api/refusal.ts';
import { parseJson, shape, text } from '../api/shape.ts';

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export type ChatEvent =
  | { readonly type: 'head'; readonly head: PassageHead | undefined }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  /** A rule stopped the answer: nothing more comes. */
  | { readonly type: 'stopped'; readonly refusal: Refusal }
  | { readonly type: 'end'; readonly reason: string };

export interface ChatQuestion {
  readonly model: string;
  readonly dataClass: string | undefined;
  readonly messages: readonly ChatMessage[];
  /** A name of the conversation, which says nothing about it. */
  readonly conversation: string;
}

/**
 * One request through the gateway, in the dialect any client uses.
 * @throws ApiFailure; a refusal of the request is one that carries its `refusal`
 */
export async function* askModel(
  client: Client,
  question: ChatQuestion,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const response = await client.call('/v1/chat/completions', {
    method: 'POST',
    json: { model: question.model, messages: question.messages, stream: true },
    headers: {
      'x-sekisho-conversation': question.conversation,
      ...(question.dataClass === undefined ? {} : { 'x-sekisho-data-class': question.dataClass }),
    },
    signal,
  });
  yield { type: 'head', head: readPassageHead(response.headers) };
  if (response.body === null) throw new ApiFailure('unreadable');
  let ended = false;
  try {
    for await (const { data } of readEvents(response.body)) {
      if (data === '[DONE]') {
        ended = true;
        break;
      }
      yield* readChunk(data);
    }
  } catch (error) {
    if (error instanceof ApiFailure || signal.aborted) throw error;
    throw new ApiFailure('cut', { cause: error });
  }
  // An answer without its end mark must not pass for a whole one.
  if (!ended) throw new ApiFailure('cut');
}

function* readChunk(data: string): Generator<ChatEvent> {
  const chunk = parseJson(data);
  if (chunk === undefined) throw new ApiFailure('unreadable');
  if (shape(chunk)['error'] !== undefined) throw new ApiFailure('cut', errorDetail(chunk));
  const { choices, sekisho } = shape(chunk);
  const choice = shape(Array.isArray(choices) ? choices[0] : undefined);
  const delta = shape(choice['delta']);
  const reasoning = text(delta['reasoning_content']);
  if (reasoning !== '') yield { type: 'reasoning', text: reasoning };
  const content = text(delta['content']);
  if (content !== '') yield { type: 'text', text: content };
  const reason = text(choice['finish_reason']);
  if (reason === '') return;
  if (reason === 'content_filter') {
    const refusal = readRefusal(sekisho) ?? { rules: [], receipt: '', contest: '' };
    yield { type: 'stopped', refusal };
  }
  yield { type: 'end', reason };
}
