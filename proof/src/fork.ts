import { encodeBase64, equalBytes } from './bytes.ts';
import { type OpenedCheckpoint, openCheckpoint, requireLogKey } from './checkpoint.ts';
import { type Checkpoint, parseCheckpointBody } from './checkpoint-body.ts';
import { ProofError, type RejectionCode } from './codes.ts';
import { type NoteOptions, maxNoteBytes, parseNote, parseVerifierKey } from './note.ts';
import { verifyConsistency } from './tree.ts';
import { parseTrustPolicy } from './trust-policy.ts';

/**
 * Two notes that convict a log: it signed two different trees of one size, so two readers were
 * shown two logs. Nobody but the holder of the log's key can make such a file.
 */
export interface ForkEvidence {
  readonly format: 'sekisho-fork/1';
  /** Name of the log. */
  readonly origin: string;
  /** Two signed checkpoints, verbatim. */
  readonly notes: readonly [string, string];
}

export type ForkReport =
  | {
      readonly convicted: true;
      readonly origin: string;
      readonly size: number;
      /** Base64, in the order of the notes. */
      readonly roots: readonly [string, string];
    }
  | { readonly convicted: false; readonly code: RejectionCode; readonly subject: string };

const evidenceCharactersMax = 2 * maxNoteBytes + 4096;

/** One spelling only. */
export function formatForkEvidence({ format, origin, notes }: ForkEvidence): string {
  return `${JSON.stringify({ format, origin, notes })}\n`;
}

/** @throws ProofError `E_FORK_FORMAT` */
export function parseForkEvidence(text: string): ForkEvidence {
  let value: unknown;
  try {
    value = text.length > evidenceCharactersMax ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isEvidence(value) || formatForkEvidence(value) !== text) {
    throw new ProofError('E_FORK_FORMAT', 'the fork evidence');
  }
  return value;
}

/**
 * Tries a log on two of its own checkpoints, offline.
 * @param trust keys of the log, as `<name>+<id>+<key>`, or a trust policy that lists it
 * @returns a report; never throws for bad evidence
 */
export async function verifyFork(
  text: string,
  trust: NoteOptions & {
    readonly verifierKeys: readonly string[];
    readonly trustPolicy?: string | Uint8Array;
  },
): Promise<ForkReport> {
  try {
    const keys = trust.trustPolicy === undefined ? [] : [...(await logsOf(trust.trustPolicy))];
    for (const vkey of trust.verifierKeys) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      const key = await parseVerifierKey(vkey.trim());
      if (key === undefined) throw new ProofError('E_KEY', 'a given key');
      if (!keys.some(({ publicKey }) => equalBytes(publicKey, key.publicKey))) keys.push(key);
    }
    requireLogKey(keys, trust);
    const { origin, notes } = parseForkEvidence(text);
    const opened = await Promise.all(notes.map((note) => openCheckpoint(note, keys, trust)));
    const [one, other] = opened.map((checkpoint) => {
      if (checkpoint === undefined) throw new ProofError('E_SIG', 'the checkpoint');
      if (checkpoint.origin !== origin) throw new ProofError('E_ORIGIN', 'the checkpoint');
      return checkpoint;
    }) as [OpenedCheckpoint, OpenedCheckpoint];
    if (one.size !== other.size || equalBytes(one.root, other.root)) {
      throw new ProofError('E_FORK', 'the fork evidence');
    }
    const roots = [encodeBase64(one.root), encodeBase64(other.root)] as const;
    return { convicted: true, origin, size: one.size, roots };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { convicted: false, code: error.code, subject: error.subject };
  }
}

async function logsOf(policy: string | Uint8Array) {
  return (await parseTrustPolicy(policy)).logs;
}

function isEvidence(value: unknown): value is ForkEvidence {
  if (typeof value !== 'object' || value === null) return false;
  const { format, origin, notes } = value as Record<string, unknown>;
  return (
    format === 'sekisho-fork/1' &&
    typeof origin === 'string' &&
    Array.isArray(notes) &&
    notes.length === 2 &&
    notes.every((note) => typeof note === 'string')
  );
}

export type ForkMade =
  | { readonly made: true; readonly text: string; readonly report: ForkReport }
  | {
      readonly made: false;
      readonly code: RejectionCode;
      readonly subject: string;
      readonly reason?: ForkRefusal;
    };

/**
 * Why two genuine checkpoints of one log convict nobody. `agree`: same size, same root. `sizes`: a
 * log grows, and nothing was shown about how these two are connected. `consistent`: the proof given
 * connects them. `proof_fails`: anybody can write a proof that fails, so it says nothing.
 */
export type ForkRefusal = 'agree' | 'sizes' | 'consistent' | 'proof_fails';

/**
 * Makes evidence from two signed checkpoints, and refuses to make any that would not convict.
 * @param proof of consistency between two sizes, if there is one
 */
export async function makeForkEvidence(
  notes: readonly [string, string],
  { verifierKeys, proof }: { verifierKeys: readonly string[]; proof?: readonly Uint8Array[] },
): Promise<ForkMade> {
  const bodies = notes.map((note) => parseCheckpointBody(parseNote(note)?.text ?? ''));
  const origin = bodies[0]?.origin ?? '';
  const text = formatForkEvidence({ format: 'sekisho-fork/1', origin, notes });
  const report = await verifyFork(text, { verifierKeys });
  if (report.convicted) return { made: true, text, report };
  const { code, subject } = report;
  if (code !== 'E_FORK') return { made: false, code, subject };
  const [one, other] = bodies as [Checkpoint, Checkpoint];
  return { made: false, code, subject, reason: await whyNot(one, other, proof) };
}

async function whyNot(
  one: Checkpoint,
  other: Checkpoint,
  proof: readonly Uint8Array[] | undefined,
): Promise<ForkRefusal> {
  if (one.size === other.size) return 'agree';
  if (proof === undefined) return 'sizes';
  const [old, young] = one.size < other.size ? [one, other] : [other, one];
  const claim = { oldSize: old.size, newSize: young.size, oldRoot: old.root, newRoot: young.root };
  return (await verifyConsistency({ ...claim, proof })) ? 'consistent' : 'proof_fails';
}
