import { forbiddenBy, incapableBy } from './permission.ts';
import type { Policy } from './policy.ts';
import {
  type RoutePlan,
  type RouteRequest,
  type RoutingFacts,
  keptFrom,
  isAsked,
  noFacts,
  picturesForbiddenBy,
  planRoute,
} from './routing.ts';
import type { DeclaredUpstream } from './schema.ts';
import { type Cost, isReviewOverdue } from './terms.ts';

/** Why one upstream would, or would not, be asked. */
export interface UpstreamVerdict {
  readonly declared: DeclaredUpstream;
  /** 1 for the first that is tried; undefined when it is not tried at all. */
  readonly place: number | undefined;
  readonly why: 'asked' | 'candidate' | 'forbidden' | 'incapable';
  /** The member of the rule book that keeps it away, by its path. */
  readonly by: string | undefined;
  /** What the request would cost there, where a price is known. */
  readonly cost: Cost | undefined;
  readonly reviewOverdue: boolean;
}

export interface Explanation extends RoutePlan {
  /** Candidates in their order, then the others in the order of the rule book. */
  readonly verdicts: readonly UpstreamVerdict[];
}

/**
 * The route of a request with a reason for every upstream of the rule book.
 * @param at facts of the moment, and Unix milliseconds for the review of terms
 */
export function explainRoute(
  policy: Policy,
  request: RouteRequest,
  at: { readonly nowMs: number; readonly facts?: RoutingFacts },
): Explanation {
  const facts = at.facts ?? noFacts;
  const plan = planRoute(policy, request, facts);
  const dataClass = policy.dataClass(request.dataClass);
  const pictures = picturesForbiddenBy(policy, request);
  const others = policy.document.upstreams.filter((one) => !plan.candidates.includes(one));
  const verdicts = [...plan.candidates, ...others].map((declared, i): UpstreamVerdict => {
    const forbidden =
      dataClass === undefined
        ? 'dataClasses'
        : (forbiddenBy(dataClass, declared) ?? keptFrom(policy, declared, request) ?? pictures);
    const by = forbidden ?? incapableBy(declared, request);
    const wanted = isAsked(declared, request.model) ? 'asked' : 'candidate';
    return {
      declared,
      place: i < plan.candidates.length ? i + 1 : undefined,
      why: forbidden === undefined ? (by === undefined ? wanted : 'incapable') : 'forbidden',
      by,
      cost: facts.cost(declared, request),
      reviewOverdue: isReviewOverdue(declared, at.nowMs),
    };
  });
  return { ...plan, verdicts };
}
