import { vocabulary, wordAfter, wordBefore } from '../context.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import { alnumAnchor, alnumLookAhead, alnumTokens, tokenSpan } from '../tokens.ts';

const labels = vocabulary('在留カード', '在留', 'residence card', 'zairyu', '特別永住者証明書');
const name = detectorName({ id: 'jp-residence-card', version: 1 });

/** Two letters, eight digits, two letters. No check digit is published. */
export const jpResidenceCard: Detector = {
  id: 'jp-residence-card',
  version: 1,
  kinds: [
    {
      kind: 'personal.jp_residence_card',
      title: { en: 'Residence card number (Japan)', ja: '在留カード番号' },
    },
  ],
  maxSpan: 12 + alnumLookAhead,
  contest: 'number',
  anchor: alnumAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const token of text.once(alnumTokens)) {
      if (!/^[A-Za-z]{2}\d{8}[A-Za-z]{2}$/.test(token.value)) continue;
      const labelled = wordBefore(text, token.start, labels) ?? wordAfter(text, token.end, labels);
      const plain = token.joined || token.value !== token.value.toUpperCase() ? 20 : 60;
      const score = labelled === undefined ? plain : 90;
      findings.push({
        ...tokenSpan(text, token),
        kind: 'personal.jp_residence_card',
        score,
        detector: name,
      });
    }
    return findings;
  },
};
