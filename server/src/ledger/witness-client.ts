import {
  type NoteSignature,
  formatNote,
  keyTypes,
  parseCheckpointBody,
  parseNote,
  parseVerifierKey,
} from '@sekisho/proof';
import { type Log, limits } from '#base';
import type { LedgerAppender, WitnessedLedger } from './ledger.ts';
import { type AskedWitness, type WitnessReply, askWitness } from './witness-request.ts';

/** A witness as the rule book names it. */
export interface WitnessSettings {
  readonly name: string;
  /** C2SP signed-note verifier key, type 0x04. */
  readonly vkey: string;
  /** Submission prefix: `/add-checkpoint` is added to it. */
  readonly url: string;
  /** Who runs it. Several witnesses of one institution count once. */
  readonly institution: string;
}

export interface Witnessing {
  /** Asks nobody any more; resolves when what was under way has ended. */
  stop(): Promise<void>;
}

/**
 * Has each published checkpoint cosigned. What is published is out before any witness is asked: a
 * witness that is slow, gone or lying costs the anchoring, never the record.
 * @param quorum how many institutions must have signed before receipts rest on a checkpoint; with 0
 * one is enough
 * @throws RangeError for a key that is not a witness's
 */
export async function startWitnessing(options: {
  readonly ledger: WitnessedLedger & LedgerAppender;
  readonly witnesses: readonly WitnessSettings[];
  readonly quorum: number;
  readonly log: Log;
}): Promise<Witnessing> {
  const { ledger, quorum, log } = options;
  const witnesses = await Promise.all(options.witnesses.map((settings) => readWitness(settings)));
  if (witnesses.length === 0) return { stop: async () => {} };
  const rounds = new Rounds({ ledger, witnesses, quorum, log });
  const unsubscribe = ledger.onSign((note) => rounds.show(note));
  return {
    stop: async () => {
      unsubscribe();
      await rounds.stop();
    },
  };
}

async function readWitness(settings: WitnessSettings): Promise<AskedWitness> {
  const { name, vkey, url, institution } = settings;
  const key = await parseVerifierKey(vkey);
  if (key?.type !== keyTypes.cosignatureV1) {
    throw new RangeError(`couldn't use the key of the witness ${name}`);
  }
  return { name, key, url: url.replace(/\/+$/, ''), institution };
}

/** What the ledger remembers of a witness while it runs. A restart learns it again. */
interface Memory {
  readonly witness: AskedWitness;
  /** The size it cosigned last. */
  knownSize: number;
  /** Its line for the checkpoint of this round. */
  line: NoteSignature | undefined;
  state: 'unknown' | 'signs' | 'fails' | 'contradicts';
}

interface Parts {
  readonly ledger: WitnessedLedger & LedgerAppender;
  readonly witnesses: readonly AskedWitness[];
  /** As configured: with 0 no alarm is raised. */
  readonly quorum: number;
  readonly log: Log;
}

