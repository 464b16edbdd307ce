import { z } from 'zod';
import type { ChatMessage } from './upstream.ts';

/** What the checkpoint says to the process that runs the model. One chat at a time. */
export type ToModel =
  | {
      readonly type: 'load';
      readonly modelPath: string;
      readonly contextTokens: number;
      readonly threads: number;
    }
  | {
      readonly type: 'chat';
      readonly id: number;
      readonly messages: readonly ChatMessage[];
      readonly maxTokens: number;
      readonly temperature: number;
      readonly topP: number;
      readonly seed: number;
      readonly stop: readonly string[];
    }
  | { readonly type: 'abort'; readonly id: number };

export type ChatCommand = Extract<ToModel, { type: 'chat' }>;

const id = z.int().min(0);
const tokens = z.int().min(0);

/** Each chat ends with exactly one of these. */
const endings = [
  z.strictObject({
    type: z.literal('done'),
    id,
    reason: z.enum(['stop', 'length']),
    inputTokens: tokens,
    outputTokens: tokens,
  }),
  z.strictObject({ type: z.literal('refused'), id, inputTokens: tokens, mostTokens: tokens }),
  z.strictObject({ type: z.literal('aborted'), id }),
  z.strictObject({ type: z.literal('failed'), id }),
] as const;

/**
 * What the model's process says. It is checked, because native code that reads strangers' text
 * wrote it.
 */
export const fromModelSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('unusable'), part: z.enum(['runtime', 'model']) }),
  /** Sent while a long request is read, so that work is told from a standstill. */
  z.strictObject({ type: z.literal('working'), id }),
  z.strictObject({ type: z.literal('delta'), id, text: z.string().max(4_096) }),
  ...endings,
]);

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type FromModel = DeepReadonly<z.infer<typeof fromModelSchema>>;
export type Ending = Extract<FromModel, { type: 'done' | 'refused' | 'aborted' | 'failed' }>;

const endingTypes: ReadonlySet<FromModel['type']> = new Set([
  'done',
  'refused',
  'aborted',
  'failed',
]);

export function isEnding(message: FromModel): message is Ending {
  return endingTypes.has(message.type);
}
