import { decodeBase64, encodeBase64, encodeBase64url, equalBytes } from './bytes.ts';
import {
  type MlDsaState,
  type OpenedCheckpoint,
  openCheckpoint,
  requireLogKey,
} from './checkpoint.ts';
import { type Bilingual, ProofError, type RejectionCode, rejections } from './codes.ts';
import { type Disclosure, digestDisclosure, parseDisclosure } from './disclosure.ts';
import { type EntryView, entryMembers, parseEntry } from './entry.ts';
import { hashLeaf } from './hashing.ts';
import { type NoteOptions, type VerifierKey, keyTypes, parseVerifierKey } from './note.ts';
import { type ReceiptEntry, type ReceiptRole, parseReceipt } from './receipt.ts';
import { explain } from './statements.ts';
import { type TlogProof, formatTlogProof, parseTlogProof } from './tlog-proof.ts';
import { type Quorum, type TrustPolicy, evaluateQuorum, parseTrustPolicy } from './trust-policy.ts';
import { verifyInclusion } from './tree.ts';

export interface VerifyOptions extends NoteOptions {
  /** Keys of the log, as `<name>+<id>+<key>`, and of the witnesses one trusts: a key says which. */
  readonly verifierKeys: readonly string[];
  /** Keys that must be of witnesses. */
  readonly witnessKeys?: readonly string[];
  /**
   * A C2SP tlog-policy file. Its logs and witnesses are trusted too, and WITNESSED then means that
   * its quorum holds, whoever else may have signed.
   */
  readonly trustPolicy?: string | Uint8Array;
}

/** In rising order. UNANCHORED: nobody but the log itself vouches that others see the same log. */
export type Verdict = 'INVALID' | 'UNANCHORED' | 'WITNESSED';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Which part of the receipt. */
  readonly subject: string;
  readonly code?: RejectionCode;
  readonly text: Bilingual;
}

/** A bundle may hold entries that say what was erased, a receipt does not. */
export type EntryRole = ReceiptRole | 'erasure';

export interface VerifiedEntry {
  readonly role: EntryRole;
  readonly index: number;
  /** Base64url. */
  readonly leafHash: string;
  readonly entry: EntryView;
  readonly disclosed: readonly Disclosure[];
}

export interface Report {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** Sentences for a reader who is no specialist. */
  readonly proved: readonly Bilingual[];
  readonly notProved: readonly Bilingual[];
  readonly facts?: ReceiptFacts;
}

export interface ReceiptFacts {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly entries: readonly VerifiedEntry[];
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
  /** With a trust policy: whether its quorum holds, and which institutions contributed. */
  readonly quorum?: Quorum;
  /** Signature lines by keys that were not given, and that nobody checked. */
  readonly unknownSignatures: number;
  /** One for each key of type 0x06 that was given; none of them need have signed. */
  readonly mlDsa44: readonly MlDsaState[];
}

/**
 * Verifies a receipt offline.
 * @param text the receipt as it was handed out
 * @returns a report; never throws for bad evidence
 */
export async function verifyReceipt(text: string, options: VerifyOptions): Promise<Report> {
  return reportOf(async (pass) => {
    const trust = await readTrust(options);
    const receipt = parseReceipt(text);
    pass('format', 'the receipt', said.format);
    return verifyEvidence(receipt, trust, pass);
  });
}

export type Pass = (name: string, subject: string, text: Bilingual) => void;

/** Runs a verification and says what it found, whether it went well or not. */
export async function reportOf(verify: (pass: Pass) => Promise<ReceiptFacts>): Promise<Report> {
  const checks: Check[] = [];
  try {
    const facts = await verify((name, subject, text) => {
      checks.push({ name, ok: true, subject, text });
    });
    const verdict = isWitnessed(facts) ? 'WITNESSED' : 'UNANCHORED';
    return { verdict, checks, ...explain(facts), facts };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    const { code, subject } = error;
    checks.push({ name: code, ok: false, subject, code, text: rejections[code] });
    return { verdict: 'INVALID', checks, proved: [], notProved: [rejections[code]] };
  }
}

/** Whom a verifier trusts: at least one key of a log. */
export interface Trust extends NoteOptions {
  readonly keys: readonly VerifierKey[];
  readonly policy: TrustPolicy | undefined;
}

/** @throws ProofError `E_KEY`, `E_UNSUPPORTED` or `E_POLICY` */
export async function readTrust(options: VerifyOptions): Promise<Trust> {
  const policy =
    options.trustPolicy === undefined ? undefined : await parseTrustPolicy(options.trustPolicy);
  const { verifyMlDsa44 } = options;
  return { keys: await parseKeys(options, policy), policy, verifyMlDsa44 };
}

