import { z } from 'zod';

/**
 * What we read of an OpenAI-compatible answer. Loose on purpose: servers add members of their own,
 * and only what is named here is carried on.
 */
const toolCall = z.looseObject({
  index: z.int().min(0).max(1_000).optional(),
  id: z.string().nullish(),
  function: z
    .looseObject({ name: z.string().nullish(), arguments: z.string().nullish() })
    .nullish(),
});

const message = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(toolCall).max(1_000).nullish(),
});

const usage = z.looseObject({
  prompt_tokens: z.int().min(0).nullish(),
  completion_tokens: z.int().min(0).nullish(),
});

const choice = z.looseObject({
  index: z.int().min(0).max(127),
  finish_reason: z.string().nullish(),
});

export const completionSchema = z.looseObject({
  choices: z.array(choice.extend({ message })).min(1).max(128),
  usage: usage.nullish(),
});

export const chunkSchema = z.looseObject({
  choices: z
    .array(choice.extend({ delta: message.nullish() }))
    .max(128)
    .nullish(),
  usage: usage.nullish(),
  error: z.unknown().optional(),
});

export type WireMessage = z.infer<typeof message>;
export type WireUsage = z.infer<typeof usage>;
