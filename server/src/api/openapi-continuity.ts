import { drillOrder } from './drill-routes.ts';
import type { Operation, Shape } from './openapi-operations.ts';

const drill: Shape = {
  id: 'string',
  lose: 'string',
  lost: ['string'],
  mode: 'string',
  state: 'string',
  startedMs: 'integer',
  untilMs: 'integer',
  passages: 'integer',
  unaffected: 'integer',
  moved: 'integer',
  stopped: 'integer',
  rows: [
    {
      key: 'string',
      keyName: 'string',
      dataClass: 'string',
      model: 'string',
      passages: 'integer',
      unaffected: 'integer',
      moved: 'integer',
      stopped: 'integer',
      before: 'object',
      after: 'object',
      sameModel: 'any',
      beforeMs: 'integer?',
      afterMs: 'integer?',
      beforeCost: 'object',
      afterCost: 'object',
      stoppedBy: ['string'],
    },
  ],
  entry: 'any',
};

/** How the upstreams are, and rehearsals of losing them. */
export const continuityOperations: Readonly<Record<string, Operation>> = {
  'GET /api/upstreams': {
    id: 'listUpstreams',
    text: {
      en: 'Each upstream: what is declared of it, and how it is doing.',
      ja: '接続先ごとの申告と、今の状態。',
    },
    needs: 'passages',
    answer: {
      shape: {
        upstreams: [
          {
            id: 'string',
            model: 'string',
            operator: 'string',
            jurisdiction: 'string',
            residency: 'string',
            terms: 'any',
            state: 'any',
          },
        ],
      },
    },
  },
  'GET /api/drills': {
    id: 'listDrills',
    text: { en: 'Drills of this run, newest first.', ja: '起動後の訓練。新しい順。' },
    needs: 'passages',
    answer: { shape: { drills: [drill] } },
  },
  'GET /api/drills/{id}': {
    id: 'getDrill',
    text: { en: 'One of them.', ja: '訓練の一つ。' },
    needs: 'passages',
    answer: { shape: drill },
  },
  'POST /api/drills': {
    id: 'startDrill',
    text: {
      en: 'Rehearses a loss: on recorded passages, or for some minutes on live traffic.',
      ja: '接続先の喪失の訓練。記録された通過により、又は数分間、実際の通信により行います。',
    },
    needs: 'rules',
    body: drillOrder,
    answer: { status: 201, shape: drill },
  },
  'DELETE /api/drills/{id}': {
    id: 'endDrill',
    text: {
      en: 'Ends a drill on live traffic, and answers with what it found.',
      ja: '実際の通信による訓練を終え、結果を返します。',
    },
    needs: 'rules',
    answer: { shape: drill },
  },
};
