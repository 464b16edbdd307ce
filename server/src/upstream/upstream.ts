import type { CancelSignal } from '#base';
import type { CanonicalChat } from './canonical-chat.ts';
import type { EmbedAnswer, EmbedRequest } from './embeddings.ts';
import type { ChatEvents } from './event.ts';

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  /** The text parts, joined. */
  readonly text: string;
}

/** A request in the words its caller used, for an upstream that speaks the same dialect. */
export interface NativeRequest {
  readonly dialect: 'anthropic';
  /** JSON bytes as they may go out: inspected, masked, with the upstream's model name in them. */
  readonly body: Uint8Array;
  /** Headers of the dialect that go with it, such as `anthropic-beta`; never a credential. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ChatRequest {
  readonly model: string;
  /** What was asked, for upstreams of other dialects. */
  readonly chat: CanonicalChat;
  readonly messages: readonly ChatMessage[];
  /** The request as JSON bytes in the OpenAI chat dialect, with the upstream's model name in it. */
  readonly body: Uint8Array;
  /** Takes the place of `chat` and `body` at an upstream of its dialect: nothing is translated. */
  readonly native?: NativeRequest;
  readonly stream: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
}

/**
 * A model behind an endpoint. One file per wire dialect implements it; the embedded model is one.
 */
export interface Upstream {
  readonly id: string;
  /** False when a call would fail for a reason already known (no model file, no key). */
  available(): boolean;
  /**
   * Sends one request. Nothing is sent before the first `next()`.
   * @throws UpstreamError from the iteration; `aborted` once the signal fires
   */
  chat(request: ChatRequest, signal: CancelSignal): ChatEvents;
  /**
   * Shows whether somebody is there, without a word of anybody's text: by the list of models where
   * the dialect has one, or by a connection that is closed at once.
   * @throws UpstreamError when nobody is
   */
  probe?(how: 'models' | 'connect', signal: AbortSignal): Promise<void>;
  /**
   * Turns texts into vectors; absent where the dialect cannot.
   * @throws UpstreamError
   */
  embed?(request: EmbedRequest, signal: CancelSignal): Promise<EmbedAnswer>;
  close(): Promise<void>;
}
