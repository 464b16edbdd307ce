import { type Vocabulary, vocabulary, wordAfter, wordBefore } from '../context.ts';
import { type Candidate, digitAnchor, digitCandidates, digitLookAhead } from '../digits.ts';
import { type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';

/** Words that name an account wherever they stand, and words that do so only directly before it. */
const labels: Vocabulary = vocabulary(
  '口座番号',
  '振込先',
  '振込口座',
  '普通預金',
  '当座預金',
  '普通口座',
  '記号番号',
  '口座',
  'account number',
  'account no',
  'a/c no',
  'bank account',
  'nomor rekening',
  'no. rekening',
  'rekening',
  'số tài khoản',
  'เลขที่บัญชี',
  'เลขบัญชี',
  'akaun',
);
const types: Vocabulary = vocabulary('普通', '当座', '貯蓄', '記号');
const banks: Vocabulary = vocabulary(
  '銀行',
  '信用金庫',
  '信金',
  '信用組合',
  '農協',
  '支店',
  '出張所',
  'ゆうちょ',
  'bank',
  'branch',
);
const others: Vocabulary = vocabulary(
  '電話',
  'tel',
  'fax',
  '携帯',
  '郵便',
  '〒',
  'マイナンバー',
  '個人番号',
  '年金',
  '免許',
);
const name = detectorName({ id: 'bank-account', version: 1 });

/**
 * No check digit: account (7), branch and account (3-7), bank, branch, account (4-3-7), Japan Post
 * (5-8).
 */
const shapes = /^(7|8|3-7|4-3-7|5-[678]|5-1-[78]|1[0-4]|3-1-5|3-3-4|3-1-6|3-2-6)$/;

export const bankAccount: Detector = {
  id: 'bank-account',
  version: 1,
  kinds: [{ kind: 'personal.bank_account', title: { en: 'Bank account', ja: '銀行口座' } }],
  maxSpan: 73 + digitLookAhead,
  contest: 'number',
  anchor: digitAnchor,
  detect(text) {
    const findings: Finding[] = [];
    for (const candidate of text.once(digitCandidates)) {
      const score = scoreAccount(text, candidate);
      if (score === 0) continue;
      findings.push({
        ...spanOf(text, candidate),
        kind: 'personal.bank_account',
        score,
        detector: name,
      });
    }
    return findings;
  },
};

function scoreAccount(text: NormalText, candidate: Candidate): number {
  if (candidate.glued || /[./()]/.test(candidate.marks) || !shapes.test(candidate.shape)) return 0;
  const label = wordBefore(text, candidate.start, labels);
  const type = wordBefore(text, candidate.start, types, 8);
  const nearest = Math.min(label?.distance ?? 99, type?.distance ?? 99);
  if (nearest === 99) return 0;
  const other = wordBefore(text, candidate.start, others);
  if (other !== undefined && other.distance < nearest) return 0;
  const bank = wordBefore(text, candidate.start, banks) ?? wordAfter(text, candidate.end, banks);
  const close = label !== undefined && label.distance <= 12;
  if (!close && type === undefined) return bank === undefined ? 0 : 60;
  return bank === undefined && !close ? 60 : 85;
}
