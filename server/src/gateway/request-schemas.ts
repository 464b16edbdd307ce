import { messagesRequestSchema } from './anthropic-schema.ts';
import { embeddingsRequestSchema } from './dialect-embeddings.ts';
import { responsesRequestSchema } from './responses-schema.ts';
import { chatRequestSchema } from './schema.ts';

/** What each door takes, by the dialect that is spoken there. */
export const requestSchemas = {
  chat: chatRequestSchema,
  embeddings: embeddingsRequestSchema,
  messages: messagesRequestSchema,
  responses: responsesRequestSchema,
} as const;
