import { isMonthDay } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Civil-registration codes of the 38 provinces, also those of 2012 and 2022. */
const provinces = new Set(
  (
    '11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 ' +
    '82 91 92 93 94 95 96'
  ).split(' '),
);

/** Province, regency, district, date of birth with 40 added to the day for women, serial. */
export function isNik(digits: string): boolean {
  const day = Number(digits.slice(6, 8));
  return (
    provinces.has(digits.slice(0, 2)) &&
    isMonthDay(Number(digits.slice(8, 10)), day > 40 ? day - 40 : day) &&
    digits.slice(12) !== '0000'
  );
}

export const idNik: Detector = numberDetector({
  id: 'id-nik',
  version: 1,
  kind: 'personal.id_nik',
  title: { en: 'NIK (Indonesia)', ja: 'インドネシアの住民番号(NIK)' },
  labels: vocabulary(
    'nik',
    'ktp',
    'kk',
    'nomor induk kependudukan',
    'kartu tanda penduduk',
    'kartu keluarga',
    'インドネシアの住民',
  ),
  lengths: [16],
  shapes: ['4-4-4-4', '6-6-4', '2-2-2-6-4'],
  check: isNik,
  proof: 'structure',
  alone: 55,
});
