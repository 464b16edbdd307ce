import { luhn } from '../checks.ts';
import { vocabulary, wordAfter, wordBefore } from '../context.ts';
import { digitAnchor, digitCandidates } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { type NumberRule, judgeNumber, numberDetector, spanOf } from '../number.ts';

/** Weights 2, 1, 2, ... from the right of the first seven, digits of the products added: Luhn. */
export function isInsurerNumber(digits: string): boolean {
  return luhn(digits);
}

const rule: NumberRule = {
  id: 'jp-insurer-number',
  version: 1,
  kind: 'organisation.jp_insurer_number',
  title: { en: 'Health insurer number (Japan)', ja: '保険者番号' },
  labels: vocabulary('保険者番号', 'insurer number', '保険者No'),
  lengths: [8],
  shapes: ['2-2-3-1', '2-6', '4-4'],
  check: isInsurerNumber,
  proof: 'digit',
  alone: 40,
};
const insuredWords = vocabulary('記号', '被保険者', '枝番', '本人', '家族', '氏名');
const name = detectorName(rule);

/**
 * It names an insurer; beside the symbol and number of the insured it is part of a person's record.
 */
export const jpInsurerNumber: Detector = {
  ...numberDetector(rule),
  kinds: [
    { kind: rule.kind, title: rule.title },
    {
      kind: 'personal.jp_health_insurance',
      title: { en: 'Health insurance record (Japan)', ja: '健康保険の被保険者情報' },
    },
  ],
  anchor: digitAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const candidate of text.once(digitCandidates)) {
      const verdict = judgeNumber(text, candidate, rule);
      if (verdict === undefined) continue;
      const insured =
        verdict.score >= 70 &&
        (wordBefore(text, candidate.start, insuredWords) ??
          wordAfter(text, candidate.end, insuredWords));
      const kind = insured ? 'personal.jp_health_insurance' : rule.kind;
      findings.push({ ...verdict, ...spanOf(text, candidate), kind, detector: name });
    }
    return findings;
  },
};
