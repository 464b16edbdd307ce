import { z } from 'zod';

/**
 * What we read of an answer in the OpenAI chat dialect. Loose on purpose: servers add members of
 * their own, and only what is named here is carried on.
 */
const index = z.int().min(0).max(1_000);
const tokens = z.int().min(0).nullish();

const called = z.looseObject({
  name: z.string().nullish(),
  // JSON text in the dialect; some servers send the object that it means.
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
});

const toolCall = z.looseObject({
  index: index.nullish(),
  id: z.string().nullish(),
  function: called.nullish(),
  extra_content: z
    .looseObject({ google: z.looseObject({ thought_signature: z.string().nullish() }).nullish() })
    .nullish(),
});

/** Text, or parts of which those with a text count (servers with reasoning in the content). */
const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() })).max(10_000)]);

const message = z.looseObject({
  content: content.nullish(),
  refusal: z.string().nullish(),
  /** Two names for one thing, by server and version. */
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: z.array(toolCall).max(1_000).nullish(),
  function_call: called.nullish(),
});

const token = {
  token: z.string(),
  logprob: z.number(),
  bytes: z.array(z.int().min(0).max(255)).max(10_000).nullish(),
} as const;

const logprobs = z
  .array(
    z.looseObject({ ...token, top_logprobs: z.array(z.looseObject(token)).max(128).nullish() }),
  )
  .max(100_000);

/** Read on its own, because a server with another shape of it still answers. */
export const logprobsSchema = z.looseObject({
  content: logprobs.nullish(),
  refusal: logprobs.nullish(),
});

const usage = z.looseObject({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z
    .looseObject({ cached_tokens: tokens, cache_write_tokens: tokens })
    .nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: tokens }).nullish(),
});

const choice = z.looseObject({
  index: z.int().min(0).max(127).default(0),
  finish_reason: z.string().nullish(),
  logprobs: z.unknown().optional(),
  /** The stop sequence that was met, under the names of two servers; a number is a token. */
  stop_reason: z.union([z.string(), z.number()]).nullish(),
  matched_stop: z.unknown().optional(),
  /** A verdict for each category of the operator's own filter. */
  content_filter_results: z.record(z.string(), z.unknown()).nullish(),
});

export const completionSchema = z.looseObject({
  choices: z.array(choice.extend({ message })).min(1).max(128),
  usage: usage.nullish(),
});

export const chunkSchema = z.looseObject({
  object: z.string().nullish(),
  choices: z
    .array(choice.extend({ delta: message.nullish() }))
    .max(128)
    .nullish(),
  usage: usage.nullish(),
  error: z.unknown().optional(),
});

/** The body of an error, also when it comes inside a stream. */
export const errorSchema = z.looseObject({
  code: z.union([z.string(), z.number()]).nullish(),
  type: z.string().nullish(),
  status: z.unknown().optional(),
  innererror: z.looseObject({ code: z.string().nullish() }).nullish(),
});

export type WireMessage = z.infer<typeof message>;
export type WireChoice = z.infer<typeof choice>;
export type WireUsage = z.infer<typeof usage>;
export type WireToolCall = z.infer<typeof toolCall>;
export type WireLogprobs = z.infer<typeof logprobs>;
