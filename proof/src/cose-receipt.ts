import { type CborMap, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
import { consistencyRoot, inclusionRoot } from './tree.ts';
import { verifyEd25519, verifyEs256 } from '#primitives';

/**
 * COSE receipts (RFC 9942) for RFC 9162 trees with SHA-256: a COSE_Sign1 (RFC 9052) whose payload,
 * the root, is left out and computed from the proof.
 */
export interface CoseReceipt {
  readonly algorithm: CoseAlgorithm;
  readonly keyId?: Uint8Array;
  /** CWT claims of the protected header (RFC 9597): who signed, and about what. */
  readonly issuer?: string;
  readonly subject?: string;
  /** Of one kind, and at least one. */
  readonly proofs: readonly CoseInclusion[] | readonly CoseConsistency[];
  /** As signed, byte for byte. */
  readonly protectedHeader: Uint8Array;
  readonly signature: Uint8Array;
}

export interface CoseInclusion {
  readonly kind: 'inclusion';
  readonly size: number;
  readonly index: number;
  readonly path: readonly Uint8Array[];
}

export interface CoseConsistency {
  readonly kind: 'consistency';
  readonly oldSize: number;
  readonly newSize: number;
  readonly path: readonly Uint8Array[];
}

export type CoseAlgorithm = 'Ed25519' | 'ES256';

export interface CoseKey {
  readonly algorithm: CoseAlgorithm;
  /** 32 bytes of Ed25519, or the 65 of an uncompressed point of P-256. */
  readonly publicKey: Uint8Array;
}

const label = { alg: 1, crit: 2, keyId: 4, claims: 15, vds: 395, vdp: 396 } as const;
const claim = { issuer: 1, subject: 2 } as const;
const proofLabel = { inclusion: -1, consistency: -2 } as const;
/** The tree of RFC 9162 with SHA-256, in the registry of verifiable data structures. */
const rfc9162Sha256 = 1;
const sign1Tag = 18;

/** EdDSA and ES256 of RFC 9053, and the names RFC 9864 gives to the same two, fully specified. */
const algorithms: ReadonlyMap<CborValue, CoseAlgorithm> = new Map<CborValue, CoseAlgorithm>([
  [-8, 'Ed25519'],
  [-19, 'Ed25519'],
  [-7, 'ES256'],
  [-9, 'ES256'],
]);

const proofsMax = 8;
const pathMax = 64;

/**
 * Reads a receipt strictly.
 * @returns undefined for anything but a COSE_Sign1 with a detached payload and proofs of one kind
 */
export function parseCoseReceipt(bytes: Uint8Array): CoseReceipt | undefined {
  const message = decodeCbor(bytes);
  const parts = isTagged(message) ? message.value : undefined;
  if (!Array.isArray(parts) || parts.length !== 4) return undefined;
  const [protectedHeader, open, payload, signature]: readonly CborValue[] = parts;
  if (!isBytes(protectedHeader) || !isBytes(signature) || payload !== null) return undefined;
  const signed = decodeCbor(protectedHeader);
  if (!isMap(signed) || !isMap(open)) return undefined;
  const algorithm = algorithms.get(signed.get(label.alg) ?? null);
  if (algorithm === undefined || signed.get(label.vds) !== rfc9162Sha256) return undefined;
  // A label in both headers is malformed; one that must be understood is not understood here.
  if (signed.has(label.crit) || [...open.keys()].some((key) => signed.has(key))) return undefined;
  const proofs = readProofs(open.get(label.vdp));
  const claims = signed.get(label.claims) ?? new Map();
  const keyId = signed.get(label.keyId);
  if (proofs === undefined || !isMap(claims)) return undefined;
  if (keyId !== undefined && !isBytes(keyId)) return undefined;
  const issuer = claims.get(claim.issuer);
  const subject = claims.get(claim.subject);
  if (![issuer, subject].every((text) => text === undefined || typeof text === 'string')) {
    return undefined;
  }
  return {
    algorithm,
    proofs,
    protectedHeader,
    signature,
    ...(keyId === undefined ? {} : { keyId }),
    ...(typeof issuer === 'string' ? { issuer } : {}),
    ...(typeof subject === 'string' ? { subject } : {}),
  };
}

/**
 * The root that the receipt's key signed, of the tree that holds the leaf at `proof.index`.
 * @returns undefined when the signature, or the path, does not hold
 */
export async function verifyCoseInclusion(
  receipt: CoseReceipt,
  leafHash: Uint8Array,
  key: CoseKey,
): Promise<{ readonly root: Uint8Array; readonly proof: CoseInclusion } | undefined> {
  // Several proofs under one signature would be of several leaves of one tree.
  const [proof, ...more] = receipt.proofs;
  if (proof?.kind !== 'inclusion' || more.length > 0) return undefined;
  const { index, size, path } = proof;
  const root = await inclusionRoot({ leafHash, index, size, proof: path });
  if (root === undefined || !(await isSigned(receipt, root, key))) return undefined;
  return { root, proof };
}

/**
 * The root that the receipt's key signed, of the newer tree of which the old one is a prefix.
 * @returns undefined when the signature, or the path, does not hold
 */
export async function verifyCoseConsistency(
  receipt: CoseReceipt,
  oldRoot: Uint8Array,
  key: CoseKey,
): Promise<{ readonly root: Uint8Array; readonly proof: CoseConsistency } | undefined> {
  const [proof, ...more] = receipt.proofs;
  if (proof?.kind !== 'consistency' || more.length > 0) return undefined;
  const { oldSize, newSize, path } = proof;
  const root = await consistencyRoot({ oldSize, newSize, oldRoot, proof: path });
  if (root === undefined || !(await isSigned(receipt, root, key))) return undefined;
  return { root, proof };
}

/** Everything of a receipt but the signature. */
export interface CoseDraft {
  /** Name of the log. */
  readonly issuer: string;
  /** What the entry is called, such as its id. */
  readonly subject: string;
  readonly keyId: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: CoseInclusion | CoseConsistency;
}

/**
 * Writes a receipt, signed with EdDSA.
 * @param sign Ed25519 over the given bytes
 * @throws RangeError for a proof without a hash in it: RFC 9942 knows no such proof, so a tree of
 * one leaf has no receipt
 */
export async function encodeCoseReceipt(
  draft: CoseDraft,
  sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): Promise<Uint8Array> {
  const { issuer, subject, keyId, root, proof } = draft;
  if (proof.path.length === 0) throw new RangeError('no proof to put into a receipt');
  const claims = new Map([
    [claim.issuer, issuer],
    [claim.subject, subject],
  ]);
  const protectedHeader = encodeCbor(
    new Map<number, CborValue>([
      [label.alg, -8],
      [label.keyId, keyId],
      [label.claims, claims],
      [label.vds, rfc9162Sha256],
    ]),
  );
  const numbers =
    proof.kind === 'inclusion' ? [proof.size, proof.index] : [proof.oldSize, proof.newSize];
  const written = encodeCbor([...numbers, proof.path]);
  const open = new Map([[label.vdp, new Map([[proofLabel[proof.kind], [written]]])]]);
  const signature = await sign(coseSignedBytes(protectedHeader, root));
  return encodeCbor({ tag: sign1Tag, value: [protectedHeader, open, null, signature] });
}

/** The Sig_structure of RFC 9052, section 4.4, without external data. */
export function coseSignedBytes(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, new Uint8Array(0), payload]);
}

