import type { Language } from '#base';
import { type GuardFinding, verdictOf } from '#api';
import type { AgeGroup, Policy, RoutingFacts } from '#policy';
import { allDetectors, covers, languageOf } from '#supervisor';
import { supervisorOf } from './guard.ts';
import { aboutOf, outcomeOf } from './policy-examples.ts';

/** What becomes of one text, and which finding led there. */
export interface Trial {
  readonly decision: string;
  /** The data class of the request, and where it would go first. */
  readonly class: string;
  readonly upstream: string | null;
  readonly rules: readonly string[];
  readonly refused: readonly string[];
  readonly redacted: string | null;
  readonly findings: readonly TriedFinding[];
}

export interface TriedFinding extends GuardFinding {
  /** The characters it is about. */
  readonly text: string;
  /** What the rule does; `none` where no rule is about this kind at this score. */
  readonly action: string;
  /** Rules about this kind that ask for a higher score. */
  readonly tooWeakFor: readonly { readonly rule: string; readonly minScore: number }[];
}

/** Judges one text by a rule book; nothing is sent and nothing is recorded. */
export function tryText(
  policy: Policy,
  asked: {
    readonly text: string;
    readonly role: 'user' | 'assistant';
    readonly class?: string;
    readonly age?: AgeGroup;
  },
  facts: RoutingFacts,
): Trial {
  const { text, role } = asked;
  const supervisor = supervisorOf(policy);
  const about = { ...aboutOf(policy, asked), language: languageOf(text) };
  const direction = role === 'assistant' ? 'output' : 'input';
  const inspection = supervisor.inspect(direction, [{ path: 'text', text }], about);
  const verdict = verdictOf(text, inspection);
  const outcome = outcomeOf(policy, asked, { seen: inspection, facts });
  const rules = policy.document.supervision.filter(
    (rule) => rule.direction === direction || rule.direction === 'both',
  );
  return {
    decision: verdict.decision,
    class: outcome.class,
    upstream: outcome.upstream ?? null,
    rules: verdict.rules,
    refused: outcome.refused,
    redacted: verdict.redacted ?? null,
    findings: verdict.findings.map((finding) => ({
      ...finding,
      text: text.slice(finding.start, finding.end),
      action: rules.find(({ id }) => id === finding.rule)?.action ?? 'none',
      tooWeakFor: rules
        .filter(({ minScore }) => minScore > finding.score)
        .filter(
          ({ kinds, except = [] }) =>
            isAbout(kinds, finding.kind) && !isAbout(except, finding.kind),
        )
        .map(({ id, minScore }) => ({ rule: id, minScore })),
    })),
  };
}

function isAbout(patterns: readonly string[], kind: string): boolean {
  return patterns.some((pattern) => covers(pattern, kind));
}

const titles = new Map(
  allDetectors.flatMap(({ kinds }) => kinds.map(({ kind, title }) => [kind, title] as const)),
);

/** Decision first, then every finding with its rule, then the text as it goes on. */
export function reportTrial(policy: Policy, trial: Trial, language: Language): string {
  const say = (en: string, ja: string): string => (language === 'ja' ? ja : en);
  const lines = [
    `${say('decision', '判断')}: ${trial.decision}`,
    `${say('data class', 'データ区分')}: ${trial.class}`,
    `${say('goes to', '行き先')}: ${trial.upstream ?? say('nowhere', 'なし')}`,
    ...(trial.refused.length === 0
      ? []
      : [`${say('refused by', '拒否する項目')}: ${trial.refused.join(', ')}`]),
    '',
  ];
  if (trial.findings.length === 0) lines.push(say('Nothing was found.', '検出はありません。'));
  for (const [i, finding] of trial.findings.entries()) {
    const title = titles.get(finding.kind)?.[language] ?? finding.kind;
    lines.push(
      `${i + 1}. ${title}  (${finding.kind})`,
      `   ${say('text', '箇所')}: ${JSON.stringify(finding.text)}`,
      `   ${say('place', '位置')}: [${finding.start}, ${finding.end})`,
      `   ${say('score', '点')}: ${finding.score}   ${say('detector', '検出器')}: ${finding.detector}`,
      ...(finding.through === undefined
        ? []
        : [`   ${say('written in', '表記')}: ${finding.through}`]),
      finding.rule === undefined
        ? `   ${say('no rule answers it', '対応する規則なし')}`
        : `   ${say('rule', '規則')}: supervision.${finding.rule} → ${finding.action}`,
      ...finding.tooWeakFor.map(({ rule, minScore }) =>
        say(
          `   too weak for supervision.${rule}, which asks for ${minScore}`,
          `   supervision.${rule} には点が足りない(${minScore} 以上)`,
        ),
      ),
    );
  }
  for (const id of trial.rules) {
    const rule = policy.document.supervision.find((one) => one.id === id);
    if (rule !== undefined) lines.push('', `${id}: ${rule.text[language]}`);
  }
  if (trial.redacted !== null && trial.decision !== 'block') {
    lines.push('', `${say('as a model would see it', 'モデルに渡る文')}: ${trial.redacted}`);
  }
  return `${lines.join('\n')}\n`;
}
