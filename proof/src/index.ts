// Verify a receipt: this is all that most readers need.
export {
  type Check,
  type EntryRole,
  type ReceiptFacts,
  type Report,
  type Verdict,
  type VerifiedEntry,
  type VerifyOptions,
  verifyReceipt,
} from './verify-receipt.ts';
export {
  type Receipt,
  type ReceiptEntry,
  type ReceiptRole,
  formatReceipt,
  parseReceipt,
} from './receipt.ts';
export { verifyTile } from './verify-tile.ts';
export {
  type ExportFault,
  type ExportOptions,
  type ExportReport,
  type ReadLogFile,
  verifyExport,
} from './verify-export.ts';

// Hold a log to the promise it made when it took an entry.
export { type EntryPromise, formatPromiseBody, openPromise, parsePromiseBody } from './promise.ts';
export {
  type BatchPromise,
  type PromisedBatch,
  formatBatchBody,
  formatBatchPromise,
  parseBatchBody,
  parseBatchPromise,
} from './batch-promise.ts';
export {
  type PromiseEvidence,
  type PromiseReport,
  type PromiseVerdict,
  verifyPromise,
} from './verify-promise.ts';

// What an auditor is given: every entry of an exchange as an SD-JWT (RFC 9901), with its proof.
export {
  type Bundle,
  type BundleEntry,
  type BundleGroup,
  type BundleRole,
  type BundleValue,
  formatBundle,
  parseBundle,
} from './bundle.ts';
export {
  type BundleContent,
  type BundleReport,
  type ContentState,
  type VerifiedValue,
  verifyBundle,
} from './verify-bundle.ts';
export {
  type EntryJwt,
  entryJwtKid,
  entryJwtSigningInput,
  formatEntryJwt,
  parseEntryJwt,
  verifyEntryJwt,
} from './sd-jwt.ts';

// Receipts in COSE (RFC 9942).
export { type CborMap, type CborTag, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
export {
  type CoseAlgorithm,
  type CoseConsistency,
  type CoseDraft,
  type CoseInclusion,
  type CoseKey,
  type CoseReceipt,
  coseSignedBytes,
  encodeCoseReceipt,
  parseCoseKey,
  parseCoseReceipt,
  verifyCoseConsistency,
  verifyCoseInclusion,
} from './cose-receipt.ts';
export { type CoseFacts, type CoseReport, verifyCoseReceipt } from './verify-cose.ts';

// Whom to trust (tlog-policy), what a log asks of a witness (tlog-witness), what convicts a log.
export {
  type Quorum,
  type TrustPolicy,
  type TrustedWitness,
  type WitnessGroup,
  evaluateQuorum,
  parseTrustPolicy,
} from './trust-policy.ts';
export {
  type WitnessRequest,
  formatWitnessRequest,
  parseWitnessRequest,
  witnessRequestBytesMax,
} from './witness-request.ts';
export {
  type ForkEvidence,
  type ForkMade,
  type ForkRefusal,
  type ForkReport,
  formatForkEvidence,
  makeForkEvidence,
  parseForkEvidence,
  verifyFork,
} from './fork.ts';

// Why evidence is refused: stable codes, and a sentence for each in two languages.
export { type Bilingual, ProofError, type RejectionCode, rejections, subjects } from './codes.ts';

// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
export {
  type KeyType,
  type Note,
  type NoteOptions,
  type NoteSignature,
  type OpenedNote,
  type VerifiedSignature,
  type VerifierKey,
  cosignedText,
  formatNote,
  formatVerifierKey,
  keyTypes,
  noteKeyId,
  openNote,
  parseNote,
  parseVerifierKey,
} from './note.ts';
export { isKeyName } from './key-name.ts';
export { type Checkpoint, formatCheckpointBody, parseCheckpointBody } from './checkpoint-body.ts';
export { type MlDsaState, type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
export {
  type SubtreeStatement,
  type TimedSignature,
  formatMlDsaSignature,
  mlDsaCosignedBytes,
  subtreeCosignedBytes,
} from './subtree-cosignature.ts';
export type { VerifyMlDsa44 } from './primitives.ts';

// The Merkle tree (RFC 9162): hashes, proofs, and the shape a writer needs to make them.
export { emptyRoot, hashLeaf, hashNode } from './hashing.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  type Subtree,
  consistencyNodes,
  consistencyRoot,
  foldRight,
  inclusionNodes,
  inclusionRoot,
  isSubtree,
  perfectSubtrees,
  rootNodes,
  rootOf,
  subtreeConsistencyNodes,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './tree.ts';
export { type TileProof, readTileProof } from './tile-proof.ts';
export { type TlogProof, formatTlogProof, parseTlogProof } from './tlog-proof.ts';

// Tiles and entry bundles (C2SP tlog-tiles).
export {
  type TilePath,
  type TileSlice,
  formatEntryBundle,
  formatTilePath,
  parseTilePath,
  splitBundle,
  fullTileWidth,
  splitTile,
  tileHeight,
  tileSlice,
  tileWidth,
} from './tile.ts';

// Entries and their fields (RFC 8785, RFC 9901).
export { type EntryView, type SealedGroup, groupOfField, parseEntry } from './entry.ts';
export { type ChainFault, type ChainFaultKind, EntryChain } from './chain.ts';
export { type CanonicalValue, canonicalJson, parseCanonicalJson } from './canonical-json.ts';
export {
  type Disclosure,
  digestDisclosure,
  formatDisclosure,
  parseDisclosure,
} from './disclosure.ts';

// Bytes and their strict spellings.
export {
  concatBytes,
  decodeBase64,
  decodeBase64url,
  decodeUtf8,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  equalBytes,
} from './bytes.ts';
