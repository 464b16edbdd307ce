import { z } from 'zod';
import { limits } from '#base';
import { effort, jsonSchema, maxTokens, shortText, text } from './schema.ts';

/** `POST /v1/responses` as we understand it. Nothing is kept between requests. */
const inputPart = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['input_text', 'output_text', 'text']), text }),
  z.object({ type: z.literal('refusal'), refusal: text }),
  z.object({
    type: z.literal('input_image'),
    image_url: text,
    detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
  }),
]);
const parts = z.array(inputPart).min(1).max(1_000);

const message = z.object({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([text, parts]),
  id: shortText.nullish(),
  status: shortText.nullish(),
});
const functionCall = z.object({
  type: z.literal('function_call'),
  call_id: shortText,
  name: shortText,
  arguments: text,
  id: shortText.nullish(),
  status: shortText.nullish(),
});
const functionOutput = z.object({
  type: z.literal('function_call_output'),
  call_id: shortText,
  output: z.union([text, parts]),
  id: shortText.nullish(),
  status: shortText.nullish(),
});
const summary = z.object({ type: z.string().max(64), text });
const reasoning = z.object({
  type: z.literal('reasoning'),
  id: shortText.nullish(),
  summary: z.array(summary).max(1_000).nullish(),
  content: z.array(summary).max(1_000).nullish(),
  status: shortText.nullish(),
});

const item = z.union([
  z.discriminatedUnion('type', [
    message.extend({ type: z.literal('message') }),
    functionCall,
    functionOutput,
    reasoning,
  ]),
  message.extend({ type: z.undefined().optional() }),
]);

const format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    name: shortText,
    description: text.nullish(),
    schema: jsonSchema,
    strict: z.boolean().nullish(),
  }),
]);

export const responsesRequestSchema = z.object({
  model: shortText,
  input: z.union([text, z.array(item).min(1).max(limits.requestMessages)]),
  instructions: text.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_obfuscation: z.boolean().optional() }).nullish(),
  max_output_tokens: maxTokens,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        name: shortText,
        description: text.nullish(),
        parameters: jsonSchema.nullish(),
        strict: z.boolean().nullish(),
      }),
    )
    .max(256)
    .nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.object({ type: z.literal('function'), name: shortText }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .object({ format: format.nullish(), verbosity: z.enum(['low', 'medium', 'high']).nullish() })
    .nullish(),
  reasoning: z
    .object({ effort: effort.nullish(), summary: z.string().max(64).nullish() })
    .nullish(),
  include: z.array(z.string().max(128)).max(32).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().max(512).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  store: z.boolean().nullish(),
  background: z.boolean().nullish(),
  previous_response_id: z.string().max(256).nullish(),
  conversation: z.unknown().optional(),
  prompt: z.unknown().optional(),
});

export type ResponsesBody = z.infer<typeof responsesRequestSchema>;
export type ResponsesItem = Exclude<ResponsesBody['input'], string>[number];
export type ResponsesMessage = Extract<ResponsesItem, { role: unknown }>;
