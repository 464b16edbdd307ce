import { luhn } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';
import { isNik } from './id-nik.ts';

/** Luhn over the first nine digits; since 2024 sixteen digits, 0 and the old number or the NIK. */
export function isNpwp(digits: string): boolean {
  if (digits.length === 15) return luhn(digits.slice(0, 9));
  return digits.startsWith('0') ? luhn(digits.slice(1, 10)) : isNik(digits);
}

export const idNpwp: Detector = numberDetector({
  id: 'id-npwp',
  version: 1,
  kind: 'personal.id_npwp',
  title: { en: 'NPWP, tax number (Indonesia)', ja: 'インドネシアの納税者番号(NPWP)' },
  labels: vocabulary('npwp', 'nomor pokok wajib pajak', 'インドネシアの納税者'),
  lengths: [15, 16],
  shapes: ['2-3-3-1-3-3', '3-3-3-1-3-3'],
  marks: '-ー.',
  check: isNpwp,
  proof: 'digit',
  alone: 40,
  grouped: 85,
});
