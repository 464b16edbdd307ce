import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { Scratch } from '#base';

const blockBytes = 64;
const hashBytes = 32;

/**
 * HKDF-SHA-256 (RFC 5869) of one key for several purposes. Written on one-shot hashes and with a
 * shared extraction, since an entry derives six values or more: measured, about half the time that
 * node's `hkdfSync` takes, which makes a key object and a job for each call.
 */
export class Derivation {
  readonly #pads: Pads;

  /** @param key 32 bytes, uniformly random */
  constructor(key: Uint8Array) {
    assert.ok(key.length === hashBytes, 'a key to derive from has 32 bytes');
    this.#pads = pads(extract(key));
  }

  /** @param info at most 31 ASCII characters @param length at most 8,160 bytes */
  expand(info: string, length: number): Buffer {
    assert.ok(info.length < hashBytes && length <= 255 * hashBytes, 'within RFC 5869 and scratch');
    const blocks = Math.ceil(length / hashBytes);
    const expanded = Buffer.allocUnsafe(blocks * hashBytes);
    let previous = '';
    for (let number = 1; number <= blocks; number++) {
      previous = hmac(this.#pads, previous, info, number);
      expanded.write(previous, (number - 1) * hashBytes, 'latin1');
    }
    return length === expanded.length ? expanded : expanded.subarray(0, length);
  }

  /** 32 bytes that belong to a record and one of its groups. @param recordId 16 bytes */
  pad(recordId: Uint8Array, group: string): Buffer {
    const id = Buffer.from(recordId.buffer, recordId.byteOffset, recordId.byteLength);
    const bytes = Buffer.allocUnsafe(hashBytes);
    bytes.write(hmac(this.#pads, id.toString('latin1'), group, 0), 0, 'latin1');
    return bytes;
  }
}

/** RFC 2104: the blocks an HMAC key turns into; behind the outer one goes the inner hash. */
interface Pads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** @param key at most 64 bytes */
function pads(key: Uint8Array): Pads {
  const inner = Buffer.allocUnsafe(blockBytes);
  const outer = Buffer.allocUnsafe(blockBytes + hashBytes);
  for (let i = 0; i < blockBytes; i++) {
    const byte = i < key.length ? key[i]! : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  return { inner, outer };
}

// Scratch space for the inner hash of an HMAC: everything here is synchronous. Hashes travel as
// strings of one byte a character, which costs a third of what a buffer for each does (measured).
const innerInput = Buffer.alloc(blockBytes + 2 * hashBytes);
/** The beginnings of it, by length: making a view costs more than filling it. */
const innerInputs = Array.from({ length: innerInput.length + 1 }, (_, end) =>
  innerInput.subarray(0, end),
);

/**
 * HMAC-SHA-256 of the first text, the second and one byte.
 * @param first, second one byte a character, together less than 64
 */
function hmac({ inner, outer }: Pads, first: string, second: string, last: number): string {
  innerInput.set(inner);
  let end = blockBytes;
  end += innerInput.write(first, end, 'latin1');
  end += innerInput.write(second, end, 'latin1');
  innerInput[end++] = last;
  outer.write(hash('sha256', innerInputs[end]!, 'binary'), blockBytes, 'latin1');
  return hash('sha256', outer, 'binary');
}

/** Extraction with the empty salt of RFC 5869, section 2.2: a key of zeros. */
const zeroKey = pads(new Uint8Array(hashBytes));
const extractInput = innerInputs[blockBytes + hashBytes]!;
const extracted = Buffer.alloc(hashBytes);

/** HMAC-SHA-256 with an empty salt over a key. @returns bytes that are good until the next call */
function extract(key: Uint8Array): Buffer {
  const { inner, outer } = zeroKey;
  innerInput.set(inner);
  innerInput.set(key, blockBytes);
  outer.write(hash('sha256', extractInput, 'binary'), blockBytes, 'latin1');
  extracted.write(hash('sha256', outer, 'binary'), 0, 'latin1');
  return extracted;
}

const messageInput = new Scratch();

/**
 * HMAC-SHA-256 of a message of any length, by one-shot hashes for the same reason.
 * @param key at most 64 bytes @returns base64url
 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): string {
  const { inner, outer } = pads(key);
  const input = messageInput.take(blockBytes + message.length);
  input.set(inner);
  input.set(message, blockBytes);
  outer.write(hash('sha256', input, 'binary'), blockBytes, 'latin1');
  return hash('sha256', outer, 'base64url');
}
