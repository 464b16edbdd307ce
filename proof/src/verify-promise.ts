import { decodeBase64url, encodeBase64url, equalBytes } from './bytes.ts';
import { openCheckpoint } from './checkpoint.ts';
import { ProofError, type RejectionCode } from './codes.ts';
import { type VerifierKey, keyTypes, parseVerifierKey } from './note.ts';
import { type EntryPromise, openPromise } from './promise.ts';
import { readTileProof } from './tile-proof.ts';
import { verifyInclusion } from './tree.ts';
import type { ReadLogFile } from './verify-export.ts';
import { verifyReceipt } from './verify-receipt.ts';

/**
 * KEPT: the leaf is where it was promised. BROKEN: the log signed a tree with another leaf there,
 * which is evidence against it. OPEN: what was shown does not reach that place. INVALID: the
 * promise, or what it was compared with, is not genuine, so nothing follows.
 */
export type PromiseVerdict = 'KEPT' | 'BROKEN' | 'OPEN' | 'INVALID';

export interface PromiseReport {
  readonly verdict: PromiseVerdict;
  readonly origin?: string;
  /** What was promised: a leaf hash in base64url, and its place. */
  readonly promised?: { readonly index: number; readonly leafHash: string };
  /** The leaf that stands there instead, base64url: of a broken promise only. */
  readonly found?: string;
  /** Size of the signed tree it was compared with. */
  readonly size?: number;
  readonly code?: RejectionCode;
  readonly subject?: string;
}

/** What a promise is held against: a copy of the log, a receipt, or nothing yet. */
export type PromiseEvidence =
  | { readonly kind: 'log'; readonly read: ReadLogFile }
  | { readonly kind: 'receipt'; readonly text: string }
  | { readonly kind: 'none' };

interface Compared {
  readonly size: number;
  /** Proven to be at the promised place; undefined when the evidence does not speak of it. */
  readonly leafHash?: Uint8Array;
}

/**
 * Holds a log to its promise, offline.
 * @param note the promise as it was handed out
 * @returns a report; never throws for bad evidence
 */
export async function verifyPromise(
  note: string | Uint8Array,
  evidence: PromiseEvidence,
  verifierKeys: readonly string[],
): Promise<PromiseReport> {
  try {
    const keys = await parseKeys(verifierKeys);
    const promise = await openPromise(note, keys);
    if (promise === undefined) throw new ProofError('E_PROMISE_FORMAT', 'the promise');
    const compared = await compare(promise, evidence, { keys, verifierKeys });
    return judge(promise, compared);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { verdict: 'INVALID', code: error.code, subject: error.subject };
  }
}

function judge(promise: EntryPromise, compared: Compared | undefined): PromiseReport {
  const { origin, index, leafHash } = promise;
  const promised = { index, leafHash: encodeBase64url(leafHash) };
  const facts = { origin, promised, ...(compared === undefined ? {} : { size: compared.size }) };
  const at = compared?.leafHash;
  if (at === undefined) return { verdict: 'OPEN', ...facts };
  if (equalBytes(at, leafHash)) return { verdict: 'KEPT', ...facts };
  const code = 'E_PROMISE';
  return { verdict: 'BROKEN', ...facts, found: encodeBase64url(at), code, subject: 'the promise' };
}

interface Trust {
  readonly keys: readonly VerifierKey[];
  readonly verifierKeys: readonly string[];
}

async function compare(
  promise: EntryPromise,
  evidence: PromiseEvidence,
  trust: Trust,
): Promise<Compared | undefined> {
  switch (evidence.kind) {
    case 'none':
      return undefined;
    case 'log':
      return compareLog(promise, evidence.read, trust);
    case 'receipt':
      return compareReceipt(promise, evidence.text, trust);
    default:
      return evidence satisfies never;
  }
}

async function compareLog(
  { origin, index }: EntryPromise,
  read: ReadLogFile,
  { keys }: Trust,
): Promise<Compared> {
  const note = await read('checkpoint');
  if (note === undefined) throw new ProofError('E_ABSENT', 'checkpoint');
  const checkpoint = await openCheckpoint(note, keys);
  if (checkpoint === undefined) throw new ProofError('E_SIG', 'the checkpoint');
  if (checkpoint.origin !== origin) throw new ProofError('E_ORIGIN', 'the checkpoint');
  const { size, root } = checkpoint;
  if (index >= size) return { size };
  const found = await readTileProof(read, { index, size });
  if (found === undefined) throw new ProofError('E_ABSENT', `entry ${index}`);
  const { leafHash, hashes: proof } = found;
  // Only a leaf that the signed root vouches for can convict the log; a bad copy cannot.
  if (!(await verifyInclusion({ leafHash, index, size, proof, root }))) {
    throw new ProofError('E_ROOT', `entry ${index}`);
  }
  return { size, leafHash };
}

async function compareReceipt(
  { origin, index }: EntryPromise,
  text: string,
  { verifierKeys }: Trust,
): Promise<Compared> {
  const { facts, checks } = await verifyReceipt(text, { verifierKeys });
  if (facts === undefined) {
    const failed = checks.find((check) => check.code !== undefined);
    throw new ProofError(failed?.code ?? 'E_FORMAT', failed?.subject ?? 'the receipt');
  }
  if (facts.origin !== origin) throw new ProofError('E_ORIGIN', 'the checkpoint');
  const at = facts.entries.find((entry) => entry.index === index);
  const found = at === undefined ? undefined : decodeBase64url(at.leafHash);
  return { size: facts.size, ...(found === undefined ? {} : { leafHash: found }) };
}

async function parseKeys(texts: readonly string[]): Promise<readonly VerifierKey[]> {
  const parsed = await Promise.all(texts.map((text) => parseVerifierKey(text.trim())));
  const keys = parsed.filter((key) => key !== undefined);
  if (keys.length < texts.length) throw new ProofError('E_KEY', 'a given key');
  if (!keys.some(({ type }) => type === keyTypes.ed25519)) {
    throw new ProofError('E_KEY', 'the verifier key');
  }
  return keys;
}
