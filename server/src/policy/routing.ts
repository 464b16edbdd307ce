import type { Ban } from './condition-schema.ts';
import { type Demands, forbiddenBy, incapableBy } from './permission.ts';
import type { Policy } from './policy.ts';
import type { DeclaredUpstream, RoutingRule } from './schema.ts';
import type { Cost } from './terms.ts';

/** Any permitted model, in the policy's order. */
export const automaticModel = 'auto';

/** What of a request decides where it may go. */
export interface RouteRequest extends Demands {
  readonly model: string;
  readonly dataClass: string;
  /** Estimates, for what it will cost. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Laws under which no upstream may see it. */
  readonly bans?: readonly Ban[];
  /** Names the conversation within its key, where it has a name. */
  readonly conversation?: string;
}

/** How much is asked and answered. */
export type Tokens = Pick<RouteRequest, 'inputTokens' | 'outputTokens'>;

/** What is known of the upstreams at this moment. Routing itself looks at nothing. */
export interface RoutingFacts {
  /** Calls under way. */
  inFlight(id: string): number;
  /** Median time until an answer begins, or undefined where nothing was measured lately. */
  firstTokenMs(id: string): number | undefined;
  /** At least 0 and less than 1. */
  random(): number;
  /** The upstream that answered this conversation before. */
  sticksTo(conversation: string): string | undefined;
  /** In one currency for all, or undefined where no price is known. */
  cost(upstream: DeclaredUpstream, tokens: Tokens): Cost | undefined;
}

/** Nothing is known: every choice falls back on the order of the rule book. */
export const noFacts: RoutingFacts = {
  inFlight: () => 0,
  firstTokenMs: () => undefined,
  random: () => 0.5,
  sticksTo: () => undefined,
  cost: () => undefined,
};

export interface RoutePlan {
  /** In the order in which they are tried. Each may see this class and can take the request. */
  readonly candidates: readonly DeclaredUpstream[];
  /** The upstream that was asked for by name and may not see this class of data, if so. */
  readonly forbidden: string | undefined;
  /** The routing rule that chose the order. */
  readonly rule: RoutingRule | undefined;
  /** Where no candidate is left: why, and the members of the rule book that say so. */
  readonly refusal: RouteRefusal | undefined;
}

export interface RouteRefusal {
  /** `forbidden`: the class may reach none; `incapable`: none of those it may reach can do it. */
  readonly why: 'forbidden' | 'incapable';
  /** Paths into the rule book, each once. */
  readonly by: readonly string[];
}

/**
 * Where a request may go, and in which order. An upstream that the class may not reach is never
 * among the candidates, whatever was asked for; nor is one that is declared unable.
 */
export function planRoute(
  policy: Policy,
  request: RouteRequest,
  facts: RoutingFacts = noFacts,
): RoutePlan {
  const permitted = policy
    .permitted(request.dataClass)
    .filter((upstream) => keptFrom(policy, upstream, request) === undefined);
  const able =
    picturesForbiddenBy(policy, request) === undefined
      ? permitted.filter((upstream) => incapableBy(upstream, request) === undefined)
      : [];
  const rule = ruleFor(policy, request);
  const forbidden =
    request.model === automaticModel || permitted.some((u) => isAsked(u, request.model))
      ? undefined
      : policy.document.upstreams.find((u) => isAsked(u, request.model))?.id;
  if (able.length === 0) {
    return { candidates: [], forbidden, rule, refusal: refusalOf(policy, request) };
  }
  const asked = able.filter((upstream) => isAsked(upstream, request.model));
  const rest = able.filter((upstream) => !isAsked(upstream, request.model));
  const inOrder = (list: readonly DeclaredUpstream[]): readonly DeclaredUpstream[] =>
    list.length < 2 ? list : stick(sort(list, rule, { request, facts }), rule, { request, facts });
  return {
    candidates: [...inOrder(asked), ...inOrder(rest)],
    forbidden,
    rule,
    refusal: undefined,
  };
}

/** The member that keeps a request with pictures from every upstream, if its class has one. */
export function picturesForbiddenBy(
  policy: Policy,
  { dataClass, needs }: Pick<RouteRequest, 'dataClass' | 'needs'>,
): string | undefined {
  if (!needs.includes('images') || policy.allowsImages(dataClass)) return undefined;
  return `dataClasses.${dataClass}.images`;
}

