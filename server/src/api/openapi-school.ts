import { changedClass, newClassSchema } from './class-routes.ts';
import type { Operation, Shape } from './openapi-operations.ts';

const settings: Shape = {
  id: 'string',
  title: 'string',
  pack: 'string',
  year: 'integer',
  subject: 'string?',
  scaffold: 'boolean',
  notesToPupil: 'boolean',
  ready: 'boolean',
  pupils: 'integer',
  teachers: 'integer',
};
const packs: Shape = {
  id: 'string',
  version: 'string',
  country: 'string',
  title: 'object',
  languages: ['string'],
  sha256: 'string',
  years: [{ year: 'integer', label: 'object' }],
  subjects: [{ id: 'string', title: 'object' }],
};
const line: Shape = { name: 'string', count: 'integer?' };

/** Classes, what waits in them, and what became of a pupil's question. */
export const schoolOperations: Readonly<Record<string, Operation>> = {
  'GET /api/classes': {
    id: 'listClasses',
    text: {
      en: 'Classes and the packs they may use; a teacher sees the class of the own key.',
      ja: '学級と、使える国別パック。教員には自分のキーの学級だけ。',
    },
    needs: 'class',
    answer: { shape: { classes: [settings], packs: [packs] } },
  },
  'POST /api/classes': {
    id: 'createClass',
    text: {
      en: 'A new class. It holds settings and no pupil: keys name it.',
      ja: '新しい学級。設定だけを持ち、児童生徒は含みません。キーが学級を示します。',
    },
    needs: 'classes',
    body: newClassSchema,
    answer: { status: 201, shape: settings },
  },
  'GET /api/classes/{id}': {
    id: 'getClass',
    text: {
      en: 'One class, with what it may be set to.',
      ja: '一つの学級と、選べる設定。',
    },
    needs: 'class',
    answer: { shape: { ...settings, packs: [packs] } },
  },
  'PATCH /api/classes/{id}': {
    id: 'changeClass',
    text: {
      en: 'Changes the settings that are named, from the next question on. Recorded first.',
      ja: '示した設定を変えます。次の質問から有効で、先に記録されます。',
    },
    needs: 'class',
    body: changedClass,
    answer: { shape: settings },
  },
  'DELETE /api/classes/{id}': {
    id: 'removeClass',
    text: {
      en: 'Removes a class to which no key belongs any more.',
      ja: 'キーの属していない学級を削除します。',
    },
    needs: 'classes',
    answer: { shape: { id: 'string', removed: 'boolean' } },
  },
  'GET /api/classes/{id}/report': {
    id: 'reportClass',
    text: {
      en: 'Counts of a class by week: decisions, rules, subjects, codes, reviews. Null: fewer than ten.',
      ja: '学級の週ごとの件数。判断、規則、教科、指導要領コード、審査。null は 10 件未満。',
    },
    needs: 'class',
    query: { weeks: '8' },
    answer: {
      shape: {
        class: 'string',
        timeZone: 'string',
        least: 'integer',
        weeks: [
          {
            week: 'string',
            open: 'boolean',
            all: [line],
            decision: [line],
            rule: [line],
            subject: [line],
            code: [line],
            review: [line],
          },
        ],
      },
    },
  },
  'GET /api/passages/{id}/lesson': {
    id: 'getLesson',
    text: {
      en: 'What became of a pupil’s own question: given, held, released or refused, with its notes.',
      ja: '児童生徒本人の質問の結果。given、held、released、refused と注記。',
    },
    needs: 'any key',
    answer: {
      shape: {
        passage: 'string',
        state: 'string',
        decision: 'string',
        rules: ['string'],
        codes: ['string'],
        subject: 'string?',
        notes: ['object'],
        answer: 'string?',
        words: 'string?',
        contested: 'boolean',
        locked: 'boolean',
        contentState: 'string',
      },
    },
  },
};
