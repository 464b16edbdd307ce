import type { ChatEvent } from './event.ts';

export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  /** The text parts, joined. */
  readonly text: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** The request as JSON bytes in the OpenAI chat dialect, with the upstream's model name in it. */
  readonly body: Uint8Array;
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
  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent>;
  /**
   * Shows whether somebody is there, without a word of anybody's text.
   * @throws UpstreamError when nobody is
   */
  probe?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