/** The member that keeps a request from an upstream that its class may reach, by its path. */
export function keptFrom(
  { document }: Policy,
  upstream: DeclaredUpstream,
  request: Pick<RouteRequest, 'bans'>,
): string | undefined {
  // A guard gives its opinion on requests; it answers none.
  const guard = document.guards?.find((one) => one.upstream === upstream.id);
  return guard === undefined ? bannedBy(upstream, request) : `guards.${guard.id}`;
}

/** The rule that keeps a request from an upstream for what was found in it, by its path. */
function bannedBy(
  { jurisdiction }: DeclaredUpstream,
  { bans = [] }: Pick<RouteRequest, 'bans'>,
): string | undefined {
  return bans.find(({ jurisdictions }) => jurisdictions.includes(jurisdiction))?.by;
}

export function isAsked({ id, model }: DeclaredUpstream, asked: string): boolean {
  return id === asked || model === asked;
}

/** The first rule that is about this request. */
function ruleFor({ document }: Policy, request: RouteRequest): RoutingRule | undefined {
  return document.routing?.find(
    ({ classes, models, needs }) =>
      (classes === undefined || classes.includes(request.dataClass)) &&
      (models === undefined || models.includes(request.model)) &&
      (needs === undefined || needs.every((need) => request.needs.includes(need))),
  );
}

/** Which members keep the request from every upstream, those of the one asked for first. */
function refusalOf(policy: Policy, request: RouteRequest): RouteRefusal {
  const dataClass = policy.dataClass(request.dataClass);
  const reachable = policy.permitted(request.dataClass);
  const permitted = reachable.filter((one) => keptFrom(policy, one, request) === undefined);
  if (dataClass === undefined) return { why: 'forbidden', by: ['dataClasses'] };
  const pictures = picturesForbiddenBy(policy, request);
  if (pictures !== undefined) return { why: 'forbidden', by: [pictures] };
  if (permitted.length > 0) {
    const by = permitted.flatMap((upstream) => incapableBy(upstream, request) ?? []);
    return { why: 'incapable', by: [...new Set(by)] };
  }
  if (reachable.length > 0) {
    const by = reachable.flatMap((upstream) => keptFrom(policy, upstream, request) ?? []);
    return { why: 'forbidden', by: [...new Set(by)] };
  }
  const { upstreams } = policy.document;
  if (upstreams.length === 0) return { why: 'forbidden', by: ['upstreams'] };
  const asked = upstreams.filter((upstream) => isAsked(upstream, request.model));
  const members = (asked.length > 0 ? asked : upstreams).flatMap(
    (upstream) => forbiddenBy(dataClass, upstream) ?? [],
  );
  return { why: 'forbidden', by: [...new Set(members)] };
}

interface Circumstances {
  readonly request: RouteRequest;
  readonly facts: RoutingFacts;
}

function sort(
  list: readonly DeclaredUpstream[],
  rule: RoutingRule | undefined,
  { request, facts }: Circumstances,
): readonly DeclaredUpstream[] {
  switch (rule?.order) {
    case undefined:
    case 'order':
      return list;
    case 'weighted':
      return ascending(list, ({ weight }) =>
        // Efraimidis and Spirakis (2006): the order of such keys is a weighted draw without return.
        weight === 0 ? Number.POSITIVE_INFINITY : -(facts.random() ** (1 / weight)),
      );
    case 'least-busy':
      return ascending(list, ({ id, weight }) =>
        weight === 0 ? Number.POSITIVE_INFINITY : facts.inFlight(id) / weight,
      );
    case 'cheapest':
      return ascending(list, (one) => facts.cost(one, request)?.micros ?? Number.POSITIVE_INFINITY);
    case 'fastest':
      // One that was not measured lately comes first, so that it is.
      return ascending(list, ({ id }) => facts.firstTokenMs(id) ?? -1);
  }
}

/** Equals keep the order they had. */
function ascending(
  list: readonly DeclaredUpstream[],
  measure: (upstream: DeclaredUpstream) => number,
): readonly DeclaredUpstream[] {
  return list
    .map((upstream) => ({ upstream, by: measure(upstream) }))
    .toSorted((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : 0))
    .map(({ upstream }) => upstream);
}

function stick(
  list: readonly DeclaredUpstream[],
  rule: RoutingRule | undefined,
  { request, facts }: Circumstances,
): readonly DeclaredUpstream[] {
  if (rule?.sticky !== true || request.conversation === undefined) return list;
  const before = facts.sticksTo(request.conversation);
  const first = list.find(({ id }) => id === before);
  return first === undefined ? list : [first, ...list.filter((one) => one !== first)];
}
