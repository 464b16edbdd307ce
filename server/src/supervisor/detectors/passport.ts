import { isMonthDay, mrzCheckDigit } from '../checks.ts';
import { vocabulary, wordBefore } from '../context.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { alnumAnchor, alnumLookAhead, alnumTokens, tokenSpan } from '../tokens.ts';

const labels = vocabulary(
  '旅券番号',
  '旅券',
  'パスポート',
  'passport',
  'paspor',
  'pasport',
  'hộ chiếu',
  'หนังสือเดินทาง',
);
const numberName = detectorName({ id: 'jp-passport-number', version: 1 });

/** Two letters and seven digits; without a label that is any product code. */
export const jpPassportNumber: Detector = {
  id: 'jp-passport-number',
  version: 1,
  kinds: [{ kind: 'personal.passport_number', title: { en: 'Passport number', ja: '旅券番号' } }],
  maxSpan: 12 + alnumLookAhead,
  contest: 'number',
  anchor: alnumAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const token of text.once(alnumTokens)) {
      // Japan TK1234567; Southeast Asia one or two letters and six to eight digits, one letter
      // more.
      if (!/^[A-Za-z]{1,2}\d{6,8}[A-Za-z]?$/.test(token.value)) continue;
      const label = wordBefore(text, token.start, labels);
      if (label === undefined) continue;
      const score = label.distance <= 12 ? 88 : 60;
      findings.push({
        ...tokenSpan(text, token),
        kind: 'personal.passport_number',
        score,
        detector: numberName,
      });
    }
    return findings;
  },
};

const lineLengths = [30, 36, 44];
const longestLine = 44;

function isZoneUnit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 60;
}

/** Unlike other tokens these may be cut by no letter of either case. */
const zoneAnchor: Anchor = {
  present: (text, from) => {
    const filler = text.text.indexOf('<', from);
    return filler >= 0;
  },
  openFrom: ({ text }, from) => {
    let start = text.length;
    while (start > from && text.length - start <= longestLine && isZoneUnit(text, start - 1))
      start--;
    return text.length - start > longestLine ? text.length : start;
  },
};

const mrzName = detectorName({ id: 'passport-mrz', version: 1 });

/** Lines of a machine-readable zone, each on its own (ICAO Doc 9303, parts 4 to 7). */
export const passportMrz: Detector = {
  id: 'passport-mrz',
  version: 1,
  kinds: [
    {
      kind: 'personal.passport_mrz',
      title: { en: 'Machine-readable zone of a travel document', ja: '旅券等の機械読取領域' },
    },
  ],
  maxSpan: longestLine + 1,
  anchor: zoneAnchor,
  detect: (text) => {
    const findings: Finding[] = [];
    for (const { start, end } of zoneLines(text)) {
      const score = scoreLine(text.text.slice(start, end));
      if (score === 0) continue;
      findings.push({
        ...tokenSpan(text, { start, end }),
        kind: 'personal.passport_mrz',
        score,
        detector: mrzName,
        ...(score === 70 ? { malformed: true } : {}),
      });
    }
    return findings;
  },
};

function zoneLines({ text }: NormalText): readonly { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    let start = at;
    while (at - start <= longestLine && isZoneUnit(text, start - 1)) start--;
    let end = at + 1;
    while (isZoneUnit(text, end)) end++;
    if (lineLengths.includes(end - start)) lines.push({ start, end });
    at = text.indexOf('<', end);
  }
  return lines;
}

/** 95 when its check digits agree, 85 for a line of names, 70 when only the layout is right. */
function scoreLine(line: string): number {
  if (/^[PVIAC][A-Z<][A-Z<]{3}[A-Z][A-Z<]*$/.test(line)) return 85;
  if (line.length === 30 && /^[IAC][A-Z<][A-Z<]{3}/.test(line)) {
    return checks(line.slice(5, 14), line[14]) ? 95 : 70;
  }
  if (line.length === 30) return scoreDates(line.slice(0, 7), line.slice(8, 15));
  const dates = scoreDates(line.slice(13, 20), line.slice(21, 28));
  if (dates === 0) return 0;
  return checks(line.slice(0, 9), line[9]) ? dates : Math.min(dates, 70);
}

function checks(field: string, digit: string | undefined): boolean {
  return digit === String(mrzCheckDigit(field));
}

function scoreDates(birth: string, expiry: string): number {
  if (!/^\d{7}$/.test(birth) || !/^\d{7}$/.test(expiry)) return 0;
  if (!isMonthDay(Number(expiry.slice(2, 4)), Number(expiry.slice(4, 6)))) return 0;
  const agree = checks(birth.slice(0, 6), birth[6]) && checks(expiry.slice(0, 6), expiry[6]);
  return agree ? 95 : 70;
}
