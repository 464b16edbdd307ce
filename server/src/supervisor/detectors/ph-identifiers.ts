import { weightedSum } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** No check digit is published: by its label only. */
export const phPhilsys: Detector = numberDetector({
  id: 'ph-philsys',
  version: 1,
  kind: 'personal.ph_philsys',
  title: { en: 'PhilSys number (Philippines)', ja: 'フィリピンの国民番号(PhilSys)' },
  labels: vocabulary(
    'philsys',
    'philid',
    'psn',
    'pcn',
    'philippine national id',
    'national id',
    'フィリピンの国民',
  ),
  lengths: [12, 16],
  shapes: ['4-4-4', '4-4-4-4', '4-7-1'],
  proof: 'none',
  alone: 0,
});

/** Used in public software and not published by the bureau: it ranks and never rejects. */
export function isPhTin(digits: string): boolean {
  return weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === Number(digits[8]);
}

const tin = {
  id: 'ph-tin',
  version: 1,
  kind: 'personal.ph_tin',
  title: { en: 'TIN (Philippines)', ja: 'フィリピンの納税者番号(TIN)' },
  labels: vocabulary(
    'tin',
    'bir',
    'taxpayer identification',
    'tax identification',
    'フィリピンの納税者',
  ),
  lengths: [9, 12],
  shapes: ['3-3-3', '3-3-3-3'],
  check: isPhTin,
  proof: 'digit',
  alone: 40,
} as const;

export const phTin: Detector = numberDetector(tin);
