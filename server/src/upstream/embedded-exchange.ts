import type { CancelSignal } from '#base';
import { type FromModel, type Ending, isEnding } from './embedded-protocol.ts';
import { left } from './embedded-queue.ts';
import { UpstreamError } from './errors.ts';
import type { ChatEvent } from './event.ts';

/** One chat with the model's process: what it says, waiting to be read. */
export class EmbeddedExchange {
  readonly id: number;
  readonly #signal: CancelSignal;
  readonly #gapMs: number;
  readonly #waiting: FromModel[] = [];
  #failure: UpstreamError | undefined;
  #spoke = false;
  #wake: (() => void) | undefined;

  /** @param gapMs silence after which the process counts as stuck */
  constructor(id: number, signal: CancelSignal, gapMs: number) {
    this.id = id;
    this.#signal = signal;
    this.#gapMs = gapMs;
  }

  push(message: FromModel): void {
    this.#waiting.push(message);
    this.#wake?.();
  }

  /** The process is gone. Whether the caller has seen part of an answer decides what that means. */
  lose(): void {
    this.#failure ??= this.#spoke
      ? new UpstreamError('cut', "couldn't finish the answer: the model's process stopped")
      : new UpstreamError('unavailable', "couldn't answer: the model's process stopped");
    this.#wake?.();
  }

  /** @throws UpstreamError */
  async *events(): AsyncGenerator<ChatEvent> {
    for (;;) {
      if (this.#signal.aborted) throw left();
      const message = this.#waiting.shift();
      if (message !== undefined) {
        if (message.type === 'delta') {
          this.#spoke = true;
          yield { type: 'delta', choice: 0, channel: 'content', text: message.text };
        } else if (isEnding(message)) {
          yield* finish(message);
          return;
        }
        continue;
      }
      if (this.#failure !== undefined) throw this.#failure;
      // oxlint-disable-next-line no-await-in-loop -- there is nothing to do before the next message
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(() => {
        this.#failure ??= new UpstreamError(
          'timeout',
          "couldn't finish the answer: it fell silent",
        );
        wake();
      }, this.#gapMs);
      this.#wake = wake;
      this.#signal.addEventListener('abort', wake, { once: true });
    });
  }
}

function* finish(ending: Ending): Generator<ChatEvent> {
  switch (ending.type) {
    case 'done': {
      const { inputTokens, outputTokens } = ending;
      yield { type: 'finish', choice: 0, reason: ending.reason };
      yield { type: 'usage', inputTokens, outputTokens, estimated: false };
      return;
    }
    case 'refused':
      throw new UpstreamError(
        'refused_input',
        `couldn't take the request: it is ${ending.inputTokens} tokens or more, ` +
          `and the embedded model takes at most ${ending.mostTokens}`,
      );
    case 'aborted':
      throw left();
    case 'failed':
      throw new UpstreamError('unavailable', "couldn't answer: the embedded model failed");
  }
}
