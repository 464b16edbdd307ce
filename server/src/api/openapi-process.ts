import type { Operation } from './openapi-operations.ts';

/** What a process is asked by those who run it, and the pages it serves. */
export const processOperations: Readonly<Record<string, Operation>> = {
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
};
