import { changedTerms, newKey, rotation } from './key-routes.ts';
import type { Operation, Shape } from './openapi-operations.ts';

const key: Shape = {
  id: 'string',
  name: 'string',
  role: 'string',
  createdMs: 'integer',
  person: 'boolean',
  owner: 'string',
  project: 'string',
  maxClass: 'string?',
  models: ['string'],
  upstreams: ['string'],
  mcp: ['string'],
  class: 'string?',
  requestsPerMinute: 'integer?',
  tokensPerMinute: 'integer?',
  tokensPerDay: 'integer?',
  tokensPerMonth: 'integer?',
  moneyPerDay: 'any',
  moneyPerMonth: 'any',
  expires: 'integer?',
};

/** API keys and their bounds. */
export const keyOperations: Readonly<Record<string, Operation>> = {
  'GET /api/keys': {
    id: 'listKeys',
    text: { en: 'Keys with their bounds.', ja: 'キーとその上限。' },
    needs: 'keys.read',
    answer: { shape: { keys: [key] } },
  },
  'POST /api/keys': {
    id: 'createKey',
    text: { en: 'A new key, shown once.', ja: '新しいキー。一度だけ表示されます。' },
    needs: 'keys',
    body: newKey,
    answer: { status: 201, shape: { ...key, secret: 'string' } },
  },
  'PATCH /api/keys/{id}': {
    id: 'changeKey',
    text: { en: 'Changes the bounds that are named.', ja: '指定した上限を変更します。' },
    needs: 'keys',
    body: changedTerms,
    answer: { shape: key },
  },
  'POST /api/keys/{id}/rotate': {
    id: 'rotateKey',
    text: {
      en: 'A new secret for a key, shown once.',
      ja: 'キーを更新します。一度だけ表示されます。',
    },
    needs: 'keys',
    body: rotation,
    answer: { shape: { ...key, secret: 'string', overlapSeconds: 'integer' } },
  },
  'DELETE /api/keys/{id}': {
    id: 'revokeKey',
    text: { en: 'Withdraws a key.', ja: 'キーを失効させます。' },
    needs: 'keys',
    answer: { shape: { id: 'string', revoked: 'boolean' } },
  },
};
