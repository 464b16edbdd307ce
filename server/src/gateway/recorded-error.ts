import type { GatewayError } from './errors.ts';

/** An error whose passage is already in the ledger: it still carries the receipt's headers. */
export class RecordedError extends Error {
  readonly error: GatewayError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(error: GatewayError, headers: Readonly<Record<string, string>>) {
    super(error.message, { cause: error });
    this.error = error;
    this.headers = headers;
  }
}
