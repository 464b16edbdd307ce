// The request path, and the only module that enforces a decision.
export type { RuleBook } from './admission.ts';
export { GatewayError, type GatewayErrorCode, gatewayErrors } from './errors.ts';
export type { ExchangePorts } from './exchange.ts';
export { type ApiKey, KeyStore, type Role } from './key-store.ts';
export { RecordedFacts } from './recorded-facts.ts';
export { type ListedModel, listModels } from './model-list.ts';
export { type Gateway, type GatewayOptions, createGateway } from './server.ts';
