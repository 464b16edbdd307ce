import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** No check digit is published. */
export const jpPensionNumber: Detector = numberDetector({
  id: 'jp-pension-number',
  version: 1,
  kind: 'personal.jp_pension_number',
  title: { en: 'Basic pension number (Japan)', ja: '基礎年金番号' },
  labels: vocabulary(
    '基礎年金番号',
    '年金手帳',
    '年金番号',
    'basic pension number',
    'pension number',
  ),
  lengths: [10],
  shapes: ['4-6'],
  proof: 'none',
  alone: 0,
});
