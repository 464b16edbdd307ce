import { erasureBody, grantBody, holdBody, personBody } from './custody-routes.ts';
import type { Operation, Shape } from './openapi-operations.ts';

const entries: Shape = { entries: [{ id: 'string', index: 'integer', leafHash: 'string' }] };
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

/** What passed: its list, its texts, and what may be done with them. */
export const passageOperations: Readonly<Record<string, Operation>> = {
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
};
