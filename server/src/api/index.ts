// Console, receipts, the public ledger and administration over HTTP.
export { type ApiPorts, createApi } from './app.ts';
export { readConsoleFiles } from './console-files.ts';
export {
  type GuardFinding,
  type GuardVerdict,
  aboutOf,
  guard,
  guardRequest,
  verdictOf,
} from './guard.ts';
export { createGuardApp } from './guard-app.ts';
export { describeApi } from './openapi.ts';
export { operations } from './openapi-operations.ts';
