import type { Caller } from './caller.ts';
import {
  type AnswerHead,
  type ChunkDelta,
  type Usage,
  completion,
  deltaChunk,
  usageChunk,
  wireToolCall,
} from './chat-response.ts';
import { type GatewayError, errorBody } from './errors.ts';
import type { Refusal } from './refusal.ts';
import type { Released, SupervisedAnswer } from './supervised-answer.ts';

export interface AnswerWriterOptions {
  readonly head: AnswerHead;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Asked for when the first byte leaves, since they name what happened until then. */
  readonly headers: () => Readonly<Record<string, string>>;
}

/** Gives an answer to its caller in the OpenAI chat dialect, streamed or whole. */
export class AnswerWriter {
  readonly #caller: Caller;
  readonly #options: AnswerWriterOptions;
  readonly #opened = new Set<number>();

  constructor(caller: Caller, options: AnswerWriterOptions) {
    this.#caller = caller;
    this.#options = options;
  }

  /** Sends what may leave. An answer that is not streamed waits for its end. */
  async release(released: Released): Promise<void> {
    if (!this.#options.stream) return;
    if (released.type === 'text') {
      const member = released.channel === 'reasoning' ? 'reasoning_content' : released.channel;
      await this.#delta(released.choice, { [member]: released.text });
      return;
    }
    await this.#delta(released.choice, {
      tool_calls: released.calls.map((call, index) => ({ index, ...wireToolCall(call) })),
    });
  }

  /** The last bytes of an answer. Its outcome must be durable by now. */
  async finish(
    answer: SupervisedAnswer,
    extra: { usage: Usage; refusal: Refusal | undefined },
  ): Promise<void> {
    const { head, stream, includeUsage, headers } = this.#options;
    if (!stream) {
      this.#caller.sendJson(
        200,
        completion(head, this.#finalChoices(answer, extra.refusal), {
          usage: extra.usage,
          ...(extra.refusal === undefined ? {} : { refusal: extra.refusal }),
        }),
        headers(),
      );
      return;
    }
    for (const [index, choice] of this.#finalChoices(answer, extra.refusal).entries()) {
      const blocked = extra.refusal !== undefined;
      // oxlint-disable-next-line no-await-in-loop -- events leave in order
      await this.#delta(index, blocked ? { refusal: choice.refusal } : {}, {
        reason: choice.reason,
        ...(extra.refusal === undefined ? {} : { refusal: extra.refusal }),
      });
    }
    if (includeUsage) {
      await this.#caller.sendEvent(JSON.stringify(usageChunk(head, extra.usage)));
    }
    await this.#caller.sendEvent('[DONE]');
    this.#caller.endStream();
  }

  /**
   * A failure after the first byte: an error event and no end mark, so it cannot pass for an end.
   */
  async fail(error: GatewayError): Promise<void> {
    await this.#caller.sendEvent(JSON.stringify(errorBody(error, this.#caller.errorLanguage())));
    this.#caller.endStream();
  }

  /** A stopped answer keeps what had left, says why, and ends as the dialect says it: filtered. */
  #finalChoices(answer: SupervisedAnswer, refusal: Refusal | undefined) {
    const finished = answer.finished();
    if (refusal === undefined) return finished;
    const choices = finished.length > 0 ? finished : [empty];
    return choices.map((choice) => ({
      ...choice,
      toolCalls: [],
      refusal: refusal.message,
      reason: 'content_filter' as const,
    }));
  }

  async #delta(
    choice: number,
    delta: ChunkDelta,
    end: Omit<Parameters<typeof deltaChunk>[2], 'delta'> = {},
  ): Promise<void> {
    const { head, headers } = this.#options;
    if (!this.#caller.answering) this.#caller.startStream(headers());
    const role = this.#opened.has(choice) ? {} : { role: 'assistant' as const };
    this.#opened.add(choice);
    const chunk = deltaChunk(head, choice, { delta: { ...role, ...delta }, ...end });
    await this.#caller.sendEvent(JSON.stringify(chunk));
  }
}

const empty = {
  content: '',
  refusal: '',
  reasoning: '',
  toolCalls: [],
  reason: 'content_filter',
} as const;
