import { vocabulary, wordBefore } from '../context.ts';
import { hasDigits } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { Reader } from '../names/reader.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

const cards = vocabulary(
  '被保険者',
  '被保険者証',
  '保険証',
  '健康保険',
  '資格確認書',
  '医療証',
  '後期高齢者医療',
  '介護保険',
  '受給者番号',
  '公費負担',
  '記号',
);
const banks = vocabulary('ゆうちょ', '銀行', '口座', '通帳', '郵便貯金', '振込');
/** Right before the number. */
const label = /(?:記号|番号|枝番|被保険者番号|受給者番号)(?:\(?枝番\)?)?[ :]{0,2}(?:は|が)?[ :]?$/;
const labelUnits = 14;
const mostDigits = 10;
const name = detectorName({ id: 'jp-insured', version: 1 });
const kind = 'personal.jp_insured_number';

/**
 * Symbol, number and branch of an insured person (記号・番号・枝番). No check digit is published, and
 * a number may have one digit, so that only its label and the card it stands on make it one.
 */
export const jpInsured: Detector = {
  id: 'jp-insured',
  version: 1,
  kinds: [
    {
      kind,
      title: {
        en: 'Symbol or number of an insured person (Japan)',
        ja: '被保険者の記号・番号・枝番',
      },
    },
  ],
  maxSpan: mostDigits + 2,
  contest: 'number',
  anchor: {
    present: (text, from) => hasDigits(text, from, 1),
    openFrom({ text }, from) {
      const reader = new Reader(text);
      for (let at = Math.max(from, text.length - mostDigits - 2); at < text.length; at++) {
        reader.rewind();
        numberEnd(reader, at);
        if (reader.atEnd) return at;
      }
      return text.length;
    },
  },
  detect: (text) => [...numbers(text)],
};

function* numbers(text: NormalText): Generator<Finding> {
  if (!text.text.includes('番')) return;
  const reader = new Reader(text.text);
  for (let at = 1; at < reader.text.length; at++) {
    const end = numberEnd(reader, at);
    if (end === undefined) continue;
    if (!label.test(reader.text.slice(Math.max(0, at - labelUnits), at))) continue;
    if (wordBefore(text, at, cards) === undefined) continue;
    if (wordBefore(text, at, banks) !== undefined) continue;
    yield { ...spanOf(text, { start: at, end }), kind, score: 85, detector: name };
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function numberEnd(reader: Reader, start: number): number | undefined {
  if (!isDigit(reader.code(start)) || isDigit(reader.text.charCodeAt(start - 1))) return undefined;
  let end = start;
  while (end - start <= mostDigits && isDigit(reader.code(end))) end++;
  return end - start > mostDigits ? undefined : end;
}