/** Entries of one exchange, and of what it stands on, as any file of evidence holds them. */
export interface Evidence {
  readonly origin: string;
  readonly entries: readonly (Omit<ReceiptEntry, 'role'> & { readonly role: EntryRole })[];
}

/** @throws ProofError for the first thing that is wrong */
export async function verifyEvidence(
  evidence: Evidence,
  trust: Trust,
  pass: Pass,
): Promise<ReceiptFacts> {
  const proofs = evidence.entries.map((entry) => readProof(entry));
  const checkpointText = proofs[0]!.checkpoint;
  const { policy } = trust;
  const checkpoint = await verifyCheckpoint(evidence, checkpointText, trust);
  pass('signature', 'the checkpoint', said.signature);
  const entries: VerifiedEntry[] = [];
  for (const [i, entry] of evidence.entries.entries()) {
    const proof = proofs[i]!;
    // Entries proved against different roots would not be of one state of the log.
    if (proof.checkpoint !== checkpointText) throw new ProofError('E_PROOF', nameOf(entry));
    // oxlint-disable-next-line no-await-in-loop -- the first fault is the one to name
    entries.push(await verifyEntry(entry, proof, checkpoint));
    pass('inclusion', nameOf(entry), said.inclusion);
  }
  verifyLinks(entries);
  pass('links', 'the entries', said.links);
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: encodeBase64(checkpoint.root),
    entries,
    unknownSignatures: checkpoint.unknownSignatures,
    mlDsa44: checkpoint.mlDsa44,
    ...(policy === undefined
      ? {}
      : { quorum: evaluateQuorum(policy, (key) => isAmong(checkpoint.keys, key)) }),
    witnesses: checkpoint.signatures.flatMap(({ name, time }) =>
      time === undefined ? [] : [{ name, time }],
    ),
  };
}

type EvidenceEntry = Evidence['entries'][number];

async function parseKeys(
  options: VerifyOptions,
  policy: TrustPolicy | undefined,
): Promise<readonly VerifierKey[]> {
  const { verifierKeys, witnessKeys = [] } = options;
  const trusted = policy === undefined ? [] : policyKeys(policy);
  const keys: VerifierKey[] = [];
  for (const [i, text] of [...verifierKeys, ...witnessKeys].entries()) {
    // oxlint-disable-next-line no-await-in-loop -- a handful
    const key = await parseVerifierKey(text.trim());
    const isWitness = key?.type === keyTypes.cosignatureV1;
    // One public key under two names would count as two witnesses, or as the log's own witness.
    if (key === undefined || isAmong(keys, key) || (i >= verifierKeys.length && !isWitness)) {
      throw new ProofError('E_KEY', 'a given key');
    }
    keys.push(key);
  }
  for (const key of trusted) {
    const same = keys.find(({ publicKey }) => equalBytes(publicKey, key.publicKey));
    if (same === undefined) keys.push(key);
    // Given twice is no harm, given under two names is.
    else if (same.name !== key.name || same.type !== key.type) {
      throw new ProofError('E_KEY', 'a given key');
    }
  }
  requireLogKey(keys, options);
  return keys;
}

/** @throws ProofError where a log would be its own witness */
function policyKeys({ logs, witnesses }: TrustPolicy): readonly VerifierKey[] {
  const cosigners = witnesses.map(({ key }) => key);
  if (logs.some((log) => isAmong(cosigners, log))) {
    throw new ProofError('E_POLICY', 'the trust policy');
  }
  return [...logs, ...cosigners];
}

function isAmong(keys: readonly VerifierKey[], { publicKey }: VerifierKey): boolean {
  return keys.some((key) => equalBytes(key.publicKey, publicKey));
}

/** A quorum of nobody holds and vouches for nothing. */
function isAnchored({ holds, institutions }: Quorum): boolean {
  return holds && institutions.length > 0;
}

function isWitnessed({ witnesses, quorum }: ReceiptFacts): boolean {
  return quorum === undefined ? witnesses.length > 0 : isAnchored(quorum);
}

function nameOf(entry: EvidenceEntry): string {
  return `the ${entry.role} entry`;
}

function readProof(entry: EvidenceEntry): TlogProof {
  const proof = parseTlogProof(entry.proof);
  // One spelling only, and no `extra` line: nothing would protect it, so anybody could change it.
  if (proof === undefined || formatTlogProof(proof) !== entry.proof) {
    throw new ProofError('E_PROOF', nameOf(entry));
  }
  return proof;
}

