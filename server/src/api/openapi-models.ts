import { requestSchemas } from '#gateway';
import type { Operation, Shape } from './openapi-operations.ts';

const model: Shape = { id: 'string', object: 'string', created: 'integer', owned_by: 'string' };

/** Asking models, in the forms their clients speak. */
export const modelOperations: Readonly<Record<string, Operation>> = {
  'POST /v1/chat/completions': {
    id: 'createChatCompletion',
    text: {
      en: 'A chat in OpenAI’s form, streamed or whole. Headers of the answer name its receipt.',
      ja: 'OpenAI の形式による対話。応答のヘッダーに受領証の番号があります。',
    },
    needs: 'exchange',
    body: requestSchemas.chat,
    isPassage: true,
    answer: {
      shape: {
        id: 'string',
        object: 'string',
        created: 'integer',
        model: 'string',
        choices: ['object'],
        usage: 'object',
      },
    },
  },
  'POST /v1/responses': {
    id: 'createResponse',
    text: {
      en: 'The same in the form of OpenAI’s Responses.',
      ja: 'OpenAI の Responses の形式による対話。',
    },
    needs: 'exchange',
    body: requestSchemas.responses,
    isPassage: true,
    answer: { shape: { id: 'string', object: 'string', status: 'string', output: ['object'] } },
  },
  'POST /v1/embeddings': {
    id: 'createEmbeddings',
    text: { en: 'Texts as vectors, in OpenAI’s form.', ja: '文のベクトル化。OpenAI の形式。' },
    needs: 'exchange',
    body: requestSchemas.embeddings,
    isPassage: true,
    answer: { shape: { object: 'string', data: ['object'], model: 'string', usage: 'object' } },
  },
  'POST /v1/messages': {
    id: 'createMessage',
    text: {
      en: 'A chat in Anthropic’s form, streamed or whole.',
      ja: 'Anthropic の形式による対話。',
    },
    needs: 'exchange',
    body: requestSchemas.messages,
    isPassage: true,
    answer: { shape: { id: 'string', type: 'string', role: 'string', content: ['object'] } },
  },
  'POST /v1/messages/count_tokens': {
    id: 'countTokens',
    text: { en: 'An estimate of the tokens of a request.', ja: '要求のトークン数の見積り。' },
    needs: 'any key',
    body: requestSchemas.messages,
    answer: { shape: { input_tokens: 'integer' } },
  },
  'GET /v1/models': {
    id: 'listModels',
    text: {
      en: 'The models this key may ask for, and auto.',
      ja: 'このキーで使えるモデルと auto。',
    },
    needs: 'any key',
    answer: { shape: { object: 'string', data: [model] } },
  },
  'GET /v1/models/{name}': {
    id: 'getModel',
    text: { en: 'One of them.', ja: 'そのうちの一つ。' },
    needs: 'any key',
    answer: { shape: model },
  },
};
