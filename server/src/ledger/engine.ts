import { parseTilePath } from '@sekisho/proof';
import { limits } from '#base';
import { applyEntry, planOrder } from './custodian.ts';
import type { CustodyOrder } from './custody-order.ts';
import type { StatedDraft } from './draft.ts';
import { LedgerError } from './errors.ts';
import type { EntryType, Group } from './fields.ts';
import { dayOf } from './index-rebuild.ts';
import type { LockedCheckpoint } from './lock.ts';
import { type Passage, findIntent, readPassage, readPassages } from './passage.ts';
import { adoptCosignatures, isPublished, publishCheckpoint } from './publication.ts';
import { buildReceipt } from './receipt.ts';
import { readEntry } from './record.ts';
import { type LogFiles, type LogPlace, recoverLog } from './recovery.ts';
import { type OpenIntent, type PlacedRecord, Writer } from './writer.ts';

/** Where an entry stands; the caller has this only once the entry is on disk. */
export interface Sequenced {
  readonly id: string;
  readonly index: number;
  /** Base64url. */
  readonly leafHash: string;
}

export interface AppendEvent {
  readonly type: EntryType;
  readonly id: string;
  readonly index: number;
  /** Of an outcome: the id of its exchange. */
  readonly intentId?: string;
}

/** The entries an order became. */
export interface CustodyResult {
  readonly sequenced: readonly Sequenced[];
  readonly events: readonly AppendEvent[];
}

export type AppendResult =
  | { readonly sequenced: readonly Sequenced[]; readonly events: readonly AppendEvent[] }
  | { readonly error: LedgerError };

/**
 * The ledger of one data directory, synchronous and alone in its thread. After any failure of a
 * write it is unusable: what the disk holds is then known only after a new start.
 */
export class Engine {
  readonly origin: string;
  readonly verifierKey: string;
  readonly #files: Omit<LogFiles, 'locked'>;
  readonly #writer: Writer;
  #locked: LockedCheckpoint | undefined;
  /** The newest checkpoint that a quorum of witnesses has cosigned since the start. */
  #witnessed: LockedCheckpoint | undefined;
  #unusable: LedgerError | undefined;

  private constructor(origin: string, files: LogFiles, writer: Writer) {
    this.origin = origin;
    this.verifierKey = files.signer.verifierKey;
    this.#files = files;
    this.#locked = files.locked;
    this.#writer = writer;
  }

  /**
   * Recovers the log, gives a new one its first entry, ends the exchanges a former process left
   * open, and publishes a checkpoint over all of it.
   * @throws LedgerError
   */
  static async open(place: LogPlace, nowMs: number): Promise<Engine> {
    const files = await recoverLog(place);
    const engine = new Engine(place.originName, files, createWriter(files));
    try {
      if (files.tree.size === 0) engine.#appendOwn([genesis(place.originName)], nowMs);
      const interrupted = [...engine.#writer.openIntents].map(([leaf, open]) =>
        outcome(leaf, open),
      );
      engine.#appendOwn(interrupted, nowMs);
      if (interrupted.length > 0) {
        place.log.warn('ledger_interrupted_exchanges', { exchanges: interrupted.length });
      }
      engine.publish();
      return engine;
    } catch (error) {
      engine.#closeFiles(false);
      throw error;
    }
  }

  /** The latest published checkpoint. */
  get checkpoint(): LockedCheckpoint {
    return this.#locked!;
  }

  /** Whether a write failed, after which only `close` is left. */
  get failed(): boolean {
    return this.#unusable !== undefined && this.#unusable.code !== 'closed';
  }

  /** Entries that no published checkpoint covers yet. */
  get unpublished(): number {
    return this.#files.tree.size - this.checkpoint.size;
  }

