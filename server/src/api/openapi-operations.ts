import type { Bilingual } from '#base';
import { type Right, requestSchemas, usageDimensions } from '#gateway';
import type { z } from 'zod';
import { erasureBody, grantBody, holdBody, personBody } from './custody-routes.ts';
import { changedTerms, newKey, rotation } from './key-routes.ts';
import { continuityOperations } from './openapi-continuity.ts';
import { mcpOperations } from './openapi-mcp.ts';
import { reviewOperations } from './openapi-review.ts';
import { schoolOperations } from './openapi-school.ts';
import { signInOperations } from './openapi-sign-in.ts';

/** Members of an answer by name: a JSON type, a list of one, or a further shape. */
export interface Shape {
  readonly [member: string]: Kind | readonly [Kind | Shape] | Shape;
}
export type Kind =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'object'
  | 'any'
  | 'string?'
  | 'integer?';

export interface Operation {
  readonly id: string;
  readonly text: Bilingual;
  /** Who may: everybody, any key, a key whose role has one of the rights; a key may show more. */
  readonly needs:
    | 'nothing'
    | 'any key'
    | 'nothing, or a key'
    | 'a session'
    | Right
    | readonly Right[];
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: z.ZodType;
  /** A request to a model: its headers, and those of its answer, are those of a passage. */
  readonly isPassage?: true;
  readonly answer: { readonly status?: number; readonly type?: string; readonly shape?: Shape };
}

const entries: Shape = { entries: [{ id: 'string', index: 'integer', leafHash: 'string' }] };
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
const passage: Shape = {
  id: 'string',
  index: 'integer',
  time: 'integer',
  key: 'string',
  dataClass: 'string?',
  upstream: 'string?',
  model: 'string?',
  decision: 'string',
  end: 'string?',
  rules: ['string'],
  fallback: 'boolean',
  ms: 'integer?',
};
const model: Shape = { id: 'string', object: 'string', created: 'integer', owned_by: 'string' };
const usageRow: Shape = {
  exchanges: 'integer',
  inputTokens: 'integer',
  outputTokens: 'integer',
  estimated: 'integer',
  cost: 'number',
  currency: 'string',
  unpriced: 'integer',
};

