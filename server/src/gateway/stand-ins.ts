import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '#base';
import { limits } from '#base';
import type { Numbering } from '#supervisor';

interface Issued {
  atMs: number;
  readonly numbers: Map<string, number>;
  readonly last: Map<string, number>;
}

function lazily<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => (kept ??= { value: compute() }).value;
}

/**
 * Numbers of stand-ins by conversation, so that [EMAIL_1] is the same address at the next turn even
 * when the turn that named it first is no longer sent. Only keyed hashes of values are kept, for a
 * time, under a name of which the caller's key is part: two keys never share a number.
 */
export class StandIns {
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  /** In the order in which they were used. */
  readonly #conversations = new Map<string, Issued>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param nameOf names the conversation and says nothing about key or text; asked when a first
   * value is replaced, since nearly always none is
   */
  numbering(nameOf: () => string): Numbering {
    const named = lazily(nameOf);
    return {
      issue: (name, value, isFree) => {
        const conversation = named();
        const issued = this.#used(conversation);
        const mark = this.#mark(conversation, name, value);
        const known = issued.numbers.get(mark);
        if (known !== undefined && isFree(known)) return known;
        let number = issued.last.get(name) ?? 0;
        do number++;
        while (!isFree(number));
        issued.last.set(name, number);
        if (issued.numbers.size < limits.standInsPerConversation) issued.numbers.set(mark, number);
        return number;
      },
    };
  }

  #mark(conversation: string, name: string, value: string): string {
    const marks = JSON.stringify([conversation, name, value]);
    return createHmac('sha256', this.#secret).update(marks).digest('base64url');
  }

  #used(conversation: string): Issued {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#conversations.get(conversation);
    const fresh = known !== undefined && nowMs - known.atMs <= limits.conversationMs;
    const issued: Issued = fresh ? known : { atMs: nowMs, numbers: new Map(), last: new Map() };
    issued.atMs = nowMs;
    this.#conversations.delete(conversation);
    this.#conversations.set(conversation, issued);
    if (this.#conversations.size > limits.standInConversations) {
      const [oldest] = this.#conversations.keys();
      this.#conversations.delete(oldest!);
    }
    return issued;
  }
}
