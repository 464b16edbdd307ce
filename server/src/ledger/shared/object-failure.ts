import { S3Error } from '#base';
import { LedgerError, type LedgerErrorCode } from '../errors.ts';

/**
 * Says in the ledger's words why the object store failed.
 * @param what completes "couldn't …"
 */
export async function asking<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(what, error);
  }
}

/** @param detail instead of the error's own words */
export function storeFailure(what: string, error: unknown, detail?: string): unknown {
  if (!(error instanceof S3Error)) return error;
  return new LedgerError(codeOf(error), what, { detail: detail ?? error.message, cause: error });
}

function codeOf({ code }: S3Error): LedgerErrorCode {
  switch (code) {
    case 'unreachable':
    case 'unavailable':
      return 'store_unreachable';
    case 'forbidden':
    case 'clock':
    case 'no_bucket':
      return 'store_refused';
    case 'too_large':
    case 'malformed':
      return 'store_unsuitable';
  }
}
