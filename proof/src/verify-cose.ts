import { equalBytes } from './bytes.ts';
import { ProofError, type RejectionCode } from './codes.ts';
import {
  type CoseKey,
  type CoseReceipt,
  parseCoseKey,
  parseCoseReceipt,
  verifyCoseInclusion,
} from './cose-receipt.ts';
import { parseEntry } from './entry.ts';
import { hashLeaf } from './hashing.ts';
import { keyTypes, parseVerifierKey } from './note.ts';

/** UNANCHORED: a receipt of this form carries no cosignatures, so nobody but the log vouches. */
export interface CoseReport {
  readonly verdict: 'INVALID' | 'UNANCHORED';
  readonly facts?: CoseFacts;
  readonly code?: RejectionCode;
  readonly subject?: string;
}

export interface CoseFacts {
  /** As the signer calls itself: proven where the key has a name. */
  readonly issuer?: string;
  readonly subject?: string;
  /**
   * As stated, like the index: RFC 9942 signs the root alone, and trees of other sizes may have the
   * same shape on the way to it.
   */
  readonly size: number;
  readonly index: number;
  readonly root: Uint8Array;
}

/**
 * Verifies an inclusion receipt in COSE offline.
 * @param entry the bytes of the leaf
 * @param key a verifier key, whose name and ID the receipt must then state, or DER of a
 * SubjectPublicKeyInfo for a log that has none
 * @returns a report; never throws for bad evidence
 */
export async function verifyCoseReceipt(
  receipt: Uint8Array,
  entry: Uint8Array,
  key: { readonly vkey: string } | { readonly spki: Uint8Array },
): Promise<CoseReport> {
  try {
    const trusted = await readKey(key);
    const parsed = parseCoseReceipt(receipt);
    if (parsed === undefined) throw new ProofError('E_COSE', 'the COSE receipt');
    checkNames(parsed, trusted, entry);
    const verified = await verifyCoseInclusion(parsed, await hashLeaf(entry), trusted.key);
    if (verified === undefined) throw new ProofError('E_ROOT', 'the COSE receipt');
    const { root, proof } = verified;
    const { issuer, subject } = parsed;
    const names = {
      ...(issuer === undefined ? {} : { issuer }),
      ...(subject === undefined ? {} : { subject }),
    };
    return {
      verdict: 'UNANCHORED',
      facts: { ...names, size: proof.size, index: proof.index, root },
    };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { verdict: 'INVALID', code: error.code, subject: error.subject };
  }
}

interface TrustedKey {
  readonly key: CoseKey;
  readonly name?: string;
  readonly keyId?: Uint8Array;
}

async function readKey(
  given: { readonly vkey: string } | { readonly spki: Uint8Array },
): Promise<TrustedKey> {
  if ('spki' in given) {
    const key = parseCoseKey(given.spki);
    if (key === undefined) throw new ProofError('E_KEY', 'a given key');
    return { key };
  }
  const parsed = await parseVerifierKey(given.vkey.trim());
  if (parsed?.type !== keyTypes.ed25519) throw new ProofError('E_KEY', 'a given key');
  const { name, keyId, publicKey } = parsed;
  return { key: { algorithm: 'Ed25519', publicKey }, name, keyId };
}

/** A receipt of a log with a verifier key states that key, and the entry it is shown with. */
function checkNames(
  { issuer, subject, keyId }: CoseReceipt,
  trusted: TrustedKey,
  entry: Uint8Array,
): void {
  if (trusted.name === undefined || trusted.keyId === undefined) return;
  if (issuer !== trusted.name) throw new ProofError('E_ORIGIN', 'the COSE receipt');
  if (keyId === undefined || !equalBytes(keyId, trusted.keyId)) {
    throw new ProofError('E_SIG', 'the COSE receipt');
  }
  const id = parseEntry(entry)?.id;
  if (id !== undefined && subject !== id) throw new ProofError('E_LINK', 'the COSE receipt');
}
