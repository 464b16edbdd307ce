// The request path, and the only module that enforces a decision.
export type { RuleBook } from './admission.ts';
export { GatewayError, type GatewayErrorCode, errorBody, gatewayErrors } from './errors.ts';
export { Continuity, type ContinuityPorts } from './continuity.ts';
export { type DrillPorts, type DrillReport, Drills } from './drill.ts';
export type { DrillRow } from './drill-rows.ts';
export type { ExchangePorts } from './exchange.ts';
export { type ApiKey, KeyStore, type NewKey, type Role } from './key-store.ts';
export { recordKeyEvent } from './key-event.ts';
export { RecordedFacts } from './recorded-facts.ts';
export { countCharacters, estimateTokens } from './needs.ts';
export { type ListedModel, listModels } from './model-list.ts';
export { type Candidate, type Route, route } from './route.ts';
export { recordShadow } from './shadow.ts';
export type { UpstreamState } from './watched-upstream.ts';
export { type Gateway, type GatewayOptions, createGateway } from './server.ts';