/** One round at a time: all witnesses are asked about the newest checkpoint there is. */
class Rounds {
  readonly #parts: Parts;
  readonly #memories: readonly Memory[];
  readonly #abort = new AbortController();
  /** The newest checkpoint, and the text of the one the present lines belong to. */
  #note = '';
  #text = '';
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs: number = limits.witnessRetryMs;
  #isAnchored: boolean | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#memories = parts.witnesses.map((witness) => ({
      witness,
      knownSize: 0,
      line: undefined,
      state: 'unknown',
    }));
  }

  show(note: string): void {
    this.#note = note;
    // A checkpoint that comes back with the lines we gave it is no news.
    if (parseNote(note)?.text !== this.#text) this.#start();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#retry);
    await this.#running;
  }

  #start(): void {
    if (this.#running !== undefined || this.#abort.signal.aborted) return;
    clearTimeout(this.#retry);
    this.#running = this.#run()
      .catch((error: unknown) => {
        // The ledger has closed or failed, of which its owner hears otherwise.
        const name = error instanceof Error ? error.name : typeof error;
        if (!this.#abort.signal.aborted) this.#parts.log.warn('witness_round_failed', { name });
      })
      .finally(() => {
        this.#running = undefined;
        if (parseNote(this.#note)?.text !== this.#text) this.#start();
        else this.#scheduleRetry();
      });
  }

  async #run(): Promise<void> {
    const note = this.#note;
    const { text } = parseNote(note)!;
    if (text !== this.#text) {
      for (const memory of this.#memories) memory.line = undefined;
      this.#text = text;
      this.#pauseMs = limits.witnessRetryMs;
    }
    const asked = this.#memories.filter(
      ({ line, state }) => line === undefined && state !== 'contradicts',
    );
    const quorum = Math.max(1, this.#parts.quorum);
    await Promise.all(
      asked.map(async (memory) => {
        await this.#ask(memory, note);
        // Whoever completes the quorum does not wait for those who are slower.
        if (memory.line !== undefined && this.#institutions() >= quorum) await this.#adopt(note);
      }),
    );
    this.#report(this.#institutions());
    const isShort = this.#institutions() < quorum;
    if (isShort && asked.some(({ line }) => line !== undefined)) await this.#adopt(note);
  }

  #institutions(): number {
    const signed = this.#memories.filter(({ line }) => line !== undefined);
    return new Set(signed.map(({ witness }) => witness.institution)).size;
  }

  async #adopt(note: string): Promise<void> {
    const { ledger, quorum } = this.#parts;
    const { text, signatures } = parseNote(note)!;
    const isNew = (line: NoteSignature): boolean =>
      !signatures.some(({ name, keyId }) => name === line.name && same(keyId, line.keyId));
    const lines = this.#memories.flatMap(({ line }) => (line === undefined ? [] : [line]));
    const cosigned = formatNote(text, [...signatures, ...lines.filter(isNew)]);
    await ledger.adoptCosignatures(cosigned, this.#institutions() >= Math.max(1, quorum));
  }

  /** Asks one witness, and once more when it names the size it knows. */
  async #ask(memory: Memory, checkpoint: string): Promise<void> {
    const { size } = parseCheckpointBody(parseNote(checkpoint)!.text)!;
    let reply = await this.#askFrom(memory, checkpoint, size);
    if (reply.kind === 'stale') {
      memory.knownSize = reply.knownSize;
      reply = await this.#askFrom(memory, checkpoint, size);
    }
    if (reply.kind === 'signed') {
      memory.knownSize = size;
      memory.line = reply.lines[0];
    }
    await this.#remember(memory, reply, size);
  }

  async #askFrom(memory: Memory, checkpoint: string, size: number): Promise<WitnessReply> {
    const { signal } = this.#abort;
    const { knownSize: oldSize, witness } = memory;
    const proof = oldSize === 0 ? [] : await this.#parts.ledger.consistencyProof(oldSize, size);
    if (proof === undefined) return { kind: 'failed', reason: 'no such size' };
    return askWitness(witness, { oldSize, proof, checkpoint, signal });
  }

  /** Tells of changes only, so that a witness that is away for a day does not fill the log. */
  async #remember(memory: Memory, reply: WitnessReply, size: number): Promise<void> {
    const { ledger, log } = this.#parts;
    const { witness, state } = memory;
    const { name: witnessName, institution } = witness;
    if (this.#abort.signal.aborted) return;
    if (reply.kind === 'fork') {
      memory.state = 'contradicts';
      log.error('ledger_fork_signal', { witness: witnessName, institution, size });
      const note = { event: 'fork-signal', witness: witnessName, institution, size };
      const facts = { decision: 'error', evidenceClass: 'r3', refs: {} } as const;
      await ledger.append([{ ...facts, type: 'incident', fields: { 'incident.note': note } }]);
      return;
    }
    memory.state = reply.kind === 'signed' ? 'signs' : 'fails';
    if (memory.state === state) return;
    if (reply.kind === 'signed') log.info('witness_signs', { witness: witnessName, size });
    else {
      const reason = reply.kind === 'failed' ? reply.reason : 'changes its size';
      log.warn('witness_fails', { witness: witnessName, reason });
    }
  }

  #report(institutions: number): void {
    const { log, quorum } = this.#parts;
    const isAnchored = institutions >= quorum;
    if (isAnchored === this.#isAnchored || this.#abort.signal.aborted) return;
    this.#isAnchored = isAnchored;
    if (isAnchored) log.info('ledger_witnessed', { institutions, quorum });
    else log.error('ledger_unanchored', { institutions, quorum });
  }

  /** Who did not answer is asked again about the same checkpoint, ever more rarely. */
  #scheduleRetry(): void {
    const isMissing = this.#memories.some(
      ({ line, state }) => line === undefined && state !== 'contradicts',
    );
    if (!isMissing || this.#abort.signal.aborted) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#start(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, limits.witnessRetryMaxMs);
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
