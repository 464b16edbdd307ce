import { type Report, verifyReceipt } from '@sekisho/proof';

/** A receipt may be this large (characters); proof/ has its own limit and says so in its report. */
export const maxReceiptLength = 1024 * 1024;

export type Verification =
  | { readonly state: 'idle' }
  | { readonly state: 'working' }
  | { readonly state: 'done'; readonly report: Report }
  /** The receipt could not be checked at all, which says nothing about the receipt. */
  | { readonly state: 'crashed'; readonly reason: 'crashed' | 'insecure' | 'unsupported' };

/** The checks are proof/'s own, run in this browser; nothing leaves it. */
export async function verify(receipt: string, keys: readonly string[]): Promise<Verification> {
  try {
    return { state: 'done', report: await verifyReceipt(receipt, { verifierKeys: [...keys] }) };
  } catch (error) {
    // Browsers keep WebCrypto from pages that came over plain HTTP from another machine.
    if (!isSecureContext) return { state: 'crashed', reason: 'insecure' };
    const unsupported = error instanceof DOMException && error.name === 'NotSupportedError';
    return { state: 'crashed', reason: unsupported ? 'unsupported' : 'crashed' };
  }
}

/** Verifier keys as a person writes them: one in each line. */
export function readKeys(written: string): readonly string[] {
  return written
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
