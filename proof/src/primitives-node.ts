import * as crypto from 'node:crypto';
import { type KeyObject, createHash, createPublicKey, verify } from 'node:crypto';
import {
  ed25519KeyBytes,
  ed25519SignatureBytes,
  es256KeyBytes,
  es256SignatureBytes,
  mlDsa44KeyBytes,
  mlDsa44SignatureBytes,
  type Primitives,
  type VerifyMlDsa44,
} from './primitives.ts';

/** The DER prefix that makes 32 raw bytes an Ed25519 SubjectPublicKeyInfo (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

// In one call where this Node has it (20.12), which takes half the time.
const hashOnce = crypto.hash as typeof crypto.hash | undefined;

export const sha256: Primitives['sha256'] = (bytes) =>
  hashOnce === undefined
    ? new Uint8Array(createHash('sha256').update(bytes).digest())
    : plain(hashOnce('sha256', bytes, 'buffer'));

/** The same bytes without the ways of a Buffer, as a browser gives them. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

export const verifyEd25519: Primitives['verifyEd25519'] = (publicKey, message, signature) => {
  if (publicKey.length !== ed25519KeyBytes) return false;
  if (signature.length !== ed25519SignatureBytes) return false;
  try {
    const der = Buffer.concat([spkiPrefix, publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  } catch {
    // OpenSSL throws for some points that are not on the curve: that is a signature nobody made.
    return false;
  }
};

/** The same for an uncompressed point of P-256 (RFC 5480). */
const p256Prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

export const verifyEs256: Primitives['verifyEs256'] = (publicKey, message, signature) => {
  if (publicKey.length !== es256KeyBytes || publicKey[0] !== 4) return false;
  if (signature.length !== es256SignatureBytes) return false;
  try {
    const der = Buffer.concat([p256Prefix, publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
};

/** The same for an ML-DSA-44 key (RFC 9881). */
const mlDsa44Prefix = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');

/** Node has it from 24.7 on, where its OpenSSL does. */
export const ownMlDsa44: Primitives['ownMlDsa44'] = () => {
  try {
    // Any bytes of this length are a key, so nothing but the algorithm can be refused.
    const key: { readonly asymmetricKeyType?: string | undefined } = mlDsa44Key(
      new Uint8Array(mlDsa44KeyBytes),
    );
    return key.asymmetricKeyType === 'ml-dsa-44' ? verifyMlDsa44 : undefined;
  } catch {
    return undefined;
  }
};

const verifyMlDsa44: VerifyMlDsa44 = (publicKey, message, signature) => {
  if (publicKey.length !== mlDsa44KeyBytes) return false;
  if (signature.length !== mlDsa44SignatureBytes) return false;
  try {
    return verify(null, message, mlDsa44Key(publicKey), signature);
  } catch {
    return false;
  }
};

function mlDsa44Key(publicKey: Uint8Array): KeyObject {
  const der = Buffer.concat([mlDsa44Prefix, publicKey]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
