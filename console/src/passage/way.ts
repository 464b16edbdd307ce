import type { Attempt, PassageDetail } from '../api/passages.ts';
import { type Decision, asDecision } from '../frame/decision-mark.tsx';

export type StationId = 'caller' | 'in' | 'intent' | 'upstream' | 'out' | 'outcome';
export type RoadId =
  | 'caller-in'
  | 'in-intent'
  | 'intent-upstream'
  | 'upstream-out'
  | 'out-outcome'
  /** From the intent straight to the outcome: no answer came this far. */
  | 'bypass'
  | 'outcome-caller';

/** How a passage went, told once for the picture and for the words beside it. */
export interface Way {
  readonly gates: Readonly<Record<'in' | 'out', Gate>>;
  readonly attempts: readonly Attempt[];
  /** The answer was made for an earlier passage, and nobody was asked. */
  readonly kept: boolean;
  readonly travelled: ReadonlySet<RoadId>;
  /** What the caller got in the end. */
  readonly received:
    | 'received'
    | 'refusal'
    | 'errorReceived'
    | 'left'
    | 'waits'
    | 'unknownReceived';
}

export interface Gate {
  readonly reached: boolean;
  readonly decision: Decision;
  readonly findings: number;
  /** The policy names no model for this class of data: no finding stopped it. */
  readonly noModel: boolean;
}

/** @param actionOf what a rule does, as the rule book says; undefined for a rule no longer in it */
export function describeWay(
  passage: PassageDetail,
  actionOf: (rule: string) => string | undefined,
): Way {
  const { cache, end, outcomeIndex } = passage;
  // An answer that is given again comes from where its upstream would stand.
  const attempts =
    cache === null
      ? passage.attempts
      : [{ upstream: passage.upstream ?? '', outcome: cache.answer }];
  // An upstream stands in the outcome once any of its answer has arrived.
  const answered = passage.upstream !== null;
  const recorded = outcomeIndex !== null;
  const travelled = new Set<RoadId>(['caller-in', 'in-intent']);
  if (attempts.length > 0) travelled.add('intent-upstream');
  if (answered) travelled.add('upstream-out');
  if (answered && recorded) travelled.add('out-outcome');
  if (!answered && recorded) travelled.add('bypass');
  if (recorded && end !== 'cancelled' && end !== 'interrupted') travelled.add('outcome-caller');
  const refused = end === 'refused';
  return {
    gates: {
      in: gate(passage, actionOf, {
        direction: 'input',
        reached: true,
        shut: refused && !answered,
      }),
      out: gate(passage, actionOf, {
        direction: 'output',
        reached: answered,
        shut: refused && answered,
      }),
    },
    attempts,
    kept: cache !== null,
    travelled,
    received: receivedBy(end),
  };
}

function gate(
  passage: PassageDetail,
  actionOf: (rule: string) => string | undefined,
  at: { direction: 'input' | 'output'; reached: boolean; shut: boolean },
): Gate {
  const findings = passage.findings.filter((finding) => finding.direction === at.direction);
  const strength: readonly Decision[] = ['allow', 'annotate', 'redact', 'escalate'];
  let decision: Decision = at.shut ? 'block' : 'allow';
  for (const { rule } of findings) {
    if (at.shut || rule === null) continue;
    const action = asDecision(actionOf(rule) ?? passage.decision);
    if (strength.indexOf(action) > strength.indexOf(decision)) decision = action;
  }
  const noModel = at.shut && passage.failure === 'no_permitted_upstream';
  return { reached: at.reached, decision, findings: findings.length, noModel };
}

function receivedBy(end: string | null): Way['received'] {
  switch (end) {
    case null:
      return 'waits';
    case 'complete':
      return 'received';
    case 'refused':
      return 'refusal';
    case 'cancelled':
      return 'left';
    case 'interrupted':
      return 'unknownReceived';
    default:
      return 'errorReceived';
  }
}
