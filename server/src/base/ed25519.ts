import { type KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';

// RFC 8410: the fixed head of a PKCS#8 file that holds a 32-byte Ed25519 seed.
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seed 32 bytes, RFC 8032 */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([pkcs8Head, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** @returns 32 bytes */
export function publicKeyOf(key: KeyObject): Uint8Array {
  // The last 32 bytes of an RFC 8410 SubjectPublicKeyInfo are the key itself.
  return new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' })).slice(-32);
}
