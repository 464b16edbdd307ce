import { weightedSum } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Public safety commissions; 00 stands on some licences that were converted from a foreign one. */
const commissions = new Set(
  (
    '00 10 11 12 13 14 20 21 22 23 24 25 30 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 60 61 ' +
    '62 63 64 65 70 71 72 73 74 80 81 82 83 90 91 92 93 94 95 96 97'
  ).split(' '),
);

/** Not the rule of the My Number: here a remainder of 0 gives 1 and a remainder of 1 gives 0. */
export function isDriverLicence(digits: string): boolean {
  const rest = weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return commissions.has(digits.slice(0, 2)) && Number(digits[10]) === (11 - rest) % 10;
}

export const jpDriverLicence: Detector = numberDetector({
  id: 'jp-driver-licence',
  version: 1,
  kind: 'personal.jp_driver_licence',
  title: { en: "Driver's licence number (Japan)", ja: '運転免許証番号' },
  labels: vocabulary(
    '運転免許',
    '免許証番号',
    '免許証',
    '免許番号',
    "driver's licence",
    "driver's license",
    'drivers license',
    'driving licence',
    'licence number',
    'license number',
  ),
  lengths: [12],
  shapes: ['4-4-4'],
  check: isDriverLicence,
  proof: 'digit',
  alone: 55,
});
