import { ed25519KeyBytes, ed25519SignatureBytes, type Primitives } from './primitives.ts';

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
