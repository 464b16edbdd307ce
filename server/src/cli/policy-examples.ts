import { countCharacters, estimateTokens } from '#gateway';
import { type AgeGroup, type Example, type Policy, type RoutingFacts, planRoute } from '#policy';
import type { About, Supervisor } from '#supervisor';
import { supervisorOf } from './guard.ts';

/** What became of a request, as an example may expect it. */
export interface Became {
  readonly decision: string;
  readonly class: string;
  readonly rules: readonly string[];
  /** The first upstream that is tried; undefined when nothing is sent. */
  readonly upstream: string | undefined;
  /** The members of the rule book that let it go nowhere, by their paths. */
  readonly refused: readonly string[];
}

export interface ExampleResult {
  readonly example: Example;
  readonly became: Became;
  /** Members of `expect` that did not come true. */
  readonly failed: readonly (keyof Example['expect'])[];
}

/** Tries the examples of a rule book, with its own rules and our detectors; nothing is sent. */
export function runExamples(policy: Policy, facts: RoutingFacts): readonly ExampleResult[] {
  const supervisor = supervisorOf(policy);
  return (policy.document.examples ?? []).map((example) => {
    const parts = [{ path: 'messages[0].content', text: example.text }];
    const about = aboutOf(policy, example);
    const seen = supervisor.inspect('input', parts, about);
    const became = outcomeOf(policy, example, { seen, facts });
    return { example, became, failed: failedOf(example.expect, became) };
  });
}

/** What a request says of itself, and what the rule book says where it says nothing. */
export function aboutOf(
  { document }: Policy,
  stated: { readonly class?: string | undefined; readonly age?: AgeGroup | undefined },
): About {
  const { defaultClass, institution } = document;
  return { dataClass: stated.class ?? defaultClass, age: stated.age ?? institution.ageGroup };
}

/** Where a request with this text would go under a rule book; nothing is sent. */
export function outcomeOf(
  policy: Policy,
  { text, class: stated, model = 'auto', needs = [] }: Omit<Example, 'name' | 'expect'>,
  from: { readonly seen: ReturnType<Supervisor['inspect']>; readonly facts: RoutingFacts },
): Became {
  const { decision, raisedTo, bans } = from.seen;
  const base = stated ?? policy.document.defaultClass;
  const dataClass = raisedTo === undefined ? base : policy.higherClass(base, raisedTo);
  const { action, rules } = decision;
  const known = { decision: action, class: dataClass, rules };
  if (action === 'block') {
    const refused = rules.map((id) => `supervision.${id}`);
    return { ...known, upstream: undefined, refused };
  }
  const tokens = estimateTokens(countCharacters([text]));
  const plan = planRoute(policy, { model, dataClass, needs, bans, ...tokens }, from.facts);
  return { ...known, upstream: plan.candidates[0]?.id, refused: plan.refusal?.by ?? [] };
}

function failedOf(expect: Example['expect'], became: Became): (keyof Example['expect'])[] {
  const failed: (keyof Example['expect'])[] = [];
  if (expect.decision !== became.decision) failed.push('decision');
  if (expect.class !== undefined && expect.class !== became.class) failed.push('class');
  const sameRules =
    expect.rules === undefined ||
    (expect.rules.length === became.rules.length &&
      expect.rules.every((id) => became.rules.includes(id)));
  if (!sameRules) failed.push('rules');
  if (expect.upstream !== undefined && expect.upstream !== became.upstream) failed.push('upstream');
  if (expect.refused !== undefined && !became.refused.includes(expect.refused)) {
    failed.push('refused');
  }
  return failed;
}
