import { vocabulary, wordBefore } from '../context.ts';
import { hasDigits } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { Reader } from '../names/reader.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

/** Lengths by country, of the SWIFT IBAN registry. */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 EG29 ES24 FI18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 ' +
    'LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 ' +
    'SE24 SI19 SK24 SM27 TL23 TN24 TR26 UA29 VA22 XK20'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))] as const),
);
const labels = vocabulary('iban', 'account', '口座', 'international bank account');
const name = detectorName({ id: 'iban', version: 1 });
const kind = 'personal.iban';
/** The longest number with a blank after every four of it, and what stands behind it. */
const longest = 44;

/** ISO 13616: the first four moved to the end, letters as 10 to 35, remainder 1 of 97. */
export function isIban(value: string): boolean {
  if (lengths.get(value.slice(0, 2)) !== value.length) return false;
  let rest = 0;
  for (const unit of value.slice(4) + value.slice(0, 4)) {
    const digit = Number.parseInt(unit, 36);
    rest = (rest * (digit > 9 ? 100 : 10) + digit) % 97;
  }
  return rest === 1;
}

export const iban: Detector = {
  id: 'iban',
  version: 1,
  kinds: [{ kind, title: { en: 'Bank account (IBAN)', ja: '銀行口座(IBAN)' } }],
  maxSpan: longest,
  contest: 'number',
  anchor: {
    present: (text, from) => hasDigits(text, from, 10),
    openFrom({ text }, from) {
      const reader = new Reader(text);
      for (let at = Math.max(from, text.length - longest); at < text.length; at++) {
        reader.rewind();
        ibanAt(reader, at);
        if (reader.atEnd) return at;
      }
      return text.length;
    },
  },
  detect: (text) => [...numbers(text)],
};

function* numbers(text: NormalText): Generator<Finding> {
  const reader = new Reader(text.text);
  for (let at = 0; at + 14 < reader.text.length; at++) {
    if (!isUpper(reader.text.charCodeAt(at)) || !isUpper(reader.text.charCodeAt(at + 1))) continue;
    const found = ibanAt(reader, at);
    if (found === undefined) continue;
    const labelled = wordBefore(text, at, labels) !== undefined;
    const passes = isIban(found.value);
    if (!passes && !labelled) continue;
    const span = { ...spanOf(text, { start: at, end: found.end }), kind, detector: name };
    if (passes) yield { ...span, score: labelled ? 95 : 88 };
    else yield { ...span, score: 70, malformed: true };
  }
}

/** Country, two digits, and as many units as the country's numbers have, in groups or together. */
function ibanAt(reader: Reader, start: number): { value: string; end: number } | undefined {
  if (!isUpper(reader.code(start)) || isAlnum(reader.text.charCodeAt(start - 1))) return undefined;
  if (!isUpper(reader.code(start + 1))) return undefined;
  const length = lengths.get(reader.text.slice(start, start + 2));
  if (length === undefined) return undefined;
  let value = '';
  let at = start;
  for (; value.length < length; at++) {
    const code = reader.code(at);
    if (isAlnum(code)) value += reader.text.charAt(at);
    else if ((code !== 0x20 && code !== 0x2d) || value.length % 4 !== 0) return undefined;
    if (value.length === 4 && !/^[A-Z]{2}\d\d$/.test(value)) return undefined;
  }
  return isAlnum(reader.code(at)) ? undefined : { value, end: at };
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function isAlnum(code: number): boolean {
  return isUpper(code) || (code >= 48 && code <= 57);
}
