// Console, receipts, the public ledger and administration over HTTP.
export { type ApiPorts, createApi } from './app.ts';
export { readConsoleFiles } from './console-files.ts';
