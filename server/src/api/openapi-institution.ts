import { usageDimensions } from '#gateway';
import type { Operation, Shape } from './openapi-operations.ts';

const usageRow: Shape = {
  exchanges: 'integer',
  inputTokens: 'integer',
  outputTokens: 'integer',
  estimated: 'integer',
  cost: 'number',
  currency: 'string',
  unpriced: 'integer',
};

/** What holds for everybody here: who asks, the rules, the use of models. */
export const institutionOperations: Readonly<Record<string, Operation>> = {
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
        class: 'string?',
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
};
