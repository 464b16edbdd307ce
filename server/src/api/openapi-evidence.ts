import type { Operation } from './openapi-operations.ts';

/** What anybody verifies with: receipts, checkpoints, tiles. */
export const evidenceOperations: Readonly<Record<string, Operation>> = {
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
};
