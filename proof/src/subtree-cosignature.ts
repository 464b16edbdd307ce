import { concatBytes, encodeUtf8 } from './bytes.ts';
import { parseCheckpointBody } from './checkpoint-body.ts';
import { hashBytes } from './hashing.ts';
import { isKeyName } from './key-name.ts';
import { mlDsa44SignatureBytes } from './primitives.ts';
import { isSubtree } from './tree.ts';

/** What a cosigner states with ML-DSA-44 (C2SP tlog-cosignature v1.1, key type 0x06). */
export interface SubtreeStatement {
  /** Name of the key that signs. At most 255 bytes of UTF-8, like the origin. */
  readonly cosigner: string;
  /** POSIX seconds; 0 says nothing about when, and is all that a part of a tree may say. */
  readonly time: number;
  readonly origin: string;
  /** First leaf, and the one behind the last: 0 and the size, for a checkpoint. */
  readonly start: number;
  readonly end: number;
  /** 32 bytes: the root over these leaves. */
  readonly hash: Uint8Array;
}

const label = 'subtree/v1\n\0';
const timeBytes = 8;

/**
 * The bytes that are signed: label, name, time, origin, start, end, hash. Names have their length
 * before them in one byte, numbers are 64 bits, the most significant first.
 * @throws RangeError for a statement that nobody may make
 */
export function subtreeCosignedBytes(statement: SubtreeStatement): Uint8Array {
  const { cosigner, time, origin, start, end, hash } = statement;
  const isTree = start === 0 ? isCount(end) : time === 0 && isSubtree({ start, end });
  if (!isTree || !isCount(time) || hash.length !== hashBytes) throw new RangeError('no subtree');
  return concatBytes(
    encodeUtf8(label),
    named(cosigner),
    uint64(time),
    named(origin),
    uint64(start),
    uint64(end),
    hash,
  );
}

/** What an ML-DSA-44 line of a checkpoint signs. Undefined where the text is no checkpoint. */
export function mlDsaCosignedBytes(
  text: string,
  cosigner: string,
  time: number,
): Uint8Array | undefined {
  const checkpoint = parseCheckpointBody(text);
  if (checkpoint === undefined) return undefined;
  const { origin, size: end, root: hash } = checkpoint;
  try {
    return subtreeCosignedBytes({ cosigner, time, origin, start: 0, end, hash });
  } catch {
    // A name that is too long for this kind of signature.
    return undefined;
  }
}

/** A signature behind the time it was made at, as both kinds of cosignature have it. */
export interface TimedSignature {
  /** POSIX seconds. */
  readonly time: number;
  readonly signature: Uint8Array;
}

/** @param signature what follows the key ID @param signatureBytes of the signature alone */
export function parseTimedSignature(
  { signature }: { readonly signature: Uint8Array },
  signatureBytes: number,
): TimedSignature | undefined {
  if (signature.length !== timeBytes + signatureBytes) return undefined;
  const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  // Times beyond 2^53-1 are legal on paper and refused here: no clock shows them.
  if (!Number.isSafeInteger(time)) return undefined;
  return { time, signature: signature.subarray(timeBytes) };
}

/** The blob of an ML-DSA-44 line, without its key ID. @throws RangeError for another length */
export function formatMlDsaSignature({ time, signature }: TimedSignature): Uint8Array {
  if (signature.length !== mlDsa44SignatureBytes || !isCount(time)) {
    throw new RangeError('no signature');
  }
  return concatBytes(uint64(time), signature);
}

function named(name: string): Uint8Array {
  const bytes = encodeUtf8(name);
  if (!isKeyName(name) || bytes.length > 0xff) throw new RangeError('no name');
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
