/**
 * The primitives everything rests on. A browser's are asynchronous, Node's are not, so both
 * shapes are allowed and every caller awaits.
 */
export interface Primitives {
  /** SHA-256 (FIPS 180-4): 32 bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  /** Ed25519 (RFC 8032). False, never an exception, for keys and signatures of a wrong length. */
  readonly verifyEd25519: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean | Promise<boolean>;
  /**
   * ES256 (RFC 9053, section 2.1): ECDSA on P-256 with SHA-256, for receipts of other logs. The key
   * is an uncompressed point, the signature r and s. False as above.
   */
  readonly verifyEs256: (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean | Promise<boolean>;
  /** Undefined where this runtime has none of its own; a caller may then bring one. */
  readonly ownMlDsa44: () => VerifyMlDsa44 | undefined;
}

/**
 * ML-DSA-44 (FIPS 204), pure, with an empty context. Must answer false, never throw, for keys and
 * signatures of a wrong length.
 */
export type VerifyMlDsa44 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

export const ed25519KeyBytes = 32;
export const ed25519SignatureBytes = 64;
export const es256KeyBytes = 65;
export const es256SignatureBytes = 64;
export const mlDsa44KeyBytes = 1312;
export const mlDsa44SignatureBytes = 2420;
