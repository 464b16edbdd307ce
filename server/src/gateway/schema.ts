import { z } from 'zod';
import { limits } from '#base';

/**
 * `POST /v1/chat/completions` as we understand it, which is also the form in which every request is
 * understood inside. A member that is not named here is no part of it: it goes on only to an
 * upstream of the dialect it came in, after its texts have been inspected like all others.
 */
export const text = z.string().max(limits.requestBodyBytes);
export const shortText = z.string().min(1).max(256);

const textPart = z.object({ type: z.enum(['text', 'input_text']), text });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: text });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({
    url: text,
    detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
  }),
});
const list = <T extends z.ZodType>(part: T) => z.union([text, z.array(part).min(1).max(1_000)]);
const content = list(z.discriminatedUnion('type', [textPart, refusalPart]));
const userContent = list(z.discriminatedUnion('type', [textPart, refusalPart, imagePart]));

const toolCall = z.object({
  id: shortText,
  type: z.literal('function'),
  function: z.object({ name: shortText, arguments: text }),
  extra_content: z
    .object({ google: z.object({ thought_signature: text.nullish() }).nullish() })
    .nullish(),
});

/** Reasoning of an earlier answer, which its upstream wants back unchanged. */
export const thinkingBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thinking'), thinking: text, signature: text.nullish() }),
  z.object({ type: z.literal('redacted_thinking'), data: text }),
]);

const named = { content, name: shortText.optional() } as const;
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), ...named }),
  z.object({ role: z.literal('developer'), ...named }),
  z.object({ role: z.literal('user'), ...named, content: userContent }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: text.nullish(),
    reasoning_content: text.nullish(),
    thinking_blocks: z.array(thinkingBlock).max(1_000).nullish(),
    name: shortText.optional(),
    tool_calls: z.array(toolCall).max(128).nullish(),
  }),
  z.object({
    role: z.literal('tool'),
    content,
    tool_call_id: shortText,
    is_error: z.boolean().nullish(),
  }),
]);

export const jsonSchema = z.record(z.string(), z.unknown());
const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: shortText,
    description: text.nullish(),
    parameters: jsonSchema.nullish(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: shortText,
      description: text.nullish(),
      schema: jsonSchema.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

export const maxTokens = z.int().min(1).max(1_000_000).nullish();
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']);

export const chatRequestSchema = z.object({
  model: shortText,
  messages: z.array(message).min(1).max(limits.requestMessages),
  stream: z.boolean().nullish(),
  stream_options: z
    .object({
      include_usage: z.boolean().optional(),
      include_obfuscation: z.boolean().optional(),
    })
    .nullish(),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(8).nullish(),
  stop: z.union([z.string().max(1_000), z.array(z.string().max(1_000)).max(8)]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(tool).max(256).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.object({
        type: z.literal('function'),
        function: z.object({ name: shortText }),
      }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: effort.nullish(),
  user: z.string().max(512).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  store: z.literal(false).nullish(),
});

export type ChatBody = z.infer<typeof chatRequestSchema>;
export type WireMessage = ChatBody['messages'][number];
