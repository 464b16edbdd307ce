import { weightedSum } from '../checks.ts';
import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Ordinance 85 of 2014 of the Ministry of Internal Affairs and Communications, article 5. */
export function isMyNumber(digits: string): boolean {
  const rest = weightedSum(digits, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return Number(digits[11]) === (rest <= 1 ? 0 : 11 - rest);
}

export const jpMyNumber: Detector = numberDetector({
  id: 'jp-my-number',
  version: 1,
  kind: 'personal.jp_my_number',
  title: { en: 'My Number (Japan)', ja: 'マイナンバー(個人番号)' },
  labels: vocabulary(
    'マイナンバー',
    '個人番号',
    '番号確認書類',
    'my number',
    'mynumber',
    'individual number',
    'マイナ番号',
    '通知カード',
  ),
  lengths: [12],
  shapes: ['4-4-4', '3-3-3-3', '6-6', '2-2-2-2-2-2'],
  check: isMyNumber,
  proof: 'digit',
  alone: 60,
});
