/** Why a choice ended, in the words of the OpenAI chat dialect, the widest of those we speak. */
export const finishReasons = [
  'stop',
  'length',
  'tool_calls',
  'content_filter',
  'function_call',
] as const;
export type FinishReason = (typeof finishReasons)[number];

/**
 * What a model says, in one canonical stream whatever the wire said. `choice` counts from 0.
 * A stream that ends without a `finish` for each choice it opened was cut.
 */
export type ChatEvent =
  | {
      readonly type: 'delta';
      readonly choice: number;
      readonly channel: 'content' | 'refusal' | 'reasoning';
      readonly text: string;
    }
  | {
      readonly type: 'tool';
      readonly choice: number;
      /** Which call of this choice; the id and the name come once, the arguments in pieces. */
      readonly index: number;
      readonly id?: string;
      readonly name?: string;
      readonly arguments: string;
    }
  | { readonly type: 'finish'; readonly choice: number; readonly reason: FinishReason }
  | {
      readonly type: 'usage';
      readonly inputTokens: number;
      readonly outputTokens: number;
      /** True when we counted, not the upstream. */
      readonly estimated: boolean;
    };
