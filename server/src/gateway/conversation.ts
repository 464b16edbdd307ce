import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '#base';
import { limits } from '#base';

/** What names a conversation: a name the caller gave it, or how it began. */
export interface ConversationMarks {
  readonly keyId: string;
  /** The header x-sekisho-conversation. */
  readonly stated: string | undefined;
  /** The texts up to the first thing the person said; they come again with every turn. */
  readonly opening: readonly string[];
}

/**
 * Remembers which upstream answered a conversation. Only a keyed hash is kept, for a time, and the
 * caller's key is part of it: equal conversations of two keys are two.
 */
export class Conversations {
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  /** In the order in which they were used. */
  readonly #upstreams = new Map<string, { upstream: string; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns a name that says nothing about key or text */
  nameOf({ keyId, stated, opening }: ConversationMarks): string {
    const marks = stated === undefined ? ['opening', ...opening] : ['stated', stated];
    // As JSON, so that no two lists of texts are one: the border between them is part of it.
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([keyId, ...marks]))
      .digest('base64url');
  }

  upstreamOf(name: string): string | undefined {
    const found = this.#upstreams.get(name);
    if (found === undefined) return undefined;
    if (this.#clock.monotonicMs() - found.atMs <= limits.conversationMs) return found.upstream;
    this.#upstreams.delete(name);
    return undefined;
  }

  remember(name: string, upstream: string): void {
    this.#upstreams.delete(name);
    this.#upstreams.set(name, { upstream, atMs: this.#clock.monotonicMs() });
    if (this.#upstreams.size <= limits.conversationsInMemory) return;
    const [oldest] = this.#upstreams.keys();
    this.#upstreams.delete(oldest!);
  }
}
