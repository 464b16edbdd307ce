import { concatBytes } from './bytes.ts';
import { sha256 } from '#primitives';

export { sha256 };

/**
 * The hashes of RFC 6962 section 2.1. The first byte keeps a leaf from passing as an inner node.
 */
export const hashBytes = 32;

/** SHA-256 of nothing: the root of the tree without leaves. */
export const emptyRoot: Uint8Array = Uint8Array.from([
  0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
  0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** The leaf hash of an entry's bytes. */
export async function hashLeaf(entry: Uint8Array): Promise<Uint8Array> {
  return sha256(concatBytes(leafPrefix, entry));
}

/** The hash of the node above two nodes. */
export async function hashNode(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return sha256(concatBytes(nodePrefix, left, right));
}

const hmacBlockBytes = 64;

/** HMAC-SHA-256 (RFC 2104). @param key at most 64 bytes */
export async function hmacSha256(key: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  if (key.length > hmacBlockBytes) throw new RangeError('key too long');
  const block = new Uint8Array(hmacBlockBytes);
  block.set(key);
  const inner = await sha256(concatBytes(block.map(innerPad), message));
  return sha256(concatBytes(block.map(outerPad), inner));
}

const innerPad = (byte: number): number => byte ^ 0x36;
const outerPad = (byte: number): number => byte ^ 0x5c;
