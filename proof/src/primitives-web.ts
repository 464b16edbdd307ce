import {
  ed25519KeyBytes,
  ed25519SignatureBytes,
  es256KeyBytes,
  es256SignatureBytes,
  type Primitives,
} from './primitives.ts';

// The inputs are copied because WebCrypto types (and some engines) refuse shared buffers.

export const sha256: Primitives['sha256'] = async (bytes) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));

export const verifyEd25519: Primitives['verifyEd25519'] = async (publicKey, message, signature) => {
  if (publicKey.length !== ed25519KeyBytes) return false;
  if (signature.length !== ed25519SignatureBytes) return false;
  const algorithm = { name: 'Ed25519' };
  const raw = new Uint8Array(publicKey);
  let key: Parameters<typeof crypto.subtle.verify>[1];
  try {
    key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']);
  } catch (cause) {
    // A browser without Ed25519 must not look like a forged signature.
    if (cause instanceof Error && cause.name === 'NotSupportedError') throw cause;
    return false;
  }
  const signed = new Uint8Array(signature);
  return crypto.subtle.verify(algorithm, key, signed, new Uint8Array(message));
};

// No browser has ML-DSA yet, and what WebCrypto will call it is a draft.
export const ownMlDsa44: Primitives['ownMlDsa44'] = () => undefined;

export const verifyEs256: Primitives['verifyEs256'] = async (publicKey, message, signature) => {
  if (publicKey.length !== es256KeyBytes || publicKey[0] !== 4) return false;
  if (signature.length !== es256SignatureBytes) return false;
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const raw = new Uint8Array(publicKey);
  let key: Parameters<typeof crypto.subtle.verify>[1];
  try {
    key = await crypto.subtle.importKey('raw', raw, curve, false, ['verify']);
  } catch {
    // The point is not on the curve.
    return false;
  }
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signed = new Uint8Array(signature);
  return crypto.subtle.verify(algorithm, key, signed, new Uint8Array(message));
};