  /**
   * Commits one batch: sealed blobs, keys, then the log itself, each synced before the next. When
   * this returns, every entry of an accepted request is durable, and those of a refused one do not
   * exist.
   * @param requests each all or nothing, together at most `limits.batchEntries` drafts
   * @throws LedgerError `failed`, after which nothing works but `close`
   */
  append(requests: readonly (readonly StatedDraft[])[], nowMs: number): readonly AppendResult[] {
    return this.#orFail('record entries', () => {
      const day = dayOf(this.#writer.startBatch(nowMs));
      const results: AppendResult[] = [];
      const batch: PlacedRecord[] = [];
      for (const drafts of requests) {
        const placed = this.#place(drafts);
        if (placed instanceof LedgerError) {
          results.push({ error: placed });
          continue;
        }
        batch.push(...placed);
        results.push({ sequenced: placed.map(sequenced), events: placed.map(event) });
      }
      if (batch.length > 0) this.#commit(batch, day);
      return results;
    });
  }

  /**
   * Erases, holds, releases or lets expire. The entry is sequenced first and the keys are touched
   * after it; a start finishes what was sequenced and not carried out.
   * @throws LedgerError with nothing changed when the order is refused; `failed` as for append
   */
  carryOut(order: CustodyOrder, nowMs: number): CustodyResult {
    this.#assertUsable();
    const plan = planOrder(this.#files, order, nowMs);
    if (plan.drafts.length === 0) return { sequenced: [], events: [] };
    return this.#orFail('carry out the order', () => {
      const [result] = this.append([plan.drafts], nowMs);
      if (result === undefined || 'error' in result) throw result?.error ?? new Error('no entry');
      for (const { index } of result.sequenced) {
        applyEntry(this.#files, this.#files.index.byIndex(index)!);
      }
      plan.carryOut(this.#files);
      return result;
    });
  }

  /** Publishes a checkpoint over everything recorded. @throws LedgerError `failed` */
  publish(): void {
    this.#locked = this.#orFail('publish a checkpoint', () =>
      publishCheckpoint(this.#files, this.origin, this.#locked),
    );
  }

  /** @returns undefined for sizes that no published checkpoint had reason to have */
  consistencyProof(oldSize: number, newSize: number): readonly Uint8Array[] | undefined {
    this.#assertUsable();
    if (!(oldSize > 0 && oldSize <= newSize && newSize <= this.checkpoint.size)) return undefined;
    return this.#files.tree.consistencyProof(oldSize, newSize);
  }

  /**
   * Takes in what witnesses have signed.
   * @param note a checkpoint of ours with their lines, each of which was verified
   * @param isQuorum whether they are enough for receipts to rest on it
   * @throws LedgerError `failed`
   */
  adopt(note: string, isQuorum: boolean): void {
    this.#orFail('adopt cosignatures', () => {
      const adopted = adoptCosignatures(this.#files, this.checkpoint, note);
      if (adopted === undefined) return;
      if (adopted.size === this.checkpoint.size) this.#locked = adopted;
      if (isQuorum && adopted.size >= (this.#witnessed?.size ?? 0)) this.#witnessed = adopted;
    });
  }

  /** A hash tile or entry bundle that a published checkpoint asks for. */
  tile(path: string): Uint8Array | undefined {
    this.#assertUsable();
    const tile = parseTilePath(path);
    if (tile === undefined || !isPublished(tile, this.checkpoint.size)) return undefined;
    return this.#files.tiles.read(tile);
  }

  passage(id: string, options: { readonly content: boolean }): Passage | undefined {
    this.#assertUsable();
    return readPassage(this.#files, id, options);
  }

  /** The groups of a passage that a reader was granted, now. */
  grantedGroups(id: string, reader: string, nowMs: number): readonly Group[] {
    this.#assertUsable();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return [];
    return this.#files.custody.grants.groupsFor(reader, intent.index, nowMs / 1_000);
  }

  passages(options: { readonly limit: number; readonly before?: number }): readonly Passage[] {
    this.#assertUsable();
    return readPassages(this.#files, options);
  }

  /**
   * Publishes first when the exchange is not covered yet. A checkpoint that witnesses have cosigned
   * is preferred, although it may not be the newest.
   */
  receipt(id: string, groups: readonly Group[]): string | undefined {
    this.#assertUsable();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const newest = this.#files.index.outcomeOf(intent.index) ?? intent;
    if (newest.index >= this.checkpoint.size) this.publish();
    const { origin } = this;
    const isWitnessed = this.#witnessed !== undefined && newest.index < this.#witnessed.size;
    const checkpoint = isWitnessed ? this.#witnessed! : this.checkpoint;
    return buildReceipt(this.#files, intent, { origin, checkpoint, groups });
  }

  /** Publishes what is left and lets go of the directory. */
  close(): void {
    if (this.#unusable?.code === 'closed') return;
    try {
      if (!this.failed && this.unpublished > 0) this.publish();
    } finally {
      const isClean = this.#unusable === undefined;
      // First, so that no append follows when letting go of a file fails half way.
      this.#unusable = new LedgerError('closed', 'use the ledger');
      this.#closeFiles(isClean);
    }
  }

  /** Lets go of the directory as a crash would: nothing more is written or published. */
  abandon(): void {
    this.#closeFiles(false);
    this.#unusable = new LedgerError('closed', 'use the ledger');
  }

  #place(drafts: readonly StatedDraft[]): readonly PlacedRecord[] | LedgerError {
    try {
      return this.#writer.place(drafts);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'draft_invalid') return error;
      throw error;
    }
  }

  #commit(batch: readonly PlacedRecord[], day: number): void {
    const { payloads, vault, tree, bundles, wal, index } = this.#files;
    const sealed = batch.filter(({ record }) => record.payload.length > 0);
    const places =
      sealed.length === 0
        ? []
        : payloads.append(
            day,
            sealed.map((p) => p.record),
          );
    const keys = sealed.flatMap(({ record: { id, entry, keys: of } }) =>
      of.map(({ group, key }) => ({
        recordId: id,
        group,
        key,
        day,
        evidenceClass: entry.cls,
      })),
    );
    if (keys.length > 0) vault.put(keys);
    for (const { record } of batch) {
      tree.append(record.leafHash);
      bundles.append(record.bytes);
    }
    const { size } = tree;
    const root = tree.root();
    wal.append({ entries: batch.map(({ record }) => record.bytes), size, root });
    const placeOf = new Map(sealed.map(({ index: at }, i) => [at, places[i]!]));
    index.add(
      batch.map(({ index: at, record: { id, entry, leafHash }, intent }) => ({
        index: at,
        id,
        type: entry.t,
        leafHash,
        intentIndex: intent?.index,
        payload: placeOf.get(at),
      })),
      { size, root },
    );
  }

  #appendOwn(drafts: readonly StatedDraft[], nowMs: number): void {
    for (let start = 0; start < drafts.length; start += limits.batchEntries) {
      const [result] = this.append([drafts.slice(start, start + limits.batchEntries)], nowMs);
      if (result !== undefined && 'error' in result) throw result.error;
    }
  }

  #assertUsable(): void {
    if (this.#unusable !== undefined) throw this.#unusable;
  }

  /** A failed write, sync or assertion is never retried: after it the disk may lie. */
  #orFail<T>(what: string, work: () => T): T {
    this.#assertUsable();
    try {
      return work();
    } catch (cause) {
      const known = cause instanceof LedgerError ? cause : undefined;
      this.#unusable = known ?? new LedgerError('failed', what, { cause });
      throw this.#unusable;
    }
  }

  #closeFiles(clean: boolean): void {
    const { wal, payloads, vault, index, lock } = this.#files;
    payloads.close();
    wal.close();
    if (clean) index.close();
    else index.abandon();
    vault.close();
    // Last, so that no other process opens the directory before this one is done with it.
    lock.close();
  }
}

