import { contextOf, vocabulary } from '../context.ts';
import { type Candidate, digitAnchor, digitCandidates, digitLookAhead } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

const labels = vocabulary(
  'TEL',
  '電話',
  '携帯',
  'FAX',
  'ファックス',
  'ファクス',
  '連絡先',
  'phone',
  'telephone',
  'mobile',
  'cell',
  'call',
  'whatsapp',
  'telp',
  'telepon',
  'hp',
  'no. hp',
  'telefon',
  'điện thoại',
  'sđt',
  'โทร',
  'โทรศัพท์',
  'เบอร์',
  'ဖုန်း',
  'ទូរស័ព្ទ',
  'ໂທ',
  'スマホ',
  '内線',
  'text me at',
  'hotline',
  'ph',
);
const name = detectorName({ id: 'phone', version: 1 });

/** Subscriber digits after the country code, for the countries we serve and a few beside them. */
const plans: readonly { readonly code: string; readonly rest: RegExp }[] = [
  { code: '81', rest: /^([1-9]\d{8}|[5-9]0\d{8})$/ },
  { code: '65', rest: /^[3689]\d{7}$/ },
  { code: '60', rest: /^1\d{8,9}$|^[3-9]\d{7,8}$/ },
  { code: '62', rest: /^[1-9]\d{7,11}$/ },
  { code: '63', rest: /^[2-9]\d{8,9}$/ },
  { code: '66', rest: /^[2-9]\d{7,8}$/ },
  { code: '84', rest: /^[2-9]\d{8,9}$/ },
  { code: '95', rest: /^[1-9]\d{6,9}$/ },
  { code: '855', rest: /^[1-9]\d{7,8}$/ },
  { code: '856', rest: /^[23]\d{7,9}$/ },
  { code: '673', rest: /^[2-8]\d{6}$/ },
  { code: '670', rest: /^[2-7]\d{6,7}$/ },
];
/** Groupings of national numbers in Japan: area, exchange, subscriber. */
const fixedShapes = /^(2-4-4|3-3-4|4-2-4|5-1-4|2-8|3-7|4-6)$/;
const mobileShapes = /^(3-4-4|3-8|7-4)$/;
const tollFree = /^(0120|0800|0570|0990)/;

/** Japan's numbering plan, and E.164 for numbers with a plus. */
export const phone: Detector = {
  id: 'phone',
  version: 1,
  kinds: [
    { kind: 'personal.phone', title: { en: 'Telephone number', ja: '電話番号' } },
    {
      kind: 'organisation.phone',
      title: { en: 'Toll-free or service number', ja: 'フリーダイヤル等の番号' },
    },
  ],
  maxSpan: 80 + digitLookAhead,
  contest: 'number',
  anchor: digitAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const candidate of text.once(digitCandidates)) {
      const finding = judgePhone(text, candidate);
      if (finding !== undefined) findings.push(finding);
    }
    return findings;
  },
};

function judgePhone(text: NormalText, candidate: Candidate): Finding | undefined {
  const { digits, marks } = candidate;
  if (digits.length > 15 || marks.includes('/') || digits.length < 8) return undefined;
  const plus = /\+\(?$/.test(text.text.slice(Math.max(0, candidate.start - 2), candidate.start));
  const alone = plus ? scoreInternational(candidate) : scoreJapanese(candidate);
  const context = contextOf(text, candidate, { labels, labelOnly: alone === 0 });
  if (candidate.glued && !(context.label === 'near' && context.touching)) return undefined;
  let score = alone;
  if (context.label !== undefined) score = scoreLabelled(candidate, alone, context.label);
  // The plus is evidence that no order number has; everything else yields to its surroundings.
  else if (!plus && (context.counter || candidate.crowded)) score = Math.min(alone, 15);
  if (score === 0) return undefined;
  let { start } = candidate;
  // A bracket is part of the number when it closes inside it: (03)1234-5678, +(81)3-…
  const leads = marks.includes(')') ? '+(' : '+';
  while (start > 0 && candidate.start - start < 2 && leads.includes(text.text[start - 1] ?? ' '))
    start--;
  const kind = tollFree.test(digits) ? 'organisation.phone' : 'personal.phone';
  return { ...spanOf(text, { start, end: candidate.end }), kind, score, detector: name };
}

function scoreLabelled(
  candidate: Candidate,
  alone: number,
  label: 'near' | 'far' | 'after',
): number {
  if (alone > 0) return label === 'near' ? 95 : Math.max(alone, 85);
  // A label directly before ten digits or so is enough in any country; a date is not a number.
  const { digits, shape } = candidate;
  if (label !== 'near' || digits.length > 12 || digits.length < 8) return 0;
  return /^(19|20)\d\d-?[01]?\d-?[0-3]?\d$/.test(digits) && digits.length === 8 && shape !== '4-4'
    ? 0
    : 80;
}

function scoreInternational({ digits, crowded }: Candidate): number {
  const plan = plans.find(({ code }) => digits.startsWith(code));
  if (plan === undefined) return digits.startsWith('0') ? 0 : 75;
  const rest = digits.slice(plan.code.length).replace(/^0/, '');
  return plan.rest.test(rest) ? 95 : crowded ? 0 : 60;
}

function scoreJapanese({ digits, shape, marks }: Candidate): number {
  const joined = shape.includes('-');
  if (/^0[5-9]0[1-9]\d{7}$/.test(digits))
    return joined && !mobileShapes.test(shape) ? 40 : joined ? 92 : 75;
  if (/^(0120|0570)\d{6}$/.test(digits) || /^0800\d{7}$/.test(digits)) return joined ? 80 : 45;
  if (!/^0[1-9][1-9]\d{7}$|^0[1-9]0?\d{8}$/.test(digits) || digits.length !== 10) return 0;
  if (!joined) return 40;
  if (marks.includes('(') || marks.includes(')')) return 88;
  return fixedShapes.test(shape) ? (marks === '' ? 60 : 88) : 0;
}