async function verifyCheckpoint(
  evidence: Evidence,
  noteText: string,
  { keys, verifyMlDsa44 }: Trust,
): Promise<OpenedCheckpoint> {
  const checkpoint = await openCheckpoint(noteText, keys, { verifyMlDsa44 });
  if (checkpoint === undefined) throw new ProofError('E_SIG', 'the checkpoint');
  if (checkpoint.origin !== evidence.origin) throw new ProofError('E_ORIGIN', 'the checkpoint');
  return checkpoint;
}

async function verifyEntry(
  item: EvidenceEntry,
  proof: TlogProof,
  checkpoint: OpenedCheckpoint,
): Promise<VerifiedEntry> {
  const subject = nameOf(item);
  const bytes = decodeBase64(item.entry)!;
  const leafHash = await hashLeaf(bytes);
  const { index, hashes } = proof;
  const { size, root } = checkpoint;
  if (!(await verifyInclusion({ leafHash, index, size, proof: hashes, root }))) {
    throw new ProofError('E_ROOT', subject);
  }
  const entry = parseEntry(bytes);
  if (entry === undefined) throw new ProofError('E_ENTRY', subject);
  const disclosed: Disclosure[] = [];
  const names = new Set<string>(entryMembers);
  for (const text of item.disclosures) {
    const disclosure = parseDisclosure(text);
    // oxlint-disable-next-line no-await-in-loop -- at most sixteen, and the first fault is named
    const digest = await digestDisclosure(text);
    // RFC 9901, section 7.1: a digest met twice, or a name already there, is refused.
    if (disclosure === undefined || !entry.digests.includes(digest) || names.has(disclosure.name))
      throw new ProofError('E_DISCLOSURE', subject);
    names.add(disclosure.name);
    disclosed.push(disclosure);
  }
  return { role: item.role, index, leafHash: encodeBase64url(leafHash), entry, disclosed };
}

const typeOf: Readonly<Record<EntryRole, string>> = {
  intent: 'intent',
  outcome: 'outcome',
  policy: 'policy.change',
  model: 'model.record',
  erasure: 'erasure',
};

/** An intent, at most one outcome of it after it, and the policy and models these two name. */
function verifyLinks(entries: readonly VerifiedEntry[]): void {
  const refuse = (role: string): never => {
    throw new ProofError('E_LINK', `the ${role} entry`);
  };
  const of = (role: ReceiptRole): readonly VerifiedEntry[] =>
    entries.filter((e) => e.role === role);
  for (const item of entries) if (item.entry.type !== typeOf[item.role]) refuse(item.role);
  const [intent, ...moreIntents] = of('intent');
  const [outcome, ...moreOutcomes] = of('outcome');
  if (intent === undefined || moreIntents.length > 0) return refuse('intent');
  if (moreOutcomes.length > 0) return refuse('outcome');
  if (outcome !== undefined) {
    const named = outcome.entry.refs.intent === intent.leafHash;
    if (!named || outcome.index <= intent.index) refuse('outcome');
    if (outcome.entry.refs.policy !== intent.entry.refs.policy) refuse('policy');
    if (!isWrittenAfter(outcome, intent)) refuse('outcome');
  }
  const exchange = outcome === undefined ? [intent] : [intent, outcome];
  for (const role of ['policy', 'model'] as const) {
    for (const { leafHash, index } of of(role)) {
      const names = (by: VerifiedEntry): boolean =>
        by.entry.refs[role] === leafHash && by.index > index;
      if (!exchange.some(names)) refuse(role);
    }
  }
  const places = new Set(entries.map((item) => item.index));
  if (places.size !== entries.length) refuse('intent');
}

/** What one writer wrote is numbered without gaps, and each entry names the one before it. */
function isWrittenAfter(later: VerifiedEntry, earlier: VerifiedEntry): boolean {
  if (later.entry.writer !== earlier.entry.writer) return true;
  const steps = later.entry.writerSequence - earlier.entry.writerSequence;
  return steps > 1 || (steps === 1 && later.entry.previous === earlier.leafHash);
}

const said = {
  format: {
    en: 'The receipt is complete and well formed.',
    ja: '受領証の形は正しく、欠けていません。',
  },
  signature: {
    en: 'The log signed this checkpoint with the key you gave.',
    ja: '指定された鍵で、台帳がこのチェックポイントに署名しています。',
  },
  inclusion: {
    en: 'The entry is in the log at this place, unaltered.',
    ja: '記録は台帳のその位置に、書き換えられずにあります。',
  },
  links: {
    en: 'The entries belong to one exchange.',
    ja: '記録は一つのやり取りのものです。',
  },
} as const satisfies Record<string, Bilingual>;