function sequenced({ index, record: { entry, leafHash } }: PlacedRecord): Sequenced {
  return { id: entry.id, index, leafHash: leafHash.toString('base64url') };
}

function event({ index, record: { entry }, intent }: PlacedRecord): AppendEvent {
  const { t: type, id } = entry;
  return { type, id, index, ...(intent === undefined ? {} : { intentId: intent.id }) };
}

/** Takes counter, chain and open exchanges from the log. */
function createWriter({ tree, bundles, index, vault }: LogFiles): Writer {
  const lastIndex = tree.size - 1;
  const last =
    lastIndex < 0
      ? undefined
      : {
          entry: readEntry(bundles.entry(lastIndex)),
          leafHash: Buffer.from(index.byIndex(lastIndex)!.leafHash).toString('base64url'),
        };
  const openIntents = index.openIntents().map((row): [string, OpenIntent] => {
    const entry = readEntry(bundles.entry(row.index));
    const leaf = Buffer.from(row.leafHash).toString('base64url');
    return [leaf, { index: row.index, id: entry.id, entry }];
  });
  return new Writer(index, { size: tree.size, last, openIntents: new Map(openIntents) }, (id) =>
    vault.custodyKey(id),
  );
}

function genesis(origin: string): StatedDraft {
  const note = { origin, format: 'sekisho-ledger/1' };
  const fields = { 'log.note': JSON.stringify(note) };
  return { type: 'log.genesis', decision: 'allow', evidenceClass: 'r1', refs: {}, fields };
}

/**
 * What is known of an exchange whose process died: that it began, under which rules, and no more.
 */
function outcome(leaf: string, { entry }: OpenIntent): StatedDraft {
  return {
    type: 'outcome',
    decision: 'error',
    end: 'interrupted',
    evidenceClass: entry.cls,
    refs: { ...entry.ref, intent: leaf },
    fields: {},
  };
}
