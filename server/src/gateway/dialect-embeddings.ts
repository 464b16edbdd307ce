import { z } from 'zod';
import { openAiRefusal } from './dialect-openai-chat.ts';
import type { Dialect, ParsedRequest } from './dialect.ts';
import { GatewayError, errorBody } from './errors.ts';
import type { JsonObject } from './json.ts';
import { readAs } from './request-body.ts';
import { shortText, text } from './schema.ts';

export const embeddingsRequestSchema = z.object({
  model: shortText,
  input: z.union([text.min(1), z.array(text.min(1)).min(1).max(2_048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(65_536).nullish(),
  user: z.string().max(512).nullish(),
});

/** `POST /v1/embeddings`. What comes back are numbers; what goes in is looked at like any text. */
export const openAiEmbeddings: Dialect = {
  name: 'openai.embeddings',
  nativeTo: new Set(['openai', 'openai-compatible', 'azure-openai']),
  headers: [],
  parse: parseEmbeddings,
  errorBody,
  refusalBody: (told) => openAiRefusal(told, 'input'),
  createWriter: undefined,
};

/** @throws GatewayError that names the member at fault; `tokens_not_inspectable` for numbers */
function parseEmbeddings(wire: JsonObject): ParsedRequest {
  const { input } = wire;
  if (
    Array.isArray(input) &&
    input.some((item) => typeof item === 'number' || Array.isArray(item))
  ) {
    throw new GatewayError('tokens_not_inspectable', { param: 'input' });
  }
  const { known, unknown } = readAs(embeddingsRequestSchema, wire);
  const texts = typeof known.input === 'string' ? [known.input] : known.input;
  return {
    wire,
    body: {
      model: known.model,
      messages: texts.map((content) => ({ role: 'user', content })),
      ...(typeof known.user === 'string' ? { user: known.user } : {}),
    },
    unknown,
    images: [],
  };
}
