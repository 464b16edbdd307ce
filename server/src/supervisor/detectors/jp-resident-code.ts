import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/**
 * By its label only: the formula of its check digit is not in our sources, and none is invented.
 */
export const jpResidentCode: Detector = numberDetector({
  id: 'jp-resident-code',
  version: 1,
  kind: 'personal.jp_resident_code',
  title: { en: 'Resident-record code (Japan)', ja: '住民票コード' },
  labels: vocabulary('住民票コード', 'resident record code', 'resident-record code'),
  lengths: [11],
  shapes: ['4-4-3', '3-4-4', '5-6', '6-5'],
  proof: 'none',
  alone: 0,
});
