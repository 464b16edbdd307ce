import { z } from 'zod';
import { limits } from '#base';

/**
 * `POST /v1/chat/completions` as we accept it. Strict: a member that is not understood cannot be
 * supervised, so it is refused by name rather than passed on unseen.
 */
const text = z.string().max(limits.requestBodyBytes);
const shortText = z.string().min(1).max(256);

const textPart = z.strictObject({ type: z.enum(['text', 'input_text']), text });
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: text });
const content = z.union([
  text,
  z
    .array(z.union([textPart, refusalPart]))
    .min(1)
    .max(1_000),
]);

const toolCall = z.strictObject({
  id: shortText,
  type: z.literal('function'),
  function: z.strictObject({ name: shortText, arguments: text }),
});

const named = { content, name: shortText.optional() } as const;
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), ...named }),
  z.strictObject({ role: z.literal('developer'), ...named }),
  z.strictObject({ role: z.literal('user'), ...named }),
  z.strictObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: text.nullish(),
    name: shortText.optional(),
    tool_calls: z.array(toolCall).max(128).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content, tool_call_id: shortText }),
]);

const jsonSchema = z.record(z.string(), z.unknown());
const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: shortText,
    description: text.optional(),
    parameters: jsonSchema.optional(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: shortText,
      description: text.optional(),
      schema: jsonSchema.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

export const chatRequestSchema = z.strictObject({
  model: shortText,
  messages: z.array(message).min(1).max(limits.requestMessages),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({
      include_usage: z.boolean().optional(),
      include_obfuscation: z.boolean().optional(),
    })
    .nullish(),
  max_tokens: z.int().min(1).max(1_000_000).nullish(),
  max_completion_tokens: z.int().min(1).max(1_000_000).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(8).nullish(),
  stop: z.union([z.string().max(1_000), z.array(z.string().max(1_000)).max(8)]).nullish(),
  seed: z.int().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  tools: z.array(tool).max(256).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({ name: shortText }),
      }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  user: z.string().max(512).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  store: z.literal(false).nullish(),
});

export type ChatBody = z.infer<typeof chatRequestSchema>;
export type WireMessage = ChatBody['messages'][number];
