import type { Bilingual } from '#base';
import { type Vocabulary, contextOf } from './context.ts';
import { type Candidate, digitAnchor, digitCandidates, digitLookAhead } from './digits.ts';
import { type Detector, type Finding, detectorName } from './finding.ts';
import type { NormalText } from './normalise.ts';

/** An identifier that is a string of digits, described; `numberDetector` makes it a detector. */
export interface NumberRule {
  readonly id: string;
  readonly version: number;
  readonly kind: string;
  readonly title: Bilingual;
  readonly labels: Vocabulary;
  readonly lengths: readonly number[];
  /** Groupings people write it in; written together always counts. */
  readonly shapes?: readonly string[];
  /** Marks that may stand between the groups. */
  readonly marks?: string;
  /** Undefined when nothing about the digits can be checked. */
  readonly check?: (digits: string, candidate: Candidate) => boolean;
  /** `digit`: a check digit. `structure`: a date or a code list only. */
  readonly proof: 'digit' | 'structure' | 'none';
  /** Score without a label when the check passes; 0 when a label is needed. */
  readonly alone: number;
  /** Score without a label when it is also grouped the way its holders group it. */
  readonly grouped?: number;
}

/** Score of a number whose surroundings say that it is something else. */
const counted = 15;

export function numberDetector(rule: NumberRule): Detector {
  const name = detectorName(rule);
  return {
    id: rule.id,
    version: rule.version,
    kinds: [{ kind: rule.kind, title: rule.title }],
    maxSpan: 73 + digitLookAhead,
    contest: 'number',
    anchor: digitAnchor,
    detect(text) {
      const findings: Finding[] = [];
      for (const candidate of text.once(digitCandidates)) {
        const verdict = judgeNumber(text, candidate, rule);
        if (verdict === undefined) continue;
        findings.push({ ...verdict, ...spanOf(text, candidate), kind: rule.kind, detector: name });
      }
      return findings;
    },
  };
}

export function spanOf(
  text: NormalText,
  { start, end }: { readonly start: number; readonly end: number },
): { start: number; end: number } {
  return { start: text.start(start), end: text.end(end - 1) };
}

/** The score of a candidate under a rule, or undefined when it is not one of its kind. */
export function judgeNumber(
  text: NormalText,
  candidate: Candidate,
  rule: NumberRule,
): { score: number; malformed?: true } | undefined {
  if (!rule.lengths.includes(candidate.digits.length)) return undefined;
  const allowed = rule.marks ?? '-ー';
  for (const mark of candidate.marks) if (!allowed.includes(mark)) return undefined;
  const passes = rule.check?.(candidate.digits, candidate) ?? true;
  const labelOnly = !passes || (rule.proof === 'none' && rule.alone === 0);
  const context = contextOf(text, candidate, { labels: rule.labels, labelOnly });
  if (candidate.glued && !(context.label === 'near' && context.touching)) return undefined;
  if (context.label !== undefined) {
    const close = context.label === 'near';
    if (!passes)
      return close && isUsual(candidate, rule) ? { score: 70, malformed: true } : undefined;
    if (rule.proof === 'digit') return { score: close ? 95 : 88 };
    if (rule.proof === 'structure') return { score: close ? 90 : 80 };
    return close ? { score: 85 } : { score: 60 };
  }
  if (!passes || rule.alone === 0) return undefined;
  if (context.counter || candidate.crowded || !isUsual(candidate, rule)) return { score: counted };
  return { score: candidate.shape.includes('-') ? (rule.grouped ?? rule.alone) : rule.alone };
}

/** Written together, in a grouping of its own, or spelled digit by digit. */
function isUsual({ shape, digits }: Candidate, rule: NumberRule): boolean {
  if (!shape.includes('-')) return true;
  return (rule.shapes ?? []).includes(shape) || shape.length === digits.length * 2 - 1;
}
