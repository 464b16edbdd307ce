// The public rule book. Pure: reads text, returns values, decides nothing about a single request.
export { type AgeGroup, type Ban, ageGroups } from './condition-schema.ts';
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export { defaultPolicyYaml } from './preset.ts';
export { type Policy, parsePolicy } from './policy.ts';
export { type Explanation, type UpstreamVerdict, explainRoute } from './explain.ts';
export { type Demands, forbiddenToServer, permittedUpstreams } from './permission.ts';
export {
  type RouteRefusal,
  type RouteRequest,
  type RoutingFacts,
  automaticModel,
  noFacts,
  planRoute,
} from './routing.ts';
export { type Need, needs } from './routing-schema.ts';
export { isReviewOverdue } from './terms.ts';
export {
  type Action,
  type DataClass,
  type DeclaredGuard,
  type DeclaredMcpServer,
  type DeclaredUpstream,
  type Example,
  type PolicyDocument,
  type RoutingRule,
  type SignInSettings,
  type SupervisionRule,
} from './schema.ts';
export { maySetCookies } from './sign-in-schema.ts';
