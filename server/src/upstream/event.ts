/** Why a choice ended, in the words of the OpenAI chat dialect, the widest of those we speak. */
export const finishReasons = [
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
] as const;
export type FinishReason = (typeof finishReasons)[number];

/** One token as the model weighed it. It repeats the text, so who withholds one withholds both. */
export interface TokenLogprob {
  readonly token: string;
  /** Natural logarithm of the probability. */
  readonly logprob: number;
  /** The token's UTF-8 bytes, when it is not whole characters. */
  readonly bytes?: readonly number[];
}

export interface ChosenLogprob extends TokenLogprob {
  /** The likeliest tokens at this place, the chosen one usually among them. */
  readonly top: readonly TokenLogprob[];
}

/**
 * What a model says, in one canonical stream whatever the wire said. `choice` counts from 0.
 * A stream that ends without a `finish` for each choice it opened was cut.
 */
export type ChatEvent =
  | {
      readonly type: 'delta';
      readonly choice: number;
      readonly channel: 'content' | 'refusal' | 'reasoning';
      /** May be empty when the event carries something else of its channel. */
      readonly text: string;
      readonly logprobs?: readonly ChosenLogprob[];
      /**
       * Of the reasoning before it; goes back unchanged with the next turn, or with none of it.
       */
      readonly signature?: string;
      /** The signature is all there is: the upstream keeps this reasoning to itself. */
      readonly redacted?: true;
    }
  | {
      readonly type: 'tool';
      readonly choice: number;
      /** Which call of this choice; the id and the name come once, the arguments in pieces. */
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
      /** Goes back unchanged with the call in the next turn (Gemini's thought signature). */
      readonly signature?: string;
    }
  | {
      readonly type: 'finish';
      readonly choice: number;
      readonly reason: FinishReason;
      /** The stop sequence that was met, where the dialect tells it. */
      readonly stopSequence?: string;
      /** The dialect's own word, where it differs from `reason`: letters, digits and `_` only. */
      readonly upstreamReason?: string;
    }
  | {
      /** Each replaces the one before it; the last one before a cut is what there is to bill. */
      readonly type: 'usage';
      /** All of the input, what came from a cache or went into one included. */
      readonly inputTokens: number;
      /** All of the output, reasoning included. */
      readonly outputTokens: number;
      /** True when we counted, not the upstream. */
      readonly estimated: boolean;
      readonly cachedTokens?: number;
      readonly cacheWriteTokens?: number;
      readonly reasoningTokens?: number;
    }
  | {
      /**
       * Names of what the dialect could not carry: members of the request in the first event,
       * parts of the answer later. Names only, never values.
       */
      readonly type: 'lost';
      readonly names: readonly string[];
    };

/** What a model says, one event after another. */
export interface ChatEvents {
  [Symbol.asyncIterator](): ChatEventIterator;
}

export interface ChatEventIterator extends AsyncIterator<ChatEvent> {
  /**
   * The events that came together with the last one. Who takes them need not ask for each of them,
   * which costs more than most of what is done with one.
   */
  take?(): readonly ChatEvent[];
}