/** Everything that is served, by method and path. A test compares it with the routes. */
export const operations: Readonly<Record<string, Operation>> = {
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
  'GET /receipts/{id}': {
    id: 'getReceipt',
    text: {
      en: 'The receipt of an exchange; with a key, what it may see is opened.',
      ja: 'やり取りの受領証。キーがあれば、見てよい部分が開示されます。',
    },
    needs: 'nothing, or a key',
    query: {
      format: ['receipt', 'bundle', 'cose', 'entry'],
      wait: ['included', 'witnessed'],
      groups: 'identity,content,ops',
      entry: ['intent', 'outcome'],
      documents: ['yes'],
    },
    answer: { type: 'application/json' },
  },
  'GET /checkpoint': {
    id: 'getCheckpoint',
    text: { en: 'The newest signed checkpoint.', ja: '最新の署名済みチェックポイント。' },
    needs: 'nothing',
    answer: { type: 'text/plain' },
  },
  'GET /tile/{path}': {
    id: 'getTile',
    text: {
      en: 'Hash tiles and entry bundles, C2SP tlog-tiles.',
      ja: 'ハッシュのタイルと記録の束。',
    },
    needs: 'nothing, or a key',
    answer: { type: 'application/octet-stream' },
  },
  'GET /healthz': {
    id: 'getHealth',
    text: { en: 'Whether the process lives.', ja: 'プロセスが動いているか。' },
    needs: 'nothing',
    answer: { shape: { status: 'string' } },
  },
  'GET /readyz': {
    id: 'getReadiness',
    text: {
      en: 'Whether requests may be sent here; 503 with the reasons when not.',
      ja: '要求を送ってよいか。よくなければ 503 と理由。',
    },
    needs: 'nothing',
    answer: { shape: { status: 'string' } },
  },
  'GET /metrics': {
    id: 'getMetrics',
    text: { en: 'Counts and times for Prometheus.', ja: 'Prometheus 向けの計測値。' },
    needs: 'metrics',
    answer: { type: 'text/plain' },
  },
  'GET /openapi.json': {
    id: 'getOpenApi',
    text: { en: 'This description.', ja: 'この記述。' },
    needs: 'nothing',
    answer: { shape: {} },
  },
  'GET /': {
    id: 'getRoot',
    text: { en: 'Leads to the console.', ja: 'コンソールへ移ります。' },
    needs: 'nothing',
    answer: { status: 302, type: 'text/html' },
  },
  'GET /console': {
    id: 'getConsoleRoot',
    text: { en: 'Leads to the console.', ja: 'コンソールへ移ります。' },
    needs: 'nothing',
    answer: { status: 302, type: 'text/html' },
  },
  'GET /console/{path}': {
    id: 'getConsoleFile',
    text: { en: 'The files of the console.', ja: 'コンソールのファイル。' },
    needs: 'nothing',
    answer: { type: 'text/html' },
  },
  'GET /api/session': {
    id: 'getSession',
    text: {
      en: 'Institution, ledger, and what this key may.',
      ja: '機関、台帳、このキーでできること。',
    },
    needs: 'any key',
    answer: {
      shape: {
        institution: 'string',
        language: 'string',
        contact: 'object',
        origin: 'string',
        vkey: 'string',
        version: 'string',
        role: 'string',
        rights: ['string'],
        keyName: 'string',
        person: 'boolean',
        signIn: 'boolean',
        upstreams: ['object'],
        dataClasses: ['object'],
        defaultClass: 'string',
        models: ['string'],
      },
    },
  },
  'GET /api/rules': {
    id: 'getRules',
    text: { en: 'The rule book in force.', ja: '現行の規則。' },
    needs: 'nothing',
    answer: {
      shape: {
        institution: 'string',
        sha256: 'string',
        rules: ['object'],
        dataClasses: ['object'],
        upstreams: ['object'],
        detectors: ['object'],
        contact: 'object',
      },
    },
  },
  ...continuityOperations,
  ...mcpOperations,
  ...reviewOperations,
  ...schoolOperations,
  ...signInOperations,
  'POST /api/reload': {
    id: 'reloadRules',
    text: { en: 'Puts the changed rule book in force.', ja: '変更した規則を有効にします。' },
    needs: 'rules',
    answer: { shape: { changed: 'boolean', sha256: 'string', policy: 'string' } },
  },
  'GET /api/usage': {
    id: 'getUsage',
    text: {
      en: 'What was used, summed; without the right, the own use only.',
      ja: '使用量の集計。権限がなければ自分の分のみ。',
    },
    needs: 'any key',
    query: { by: usageDimensions.join(','), from: '2026-11-01', to: '2026-11-30' },
    answer: {
      shape: {
        from: 'string',
        to: 'string',
        by: ['string'],
        timeZone: 'string',
        currency: 'string',
        own: 'boolean',
        rows: [usageRow],
      },
    },
  },
  'GET /api/passages': {
    id: 'listPassages',
    text: { en: 'Passages, newest first.', ja: '通過記録を新しい順に。' },
    needs: 'incidents',
    query: { limit: '50', before: '1000' },
    answer: { shape: { passages: [passage], more: 'boolean' } },
  },
  'GET /api/passages/events': {
    id: 'followPassages',
    text: { en: 'The same as server-sent events.', ja: '同じ内容をサーバー送信イベントで。' },
    needs: 'incidents',
    answer: { type: 'text/event-stream' },
  },
  'GET /api/passages/{id}': {
    id: 'getPassage',
    text: { en: 'One passage, without its texts.', ja: '一件の通過記録(本文を除く)。' },
    needs: 'incidents',
    answer: { shape: passage },
  },
  'POST /api/passages/{id}/open': {
    id: 'openPassage',
    text: {
      en: 'Opens the sealed texts, once the opening is on record. A grant will do, too.',
      ja: '記録したうえで、封印された本文を開きます。閲覧許可でも開けます。',
    },
    needs: 'content',
    answer: { shape: { contentState: 'string', request: 'any', delivered: 'any', raw: 'any' } },
  },
  'POST /api/passages/{id}/erase': {
    id: 'erasePassage',
    text: { en: 'Destroys keys of a passage.', ja: '通過記録の鍵を破棄します。' },
    needs: 'custody',
    body: erasureBody,
    answer: { shape: entries },
  },
  'POST /api/people/erase': {
    id: 'erasePerson',
    text: { en: 'Erases what is about a person.', ja: 'ある人に関する記録を消去します。' },
    needs: 'custody',
    body: personBody,
    answer: {
      shape: { erased: 'integer', held: ['string'], underWay: ['string'], entries: ['object'] },
    },
  },
  'POST /api/passages/{id}/hold': {
    id: 'holdPassage',
    text: { en: 'Places a legal hold.', ja: '法的保全の対象にします。' },
    needs: 'holds',
    body: holdBody,
    answer: { shape: entries },
  },
  'POST /api/holds/{id}/release': {
    id: 'releaseHold',
    text: { en: 'Lifts a legal hold.', ja: '法的保全を解除します。' },
    needs: 'holds',
    body: holdBody,
    answer: { shape: entries },
  },
  'POST /api/grants': {
    id: 'grantReading',
    text: {
      en: 'Lets a key open some passages for a time.',
      ja: 'あるキーに期限付きで閲覧を許可します。',
    },
    needs: 'custody',
    body: grantBody,
    answer: { shape: entries },
  },
  'POST /api/grants/{id}/withdraw': {
    id: 'withdrawGrant',
    text: { en: 'Ends a grant before its time.', ja: '期限の前に閲覧許可を取り消します。' },
    needs: 'custody',
    body: holdBody,
    answer: { shape: entries },
  },
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
