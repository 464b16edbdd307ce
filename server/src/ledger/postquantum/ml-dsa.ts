import type { VerifyMlDsa44 } from '@sekisho/proof';

/** ML-DSA-44 (FIPS 204), which the Node we support lacks. Loaded where it is switched on. */
async function library() {
  const { ml_dsa44: mlDsa44 } = await import('@noble/post-quantum/ml-dsa.js');
  return mlDsa44;
}

export interface MlDsaKey {
  /** 1,312 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Some milliseconds of computing. The variant without randomness (FIPS 204, section 3.4), so that
   * the same message gives the same 2,420 bytes and a log can know its own signature again.
   */
  sign(message: Uint8Array): Uint8Array;
}

/** @param seed 32 bytes, FIPS 204 section 5.1 */
export async function mlDsaKeyOf(seed: Uint8Array): Promise<MlDsaKey> {
  const mlDsa44 = await library();
  const { publicKey, secretKey } = mlDsa44.keygen(seed);
  return {
    publicKey,
    sign: (message) => mlDsa44.sign(message, secretKey, { extraEntropy: false }),
  };
}

export async function loadMlDsaVerifier(): Promise<VerifyMlDsa44> {
  const mlDsa44 = await library();
  return (publicKey, message, signature) => {
    try {
      return mlDsa44.verify(signature, message, publicKey);
    } catch {
      // The library throws for wrong lengths; that is a signature nobody made.
      return false;
    }
  };
}