async function isSigned(
  { algorithm, protectedHeader, signature }: CoseReceipt,
  root: Uint8Array,
  key: CoseKey,
): Promise<boolean> {
  if (algorithm !== key.algorithm) return false;
  const verify = algorithm === 'Ed25519' ? verifyEd25519 : verifyEs256;
  return verify(key.publicKey, coseSignedBytes(protectedHeader, root), signature);
}

function readProofs(value: CborValue | undefined): CoseReceipt['proofs'] | undefined {
  if (!isMap(value) || value.size !== 1) return undefined;
  const inclusions = readList(value.get(proofLabel.inclusion), readInclusion);
  return inclusions ?? readList(value.get(proofLabel.consistency), readConsistency);
}

function readList<Proof>(
  list: CborValue | undefined,
  read: (a: number, b: number, path: readonly Uint8Array[]) => Proof,
): readonly Proof[] | undefined {
  if (!Array.isArray(list) || list.length === 0 || list.length > proofsMax) return undefined;
  const proofs: Proof[] = [];
  for (const item of list as readonly CborValue[]) {
    const parts = isBytes(item) ? decodeCbor(item) : undefined;
    if (!Array.isArray(parts) || parts.length !== 3) return undefined;
    const [a, b, path]: readonly CborValue[] = parts;
    if (!isCount(a) || !isCount(b) || !Array.isArray(path)) return undefined;
    if (path.length === 0 || path.length > pathMax || !path.every(isBytes)) return undefined;
    proofs.push(read(a, b, path));
  }
  return proofs;
}

function readInclusion(size: number, index: number, path: readonly Uint8Array[]): CoseInclusion {
  return { kind: 'inclusion', size, index, path };
}

function readConsistency(
  oldSize: number,
  newSize: number,
  path: readonly Uint8Array[],
): CoseConsistency {
  return { kind: 'consistency', oldSize, newSize, path };
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && value >= 0;
}

function isBytes(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isMap(value: CborValue | undefined): value is CborMap {
  return value instanceof Map;
}

function isTagged(value: CborValue | undefined): value is { tag: 18; value: CborValue } {
  return typeof value === 'object' && value !== null && 'tag' in value && value.tag === sign1Tag;
}

/** DER of a SubjectPublicKeyInfo up to the key itself (RFC 8410, RFC 5480). */
const spkiPrefixes: readonly (readonly [CoseAlgorithm, string, number])[] = [
  ['Ed25519', '302a300506032b6570032100', 32],
  ['ES256', '3059301306072a8648ce3d020106082a8648ce3d030107034200', 65],
];

/**
 * Reads a public key as OpenSSL and most others write it (DER of a SubjectPublicKeyInfo).
 * @returns undefined for any other kind of key
 */
export function parseCoseKey(spki: Uint8Array): CoseKey | undefined {
  for (const [algorithm, prefix, keyBytes] of spkiPrefixes) {
    const head = spki.subarray(0, spki.length - keyBytes);
    const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (hex === prefix) return { algorithm, publicKey: spki.slice(-keyBytes) };
  }
  return undefined;
}
