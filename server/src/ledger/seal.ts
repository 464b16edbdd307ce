import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Derivation } from './derivation.ts';
import type { Group } from './fields.ts';

/** What binds a sealed blob to its place: it opens nowhere else. */
export interface SealPlace {
  /** 16 bytes. */
  readonly recordId: Uint8Array;
  readonly group: Group;
}

export const sealTagBytes = 16;

/** Below this size even a bucket would tell apart one address or name from another. */
const smallestBucketBytes = 256;

// The nonce may be constant only because a key encrypts exactly once; GroupKey asserts it.
const zeroNonce = new Uint8Array(12);

/** The 32-byte key of one group of one record. It seals once; opening is a matter of its bytes. */
export class GroupKey {
  readonly bytes: Uint8Array;
  readonly derivation: Derivation;
  #sealed = false;

  constructor(bytes: Uint8Array) {
    assert.ok(bytes.length === 32, 'a group key has 32 bytes');
    this.bytes = bytes;
    this.derivation = new Derivation(bytes);
  }

  /** AES-256-GCM. @param padded plaintext @returns ciphertext and 16-byte tag */
  seal(padded: Uint8Array, place: SealPlace): Uint8Array {
    assert.ok(!this.#sealed, 'a group key seals once: its nonce is constant');
    this.#sealed = true;
    assert.ok(padded.length === padmeLength(padded.length), 'no length but that of a bucket shows');
    const cipher = createCipheriv('aes-256-gcm', encryptionKey(this.derivation), zeroNonce);
    cipher.setAAD(associatedData(place));
    const blob = Buffer.allocUnsafe(padded.length + sealTagBytes);
    blob.set(cipher.update(padded));
    cipher.final();
    blob.set(cipher.getAuthTag(), padded.length);
    return blob;
  }
}

/** @returns the padded plaintext, or undefined when the blob is not what this key sealed here */
export function openSealed(
  key: Derivation,
  blob: Uint8Array,
  place: SealPlace,
): Uint8Array | undefined {
  if (blob.length < sealTagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey(key), zeroNonce);
  decipher.setAAD(associatedData(place));
  decipher.setAuthTag(blob.subarray(blob.length - sealTagBytes));
  const plaintext = decipher.update(blob.subarray(0, blob.length - sealTagBytes));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plaintext;
}

/**
 * Padmé (Nikitin et al., PoPETs 2019): a length keeps about log log n bits, at most 12 % is added.
 * @param length bytes, below 2^53
 */
export function padmeLength(length: number): number {
  const wanted = Math.max(length, smallestBucketBytes);
  // Doubling instead of a logarithm, which rounds wrongly just below large powers of two.
  let exponent = 0;
  for (let power = 1; power * 2 <= wanted; power *= 2) exponent++;
  let kept = 0;
  for (let power = 1; power <= exponent; power *= 2) kept++;
  const step = 2 ** Math.max(0, exponent - kept);
  return Math.ceil(wanted / step) * step;
}

function encryptionKey(key: Derivation): Uint8Array {
  return key.expand('ledger/v1/enc', 32);
}

const associated = Buffer.alloc(16 + 16);
/** What is written into it, by length: making a view costs more than filling it. */
const associatedOf: Readonly<Record<Group, Buffer>> = {
  identity: associated.subarray(0, 16 + 'identity'.length),
  content: associated.subarray(0, 16 + 'content'.length),
  ops: associated.subarray(0, 16 + 'ops'.length),
};

/** @returns bytes that are good until the next call */
function associatedData({ recordId, group }: SealPlace): Uint8Array {
  assert.ok(recordId.length === 16, 'a record id has 16 bytes');
  associated.set(recordId);
  associated.write(group, 16, 'latin1');
  return associatedOf[group];
}
