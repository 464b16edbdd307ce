import { z } from 'zod';
import { limits } from '#base';
import { jsonSchema, maxTokens, shortText, text, thinkingBlock } from './schema.ts';

/** `POST /v1/messages` as we understand it; other members go on to Anthropic's own dialect only. */
const textBlock = z.object({ type: z.literal('text'), text });
const imageBlock = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.object({ type: z.literal('base64'), media_type: shortText, data: text }),
    z.object({ type: z.literal('url'), url: text }),
  ]),
});
const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: shortText,
  content: z
    .union([text, z.array(z.discriminatedUnion('type', [textBlock, imageBlock])).max(1_000)])
    .nullish(),
  is_error: z.boolean().nullish(),
});
const toolUse = z.object({
  type: z.literal('tool_use'),
  id: shortText,
  name: shortText,
  input: z.record(z.string(), z.unknown()),
});

const userBlocks = z.array(z.discriminatedUnion('type', [textBlock, imageBlock, toolResult]));
const assistantBlocks = z.array(
  z.discriminatedUnion('type', [textBlock, toolUse, ...thinkingBlock.options]),
);
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content: z.union([text, userBlocks.min(1).max(1_000)]) }),
  z.object({ role: z.literal('assistant'), content: z.union([text, assistantBlocks.max(1_000)]) }),
]);

const format = z.object({ type: z.literal('json_schema'), schema: jsonSchema });

export const messagesRequestSchema = z.object({
  model: shortText,
  max_tokens: maxTokens,
  messages: z.array(message).min(1).max(limits.requestMessages),
  system: z.union([text, z.array(textBlock).max(1_000)]).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop_sequences: z.array(z.string().max(1_000)).max(8).nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('custom').nullish(),
        name: shortText,
        description: text.nullish(),
        input_schema: jsonSchema,
        strict: z.boolean().nullish(),
      }),
    )
    .max(256)
    .nullish(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.object({
        type: z.enum(['auto', 'any']),
        disable_parallel_tool_use: z.boolean().nullish(),
      }),
      z.object({
        type: z.literal('tool'),
        name: shortText,
        disable_parallel_tool_use: z.boolean().nullish(),
      }),
      z.object({ type: z.literal('none') }),
    ])
    .nullish(),
  thinking: z
    .object({
      type: z.enum(['enabled', 'disabled', 'adaptive']),
      budget_tokens: z.int().min(1).max(1_000_000).nullish(),
    })
    .nullish(),
  output_format: format.nullish(),
  output_config: z.object({ format: format.nullish() }).nullish(),
  metadata: z.object({ user_id: z.string().max(512).nullish() }).nullish(),
});

export type MessagesBody = z.infer<typeof messagesRequestSchema>;
export type MessagesMessage = MessagesBody['messages'][number];
