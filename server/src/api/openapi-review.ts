import type { Operation, Shape } from './openapi-operations.ts';
import { contestBody, verdictBody } from './review-routes.ts';

const own: Shape = {
  passage: 'string',
  state: 'string',
  contested: 'boolean',
  contestedAt: 'integer?',
  decidedAt: 'integer?',
  note: 'string?',
  until: 'integer?',
};
const reviewed: Shape = {
  passage: 'string',
  index: 'integer',
  state: 'string',
  escalated: 'boolean',
  contested: 'boolean',
  since: 'integer',
  rules: ['string'],
  contestedAt: 'integer?',
  decidedAt: 'integer?',
  until: 'integer?',
  class: 'string?',
};
const counts: Shape = { blocks: 'integer?', overturned: 'integer?' };

/** Contesting a decision, deciding on it, and what the public may count. */
export const reviewOperations: Readonly<Record<string, Operation>> = {
  'POST /api/passages/{id}/contest': {
    id: 'contestPassage',
    text: {
      en: 'Says why a decision about one’s own passage is wrong. It goes to the reviewers.',
      ja: '自分のやり取りについての判断に申立てをします。審査する人に届きます。',
    },
    needs: 'any key',
    body: contestBody,
    answer: { status: 201, shape: own },
  },
  'GET /api/passages/{id}/contest': {
    id: 'getContest',
    text: {
      en: 'How one’s own contest stands, and until when the same request may pass once.',
      ja: '自分の申立ての状況と、同じ要求が一度だけ通れる期限。',
    },
    needs: 'any key',
    answer: { shape: own },
  },
  'GET /api/reviews': {
    id: 'listReviews',
    text: {
      en: 'What was contested or escalated, newest first, without its text.',
      ja: '申立てのあったもの、人の確認を求められたもの。新しい順。文は含みません。',
    },
    needs: ['reviews', 'class'],
    query: { state: ['open', 'decided'], limit: '50', before: '1200' },
    answer: {
      shape: {
        reviews: [
          {
            ...reviewed,
            decision: 'string?',
            dataClass: 'string?',
            signs: 'boolean',
            held: 'boolean',
          },
        ],
        more: 'boolean',
      },
    },
  },
  'GET /api/reviews/{id}': {
    id: 'getReview',
    text: {
      en: 'One of them with its findings; mayOpen says whether this key may open its text.',
      ja: 'そのうちの一件と検出結果。mayOpen は、このキーで文を開けるか。',
    },
    needs: ['reviews', 'class'],
    answer: { shape: { ...reviewed, mayOpen: 'boolean', detail: 'object' } },
  },
  'POST /api/reviews/{id}': {
    id: 'decideReview',
    text: {
      en: 'The verdict, recorded before it takes effect. Overturned, the same request may pass once.',
      ja: '審査の結論。効力を生じる前に記録されます。取り消すと、同じ要求が一度だけ通れます。',
    },
    needs: ['reviews', 'class'],
    body: verdictBody,
    answer: { shape: reviewed },
  },
  'POST /api/reviews/{id}/open': {
    id: 'openReview',
    text: {
      en: 'What the person and the reviewer wrote. The reading is recorded.',
      ja: '申立ての理由と審査の説明。閲覧は記録されます。',
    },
    needs: ['reviews', 'class'],
    answer: { shape: { reason: 'string?', note: 'string?' } },
  },
  'POST /api/reviews/{id}/examples': {
    id: 'openReviewExamples',
    text: {
      en: 'The text as labelled examples, for those who may open it. The reading is recorded.',
      ja: '文をラベル付きの例として返します。開いてよい人のみ。閲覧は記録されます。',
    },
    needs: 'reviews',
    answer: {
      shape: {
        examples: [
          {
            text: 'string',
            lang: 'string',
            kind: 'string',
            label: 'integer',
            rule: 'string',
            verdict: 'string',
          },
        ],
        contentState: 'string',
      },
    },
  },
  'GET /statistics': {
    id: 'getStatistics',
    text: {
      en: 'Passages, blocks and overturned blocks by rule and month. Null: fewer than ten, or hidden for its sake.',
      ja: '月別・規則別の通過、遮断、取り消された遮断の件数。null は 10 件未満か、その保護のため。',
    },
    needs: 'nothing',
    answer: {
      shape: {
        institution: 'string',
        timeZone: 'string',
        least: 'integer',
        months: [
          {
            month: 'string',
            passages: 'integer?',
            ...counts,
            rules: [{ rule: 'string', marked: 'integer?', ...counts }],
          },
        ],
      },
    },
  },
};
