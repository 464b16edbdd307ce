import { weightedSum } from '../checks.ts';
import { vocabulary, wordBefore } from '../context.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { numberDetector } from '../number.ts';
import { alnumAnchor, alnumLookAhead, alnumTokens, tokenSpan } from '../tokens.ts';

/** Ordinance of the Ministry of Finance on corporate numbers, article 2. */
export function isCorporateNumber(digits: string): boolean {
  const rest = weightedSum(digits.slice(1), [2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]) % 9;
  return Number(digits[0]) === 9 - rest;
}

/**
 * Public data: tagged so that it is not taken for a person's number, and never a reason to mask.
 */
export const jpCorporateNumber: Detector = numberDetector({
  id: 'jp-corporate-number',
  version: 1,
  kind: 'organisation.jp_corporate_number',
  title: { en: 'Corporate number (Japan)', ja: '法人番号' },
  labels: vocabulary('法人番号', 'corporate number', '会社法人等番号'),
  lengths: [13],
  shapes: ['1-4-4-4', '1-12'],
  check: isCorporateNumber,
  proof: 'digit',
  alone: 60,
});

const labels = vocabulary('登録番号', '適格請求書', 'インボイス', '事業者番号', 'registration');
const name = detectorName({ id: 'jp-invoice-number', version: 1 });

/**
 * T and 13 digits. A company's is its corporate number; a sole proprietor's is issued separately
 * and points to a person, and nothing but a register can tell the two apart for certain.
 */
export const jpInvoiceNumber: Detector = {
  id: 'jp-invoice-number',
  version: 1,
  kinds: [
    {
      kind: 'organisation.jp_invoice_number',
      title: { en: 'Invoice registration number (Japan)', ja: '適格請求書発行事業者の登録番号' },
    },
    {
      kind: 'personal.jp_invoice_number',
      title: {
        en: 'Invoice registration number, perhaps of a sole proprietor (Japan)',
        ja: '登録番号(個人事業主の可能性があるもの)',
      },
    },
  ],
  maxSpan: 14 + alnumLookAhead,
  contest: 'number',
  anchor: alnumAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const token of text.once(alnumTokens)) {
      if (!/^[Tt]\d{13}$/.test(token.value)) continue;
      const company = isCorporateNumber(token.value.slice(1));
      const labelled = wordBefore(text, token.start, labels) !== undefined;
      findings.push({
        ...tokenSpan(text, token),
        kind: company ? 'organisation.jp_invoice_number' : 'personal.jp_invoice_number',
        score: labelled ? 90 : company ? 75 : 60,
        detector: name,
      });
    }
    return findings;
  },
};
