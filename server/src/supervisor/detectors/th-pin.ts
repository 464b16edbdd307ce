import { weightedSum } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Ministry of Interior: weights 13 to 2, and the first digit is 1 to 8. */
export function isThaiPin(digits: string): boolean {
  const sum = weightedSum(digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  return /^[1-8]/.test(digits) && Number(digits[12]) === (11 - (sum % 11)) % 10;
}

export const thPin: Detector = numberDetector({
  id: 'th-pin',
  version: 1,
  kind: 'personal.th_pin',
  title: { en: 'Identity number (Thailand)', ja: 'タイの国民識別番号' },
  labels: vocabulary(
    'เลขประจำตัวประชาชน',
    'บัตรประชาชน',
    'เลขบัตรประชาชน',
    'เลขประจำตัว',
    'thai id',
    'national id',
    'citizen id',
    'identification number',
    'タイの国民',
    '国民識別番号',
    'thailand id',
  ),
  lengths: [13],
  shapes: ['1-4-5-2-1'],
  check: isThaiPin,
  proof: 'digit',
  // Thirteen digits are also goods (JAN) and clocks (milliseconds); the grouping is nobody else's.
  alone: 45,
  grouped: 80,
});
