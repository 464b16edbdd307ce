// The request path, and the only module that enforces a decision.
export type { RuleBook } from './admission.ts';
export { GatewayError, type GatewayErrorCode, errorBody, gatewayErrors } from './errors.ts';
export type { ExchangePorts } from './exchange.ts';
export { type AccountPorts, Accounts, type Tariff } from './accounts.ts';
export { Calendar } from './calendar.ts';
export { type ApiKey, KeyStore, type NewKey } from './key-store.ts';
export { type KeyTerms, keyTermsSchema, recordedTerms } from './key-terms.ts';
export { PriceList } from './price-list.ts';
export { type Right, type Role, may, rightsOf, roles, rolesWith } from './roles.ts';
export { UsageBook } from './usage-book.ts';
export { type UsageDimension, type UsageRow, UsageTable, usageDimensions } from './usage-table.ts';
export { recordKeyEvent } from './key-event.ts';
export { RecordedFacts } from './recorded-facts.ts';
export { type ListedModel, listModels } from './model-list.ts';
export { type Gateway, type GatewayOptions, createGateway } from './server.ts';
