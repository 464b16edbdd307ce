import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Checkpoint,
  type VerifierKey,
  formatForkEvidence,
  formatNote,
  keyTypes,
  openNote,
  parseCheckpointBody,
  parseNote,
  parseVerifierKey,
  parseWitnessRequest,
  verifyConsistency,
} from '@sekisho/proof';
import { type Clock, type Log, createDirectoryDurably, limits, writeFileDurably } from '#base';
import { LedgerError } from '../errors.ts';
import { type Cosigner, loadCosigner } from './cosigner.ts';
import { type SeenCheckpoint, WitnessStore } from './store.ts';

export interface WitnessOptions {
  readonly directory: string;
  /** Verifier keys of the logs to watch. A log may have several, of one name. */
  readonly logs: readonly string[];
  /** Name of the witness's own key when it is made. */
  readonly name?: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** An answer of C2SP tlog-witness v1.0.0. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

/** Watches logs: cosigns a checkpoint only when it continues the last one it cosigned. */
export interface Witness {
  readonly verifierKey: string;
  /** Checks, persists, and only then answers `add-checkpoint`. */
  addCheckpoint(body: Uint8Array): Promise<WitnessAnswer>;
  /** @param originHash hex SHA-256 of the origin @returns the newest note it has cosigned */
  checkpoint(originHash: string): string | undefined;
  close(): void;
}

/** @throws LedgerError @throws RangeError for a key that is not a log's, or is given twice */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { directory, clock, log } = options;
  const logs = await logKeys(options.logs);
  createDirectoryDurably(directory);
  const store = WitnessStore.open(join(directory, 'witness.db'));
  try {
    const cosigner = await loadCosigner(directory, store.isEmpty(), options.name);
    const forks = new ForkFiles(join(directory, 'forks'), log);
    return new LogWitness({ logs, store, cosigner, clock, forks });
  } catch (error) {
    store.close();
    throw error;
  }
}

type LogKeys = ReadonlyMap<string, readonly VerifierKey[]>;

async function logKeys(vkeys: readonly string[]): Promise<LogKeys> {
  const logs = new Map<string, VerifierKey[]>();
  const seen = new Set<string>();
  for (const key of await Promise.all(vkeys.map((vkey) => parseVerifierKey(vkey.trim())))) {
    if (key?.type !== keyTypes.ed25519) throw new RangeError("couldn't use a key: not of a log");
    const publicKey = Buffer.from(key.publicKey).toString('hex');
    if (seen.has(publicKey)) throw new RangeError(`couldn't use a key of ${key.name} twice`);
    seen.add(publicKey);
    logs.set(key.name, [...(logs.get(key.name) ?? []), key]);
  }
  return logs;
}

interface Parts {
  readonly logs: LogKeys;
  readonly store: WitnessStore;
  readonly cosigner: Cosigner;
  readonly clock: Clock;
  readonly forks: ForkFiles;
}

/** A request whose signature and form are right. */
interface Asked {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: Checkpoint;
  /** The signed text, and the note as it came. */
  readonly text: string;
  readonly note: string;
}

