import { isMonthDay } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** National Registration Department: codes never assigned as a place of birth. */
const unassigned = new Set('00 17 18 19 20 69 70 73 80 81 94 95 96 97'.split(' '));

/** YYMMDD, place of birth, serial; no check digit. */
export function isMyKad(digits: string): boolean {
  const date = isMonthDay(Number(digits.slice(2, 4)), Number(digits.slice(4, 6)));
  return date && !unassigned.has(digits.slice(6, 8));
}

export const myMykad: Detector = numberDetector({
  id: 'my-mykad',
  version: 1,
  kind: 'personal.my_mykad',
  title: { en: 'MyKad (Malaysia)', ja: 'マレーシアの身分証番号(MyKad)' },
  labels: vocabulary(
    'mykad',
    'ic',
    'nric',
    'no. k/p',
    'no k/p',
    'kad pengenalan',
    'no. kad',
    'マレーシアの身分証',
    '身份证号码',
    'mykid',
  ),
  lengths: [12],
  shapes: ['6-2-4'],
  check: isMyKad,
  proof: 'structure',
  alone: 45,
  grouped: 80,
});
