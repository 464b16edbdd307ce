import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex, writeFileDurably } from '#base';
import {
  type NoteOptions,
  type NoteSignature,
  type VerifierKey,
  decodeBase64,
  encodeBase64,
  formatVerifierKey,
  keyTypes,
  noteKeyId,
  parseNote,
} from '@sekisho/proof';
import { LedgerError } from '../errors.ts';
import { loadMlDsaVerifier, mlDsaKeyOf } from './ml-dsa.ts';

/** A log's second key, read from its file. */
export interface PostQuantumKey {
  /** Equal to the origin. */
  readonly name: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** C2SP signed-note verifier key, type 0x06. */
  readonly verifierKey: string;
}

const fileName = 'log.mldsa.key';
const { mlDsa44 } = keyTypes;
/** Of a line, behind its key ID: the time and the signature. No other kind is as long. */
const lineBytes = 8 + 2420;

/**
 * Reads the key, in the signer form of Go's note package with type 0x06.
 * @returns undefined where there is none
 * @throws LedgerError `wrong_key`
 */
export async function readPostQuantumKey(
  folder: string,
  origin: string,
): Promise<PostQuantumKey | undefined> {
  const path = join(folder, fileName);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const [, name, id, encoded = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)\n?$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (name !== origin || bytes?.length !== 33 || bytes[0] !== mlDsa44) throw wrongKey();
  const key = await keyOf(name, bytes.subarray(1));
  if (toHex(key.keyId) !== id) throw wrongKey();
  return key;
}

/**
 * The same, and makes one when the log has none yet.
 * @param used the line by such a key under the log's newest checkpoint: a second key beside it
 * would leave those who hold the first without a signature they can check
 * @throws LedgerError `key_missing` or `wrong_key`
 */
export async function loadPostQuantumKey(
  folder: string,
  origin: string,
  used: NoteSignature | undefined,
): Promise<PostQuantumKey> {
  const kept = await readPostQuantumKey(folder, origin);
  if (kept !== undefined) {
    if (used !== undefined && !Buffer.from(used.keyId).equals(kept.keyId)) throw wrongKey();
    return kept;
  }
  if (used !== undefined) {
    throw new LedgerError('key_missing', 'sign checkpoints', { detail: fileName });
  }
  const key = await keyOf(origin, randomBytes(32));
  const encoded = encodeBase64(Buffer.concat([Buffer.from([mlDsa44]), key.seed]));
  const line = `PRIVATE+KEY+${origin}+${toHex(key.keyId)}+${encoded}\n`;
  writeFileDurably(join(folder, fileName), Buffer.from(line, 'utf8'), 0o600);
  return key;
}

/** What it takes to check the second line of a log's own checkpoints, where it has such a key. */
export async function trustOfSecondKey(
  folder: string,
  origin: string,
): Promise<{ readonly keys: readonly VerifierKey[]; readonly options: NoteOptions }> {
  const kept = await readPostQuantumKey(folder, origin);
  if (kept === undefined) return { keys: [], options: {} };
  const { name, keyId, publicKey } = kept;
  const verifyMlDsa44 = await loadMlDsaVerifier();
  return { keys: [{ name, keyId, type: mlDsa44, publicKey }], options: { verifyMlDsa44 } };
}

/** The line that a log's second key made, if a checkpoint has one. */
export function postQuantumLine(note: string, origin: string): NoteSignature | undefined {
  return parseNote(note)?.signatures.find(
    ({ name, signature }) => name === origin && signature.length === lineBytes,
  );
}

export function wrongKey(): LedgerError {
  return new LedgerError('wrong_key', 'sign checkpoints', { detail: fileName });
}

async function keyOf(name: string, seed: Uint8Array): Promise<PostQuantumKey> {
  const { publicKey } = await mlDsaKeyOf(seed);
  const keyId = await noteKeyId(name, mlDsa44, publicKey);
  const verifierKey = await formatVerifierKey({ name, type: mlDsa44, publicKey });
  return { name, seed, publicKey, keyId, verifierKey };
}
