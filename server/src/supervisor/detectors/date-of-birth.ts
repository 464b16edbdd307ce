import { isMonthDay } from '../checks.ts';
import { vocabulary, wordBefore } from '../context.ts';
import { hasDigits } from '../digits.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

const labels = vocabulary(
  '生年月日',
  '誕生日',
  '出生年月日',
  '生まれた日',
  'date of birth',
  'dob',
  'd.o.b',
  'birth date',
  'birthdate',
  'birthday',
  'born on',
  'born',
  'tanggal lahir',
  'tarikh lahir',
  'ngày sinh',
  'วันเกิด',
  'petsa ng kapanganakan',
  'မွေးသက္ကရာဇ်',
);
const longest = 24;
const behind = 4;

/** Years of the calendar or of an era, then month and day, or the other way round. Bounded. */
const pattern = new RegExp(
  [
    '(?:明治|大正|昭和|平成|令和|[MTSHR])\\.? ?(?:[0-9]{1,2}|元)(?:年 ?|[./-])[0-9]{1,2}(?:月 ?|[./-])[0-9]{1,2}日?',
    '(?:18|19|20)[0-9]{2} ?(?:年 ?|[./-])[0-9]{1,2} ?(?:月 ?|[./-])[0-9]{1,2}日?',
    '[0-9]{1,2}[./-][0-9]{1,2}[./-](?:18|19|20|25)[0-9]{2}',
    '(?:18|19|20)[0-9]{6}',
    '[0-9]{1,2} [A-Za-z]{3,9}\\.?,? (?:19|20)[0-9]{2}',
    '[A-Za-z]{3,9}\\.? [0-9]{1,2},? (?:19|20)[0-9]{2}',
  ].join('|'),
  'y',
);
const months = 'jan feb mar apr may jun jul aug sep oct nov dec mei agu okt des'.split(' ');
const name = detectorName({ id: 'date-of-birth', version: 1 });

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 32;
  return code >= 97 && code <= 122;
}

/** A place where a date can begin; near the end of the text also where one may be coming. */
function mayBegin(text: string, at: number): boolean {
  if (isDigit(text, at)) return !isDigit(text, at - 1);
  if (text.charCodeAt(at) > 0x7f) return '明大昭平令'.includes(text[at] ?? ' ');
  if (!isLetter(text, at) || isLetter(text, at - 1)) return false;
  const unit = text[at] ?? ' ';
  if ('MTSHR'.includes(unit) && (at + 1 >= text.length || /[0-9. 元]/.test(text[at + 1] ?? ' '))) {
    return true;
  }
  const word = text.slice(at, at + 3).toLowerCase();
  return months.some((month) => (word.length < 3 ? month.startsWith(word) : month === word));
}

/** The first unit at or after `at` that no date contains. */
function dateEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[0-9A-Za-z年月日元./,\- 明治大正昭和平成令]/.test(text[at] ?? ''))
    at++;
  return at;
}

/** A date may be growing at the end of the text, and 生まれ behind it makes it one of birth. */
const dateAnchor: Anchor = {
  present: (text, from) => hasDigits(text, from, 1),
  openFrom({ text }, from) {
    for (let at = Math.max(from, text.length - longest - behind - 1); at < text.length; at++) {
      if (mayBegin(text, at) && dateEnd(text, at) + behind + 1 > text.length) return at;
    }
    return text.length;
  },
};

export const dateOfBirth: Detector = {
  id: 'date-of-birth',
  version: 1,
  kinds: [{ kind: 'personal.date_of_birth', title: { en: 'Date of birth', ja: '生年月日' } }],
  maxSpan: longest + behind + 1,
  anchor: dateAnchor,
  detect: (text) => [...dates(text)],
};

function* dates(text: NormalText): Generator<Finding> {
  const named = text.text.includes('生') || labels.lexicon.firstAt(text.lower, 0) !== undefined;
  if (!named) return;
  for (let start = 0; start < text.text.length; start++) {
    if (!mayBegin(text.text, start)) continue;
    pattern.lastIndex = start;
    const written = pattern.exec(text.text)?.[0];
    if (written === undefined || !isDate(written)) continue;
    const end = start + written.length;
    if (isDigit(text.text, end)) continue;
    const label = wordBefore(text, start, labels);
    const behindIt = /^ ?(?:生(?!産|徒|活|成|物)|\)?生まれ)/.test(
      text.text.slice(end, end + behind),
    );
    const close = label !== undefined && label.distance <= 12;
    if (!close && !behindIt) continue;
    const place = { start, end };
    const kind = 'personal.date_of_birth';
    yield { ...spanOf(text, place), kind, score: close ? 90 : 80, detector: name };
  }
}

function isDate(written: string): boolean {
  const word = /[A-Za-z]{3,9}/.exec(written)?.[0];
  if (word !== undefined) return months.includes(word.slice(0, 3).toLowerCase());
  const numbers = written.match(/[0-9]+/g)?.map(Number) ?? [];
  const [first = 0, second = 0, third = 0] = written.includes('元') ? [1, ...numbers] : numbers;
  if (numbers.length === 1) return isMonthDay(Math.floor(first / 100) % 100, first % 100);
  if (third > 31) return isMonthDay(second, first) || isMonthDay(first, second);
  return isMonthDay(second, third);
}
