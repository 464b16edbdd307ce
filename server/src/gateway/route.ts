import {
  type DeclaredUpstream,
  type Policy,
  type RouteRefusal,
  type RouteRequest,
  type RoutingFacts,
  type RoutingRule,
  automaticModel,
  noFacts,
  planRoute,
} from '#policy';
import type { Upstream } from '#upstream';

export { automaticModel } from '#policy';

export interface Candidate {
  readonly declared: DeclaredUpstream;
  readonly upstream: Upstream;
  /** It has the request already, whether anybody waits for its answer or not. */
  readonly begun?: true;
}

export interface Route {
  /** In the order in which they are tried. */
  readonly candidates: readonly Candidate[];
  /** The upstream that was asked for by name and may not see this class of data, if so. */
  readonly forbidden: string | undefined;
  /** The rule that chose the order; undefined for that of the data class. */
  readonly rule?: RoutingRule | undefined;
  /** Where no candidate is left: why, and the members of the rule book that say so. */
  readonly refusal?: RouteRefusal | undefined;
  /** Names the conversation, where a rule keeps it with its upstream. */
  readonly conversation?: string | undefined;
}

/** Whether the policy knows a model or an upstream by this name. */
export function knowsModel(policy: Policy, model: string): boolean {
  return (
    model === automaticModel ||
    policy.document.upstreams.some((u) => u.id === model || u.model === model)
  );
}

/** A request as far as routing looks at it; what is not said is not needed. */
export type Wanted = Pick<RouteRequest, 'model' | 'dataClass'> & Partial<RouteRequest>;

/**
 * Where a request may go among the upstreams that are set up here, the model that was asked for
 * first. An upstream that the class may not reach is never among the candidates, whatever was asked
 * for.
 */
export function route(
  policy: Policy,
  upstreams: ReadonlyMap<string, Upstream>,
  wanted: Wanted,
  facts: RoutingFacts = noFacts,
): Route {
  const request = { needs: [], leastTokens: 0, inputTokens: 0, outputTokens: 0, ...wanted };
  const plan = planRoute(policy, request, facts);
  const candidates = plan.candidates.flatMap((declared) => {
    const upstream = upstreams.get(declared.id);
    return upstream === undefined ? [] : [{ declared, upstream }];
  });
  const absent: RouteRefusal = {
    why: 'forbidden',
    by: plan.candidates.map(({ id }) => `upstreams.${id}`),
  };
  return {
    candidates,
    forbidden: plan.forbidden,
    rule: plan.rule,
    refusal: candidates.length > 0 ? undefined : (plan.refusal ?? absent),
    conversation: wanted.conversation,
  };
}
