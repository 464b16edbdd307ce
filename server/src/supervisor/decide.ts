import type { Action, SupervisionRule } from '#policy';
import type { Finding } from './finding.ts';

export type Direction = 'input' | 'output';

export interface Decision {
  readonly action: 'allow' | Action;
  /** Ids of the rules that led to the action, in the order of the rule book. */
  readonly rules: readonly string[];
}

/** A finding with the rule that answers it. */
export interface Judged extends Finding {
  /** The strictest rule that it matches; absent when none does. */
  readonly rule?: string;
  /** Some rule it matches says redact: it is to be replaced, whatever stricter rule matches too. */
  readonly masked?: true;
  /** Some such rule says that the value does not come back. */
  readonly final?: true;
}

const strictness: Readonly<Record<Action, number>> = {
  annotate: 1,
  redact: 2,
  escalate: 3,
  block: 4,
};

/** The rules of one direction, asked once per finding. */
export interface Rulebook {
  /** Those of the direction, strictest first, in the order of the book between equals. */
  readonly rules: readonly SupervisionRule[];
  /** Every rule a finding matches, strictest first, in the order of the book between equals. */
  matching(finding: Pick<Finding, 'kind' | 'score'>): readonly SupervisionRule[];
  /** Rules that this finding matches and that only keep upstreams of some jurisdictions away. */
  banning(finding: Pick<Finding, 'kind' | 'score'>): readonly SupervisionRule[];
  /** Whether any rule could ever match this kind, whatever the score. */
  concerns(kind: string): boolean;
  /** Whether a rule that withholds text (block, redact) could ever match this kind. */
  withholds(kind: string): boolean;
  /** Findings below this score can lead to nothing and are left out. */
  readonly floor: number;
}

/** Kinds and scores that matter to somebody although no rule may be about them. */
export interface Watch {
  readonly kinds: readonly string[];
  readonly minScore: number;
  /** What somebody wants to be asked about: requests when it is left out. */
  readonly direction?: Direction | 'both';
}

export function createRulebook(
  rules: readonly SupervisionRule[],
  direction: Direction,
  watches: readonly Watch[] = [],
): Rulebook {
  const all = rules.filter((rule) => rule.direction === 'both' || rule.direction === direction);
  const active = all
    .filter((rule) => rule.when?.jurisdictions === undefined)
    .toSorted((a, b) => strictness[b.action] - strictness[a.action]);
  const silent = [...watches, ...all];
  const bans = all.filter((rule) => rule.when?.jurisdictions !== undefined);
  const byKind = new Map<string, readonly SupervisionRule[]>();
  const about = (kind: string): readonly SupervisionRule[] => {
    let found = byKind.get(kind);
    if (found === undefined) {
      found = active.filter((rule) => isAbout(rule, kind));
      byKind.set(kind, found);
    }
    return found;
  };
  return {
    rules: active,
    matching: ({ kind, score }) => about(kind).filter((rule) => score >= rule.minScore),
    banning: ({ kind, score }) =>
      bans.filter((rule) => score >= rule.minScore && isAbout(rule, kind)),
    concerns: (kind) => silent.some((rule) => isAbout(rule, kind)),
    withholds: (kind) =>
      about(kind).some(({ action }) => action === 'block' || action === 'redact'),
    floor: Math.min(50, ...silent.map(({ minScore }) => minScore)),
  };
}

function isAbout(
  { kinds, except = [] }: Pick<SupervisionRule, 'kinds' | 'except'>,
  kind: string,
): boolean {
  return (
    kinds.some((pattern) => covers(pattern, kind)) &&
    !except.some((pattern) => covers(pattern, kind))
  );
}

/** `personal.*` covers the whole family; a star elsewhere stands for one segment. */
export function covers(pattern: string, kind: string): boolean {
  if (pattern === kind) return true;
  const wanted = pattern.split('.');
  const given = kind.split('.');
  return (
    wanted.every((segment, at) => {
      if (segment === '*') return at < given.length;
      return segment === given[at];
    }) &&
    (wanted.at(-1) === '*' || wanted.length === given.length)
  );
}

export function judge(finding: Finding, rulebook: Rulebook): Judged {
  const matched = rulebook.matching(finding);
  const [strictest] = matched;
  if (strictest === undefined) return finding;
  const masking = matched.filter(({ action }) => action === 'redact');
  const final = masking.some(({ reversible }) => reversible === false);
  return {
    ...finding,
    rule: strictest.id,
    ...(masking.length > 0 ? { masked: true } : {}),
    ...(final ? { final: true } : {}),
  };
}

/**
 * The strongest action of any rule that any finding matches: block, escalate, redact, annotate,
 * allow. A detector that failed is a question no rule has answered, and that is a block.
 */
export function decide(
  findings: readonly Pick<Finding, 'kind' | 'score'>[],
  rulebook: Rulebook,
  { failed, classes }: { readonly failed: readonly string[]; readonly classes: readonly string[] },
): { readonly decision: Decision; readonly raisedTo?: string } {
  const matched = new Set(findings.flatMap((finding) => rulebook.matching(finding)));
  return conclude(matched, rulebook, { failed, classes });
}

/** @param rulebook of all the rules of the direction, for their order */
export function conclude(
  matched: ReadonlySet<SupervisionRule>,
  rulebook: Rulebook,
  { failed, classes }: { readonly failed: readonly string[]; readonly classes: readonly string[] },
): { readonly decision: Decision; readonly raisedTo?: string } {
  let strictest = 0;
  let raised = -1;
  for (const rule of matched) {
    strictest = Math.max(strictest, strictness[rule.action]);
    if (rule.raiseTo !== undefined) raised = Math.max(raised, classes.indexOf(rule.raiseTo));
  }
  const leading = rulebook.rules.filter(
    (rule) => matched.has(rule) && strictness[rule.action] === strictest,
  );
  const action = failed.length > 0 ? 'block' : (leading[0]?.action ?? 'allow');
  const rules = leading.filter((rule) => rule.action === action).map(({ id }) => id);
  const raisedTo = classes[raised];
  return { decision: { action, rules }, ...(raisedTo === undefined ? {} : { raisedTo }) };
}
