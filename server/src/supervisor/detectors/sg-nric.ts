import { weightedSum } from '../checks.ts';
import { vocabulary, wordAfter, wordBefore } from '../context.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { alnumAnchor, alnumLookAhead, alnumTokens, tokenSpan } from '../tokens.ts';

const letters = { citizen: 'JZIHGFEDCBA', foreigner: 'XWUTRQPNMLK', mSeries: 'KLJNPQRTUWX' };

/**
 * The M series (from 2022) is read from the other end of its table; many programs get that wrong.
 */
export function isNric(value: string): boolean {
  const series = value[0] ?? '';
  const added = series === 'T' || series === 'G' ? 4 : series === 'M' ? 3 : 0;
  const rest = (weightedSum(value.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + added) % 11;
  if (series === 'M') return value[8] === letters.mSeries[10 - rest];
  const table = series === 'S' || series === 'T' ? letters.citizen : letters.foreigner;
  return value[8] === table[rest];
}

/**
 * The letters A to Z without I, L, O and the like, then the digits: the alphabet of other bodies.
 */
const uenAlphabet = 'ABCDEFGHJKLMNPQRSTUVWX0123456789';

/** uen.gov.sg: business (8 digits), company (9 digits), other bodies (T09CC5265E). */
export function isUen(value: string): boolean {
  if (/^\d{8}[A-Z]$/.test(value)) {
    return value[8] === 'XMKECAWLJDB'[weightedSum(value, [10, 4, 9, 3, 8, 2, 7, 1]) % 11];
  }
  if (/^(18|19|20)\d{7}[A-Z]$/.test(value)) {
    return value[9] === 'ZKCMDNERGWH'[weightedSum(value, [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11];
  }
  if (!/^[RST]\d{2}[A-Z]{2}\d{4}[A-Z]$/.test(value)) return false;
  let sum = 0;
  for (const [at, weight] of [4, 3, 5, 3, 10, 2, 2, 5, 7].entries()) {
    sum += weight * uenAlphabet.indexOf(value[at] ?? '');
  }
  return value[9] === uenAlphabet[(sum - 5) % 11];
}

const nricLabels = vocabulary(
  'nric',
  'fin',
  'identity card',
  'ic no',
  'identification number',
  '身分証',
);
const uenLabels = vocabulary('uen', 'unique entity number', 'company registration');
const nricName = detectorName({ id: 'sg-nric', version: 1 });
const uenName = detectorName({ id: 'sg-uen', version: 1 });

export const sgNric: Detector = {
  id: 'sg-nric',
  version: 1,
  kinds: [
    {
      kind: 'personal.sg_nric',
      title: { en: 'NRIC or FIN (Singapore)', ja: 'シンガポールの身分証番号(NRIC・FIN)' },
    },
  ],
  maxSpan: 9 + alnumLookAhead,
  contest: 'number',
  anchor: alnumAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const token of text.once(alnumTokens)) {
      const value = token.value.toUpperCase();
      if (!/^[STFGM]\d{7}[A-Z]$/.test(value)) continue;
      const label =
        wordBefore(text, token.start, nricLabels) ?? wordAfter(text, token.end, nricLabels);
      const passes = isNric(value);
      const span = { ...tokenSpan(text, token), kind: 'personal.sg_nric', detector: nricName };
      if (label !== undefined) {
        findings.push(passes ? { ...span, score: 95 } : { ...span, score: 70, malformed: true });
      } else if (passes) {
        findings.push({ ...span, score: token.joined ? 20 : 75 });
      }
    }
    return findings;
  },
};

export const sgUen: Detector = {
  id: 'sg-uen',
  version: 1,
  kinds: [
    {
      kind: 'organisation.sg_uen',
      title: { en: 'Unique entity number (Singapore)', ja: 'シンガポールの法人等番号(UEN)' },
    },
  ],
  maxSpan: 10 + alnumLookAhead,
  contest: 'number',
  anchor: alnumAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const token of text.once(alnumTokens)) {
      if (!isUen(token.value)) continue;
      const label =
        wordBefore(text, token.start, uenLabels) ?? wordAfter(text, token.end, uenLabels);
      findings.push({
        ...tokenSpan(text, token),
        kind: 'organisation.sg_uen',
        score: label === undefined ? 45 : 95,
        detector: uenName,
      });
    }
    return findings;
  },
};