class LogWitness implements Witness {
  readonly verifierKey: string;
  readonly #parts: Parts;
  readonly #originByHash: ReadonlyMap<string, string>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.verifierKey = parts.cosigner.verifierKey;
    this.#originByHash = new Map(
      [...parts.logs.keys()].map((origin) => [hash('sha256', origin, 'hex'), origin]),
    );
  }

  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const asked = await this.#open(body);
    if ('status' in asked) return asked;
    // The proof is checked without a lock; the store takes the result only if it still fits what
    // was read. Each turn lost means that another request of this log has won.
    for (;;) {
      const seen = this.#parts.store.read(asked.checkpoint.origin);
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other is the point
      const fault = await this.#compare(asked, seen);
      if (fault !== undefined) return fault;
      const line = this.#cosign(asked, seen);
      if (line !== undefined) return text(200, line);
    }
  }

  checkpoint(originHash: string): string | undefined {
    const origin = this.#originByHash.get(originHash);
    return origin === undefined ? undefined : this.#parts.store.read(origin)?.note;
  }

  close(): void {
    this.#parts.store.close();
  }

  /** The checks that need no state, in the order of the specification. */
  async #open(body: Uint8Array): Promise<Asked | WitnessAnswer> {
    const request = parseWitnessRequest(body);
    if (request === undefined) return text(400, 'malformed request\n');
    // The name comes first, before it is known whether anything behind it is in order.
    const keys = this.#parts.logs.get(request.checkpoint.split('\n', 1)[0] ?? '');
    if (keys === undefined) return text(404, 'unknown log\n');
    // Signatures by keys other than the log's are of no concern and are not kept.
    const opened = await openNote(request.checkpoint, keys);
    const note = parseNote(request.checkpoint);
    if (opened === undefined || note === undefined) return text(403, 'invalid signature\n');
    const checkpoint = parseCheckpointBody(note.text);
    if (checkpoint === undefined) return text(400, 'malformed checkpoint\n');
    const { oldSize, proof } = request;
    if (oldSize > checkpoint.size) return text(400, 'old size above the size of the checkpoint\n');
    const isByLog = keys.map(({ keyId }) => Buffer.from(keyId).toString('hex'));
    const lines = note.signatures.filter(
      ({ name, keyId }) =>
        name === checkpoint.origin && isByLog.includes(Buffer.from(keyId).toString('hex')),
    );
    return { oldSize, proof, checkpoint, text: note.text, note: formatNote(note.text, lines) };
  }

  /** The checks against what was cosigned before. Undefined when the checkpoint continues it. */
  async #compare(
    { oldSize, proof, checkpoint, note }: Asked,
    seen: SeenCheckpoint | undefined,
  ): Promise<WitnessAnswer | undefined> {
    const { size, root, origin } = checkpoint;
    const latest = seen?.size ?? 0;
    const differs = seen !== undefined && size === latest && !Buffer.from(root).equals(seen.root);
    if (differs) this.#parts.forks.keep(origin, size, [seen.note, note]);
    if (differs || oldSize !== latest) return sizeConflict(latest);
    if (oldSize === 0) {
      // Everything continues the empty tree, so a proof has nothing to prove.
      return proof.length === 0 ? undefined : text(422, 'consistency proof from size 0\n');
    }
    const claim = { oldSize, newSize: size, oldRoot: seen!.root, newRoot: root, proof };
    const holds = await verifyConsistency(claim);
    return holds ? undefined : text(422, 'consistency proof does not verify\n');
  }

  /** @returns our signature line once it is on disk; undefined when another request was faster */
  #cosign(asked: Asked, seen: SeenCheckpoint | undefined): string | undefined {
    const { store, cosigner, clock } = this.#parts;
    const { origin, size, root } = asked.checkpoint;
    const time = Math.floor(clock.nowMs() / 1_000);
    const line = formatNote(asked.text, [cosigner.cosign(asked.text, time)]).slice(
      asked.text.length + 1,
    );
    return store.replace(origin, seen, { size, root, note: `${asked.note}${line}` })
      ? line
      : undefined;
  }
}

/** Pairs of notes that convict a log, for anyone to check with `sekisho-verify --fork`. */
class ForkFiles {
  readonly #folder: string;
  readonly #log: Log;

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  keep(origin: string, size: number, notes: readonly [string, string]): void {
    const prefix = hash('sha256', origin, 'hex').slice(0, 16);
    const name = `${prefix}-${size}.json`;
    this.#log.error('witness_fork', { origin, size, file: name });
    createDirectoryDurably(this.#folder);
    const kept = readdirSync(this.#folder).filter((file) => file.startsWith(prefix));
    if (kept.includes(name) || kept.length >= limits.witnessForkFiles) return;
    const [one, other] = notes.map((note, i) =>
      i === 0 ? withoutCosignatures(note, origin) : note,
    );
    const evidence = { format: 'sekisho-fork/1', origin, notes: [one!, other!] } as const;
    writeFileDurably(join(this.#folder, name), Buffer.from(formatForkEvidence(evidence), 'utf8'));
  }
}

/** Only the log's own words accuse it. */
function withoutCosignatures(stored: string, origin: string): string {
  const note = parseNote(stored);
  if (note === undefined) throw new LedgerError('damaged', 'read a note', { detail: 'witness.db' });
  return formatNote(
    note.text,
    note.signatures.filter(({ name }) => name === origin),
  );
}

function text(status: WitnessAnswer['status'], body: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function sizeConflict(latest: number): WitnessAnswer {
  return { status: 409, contentType: 'text/x.tlog.size', body: `${latest}\n` };
}
