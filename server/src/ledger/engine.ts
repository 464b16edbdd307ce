import { fullTileWidth, parseTilePath } from '@sekisho/proof';
import { Turns, limits } from '#base';
import { BatchPromiser } from './batch-promise.ts';
import { type BundleOptions, buildBundle, draftBundle } from './bundle.ts';
import { type CoseEvidence, buildCose } from './cose.ts';
import { applyEntry, planOrder } from './custodian.ts';
import type { CustodyOrder } from './custody-order.ts';
import type { StatedDraft } from './draft.ts';
import { LedgerError } from './errors.ts';
import type { EntryType, Group } from './fields.ts';
import { prefixOf } from './fsck-static.ts';
import { dayOf } from './index-rebuild.ts';
import {
  type Passage,
  type PersonPassages,
  findIntent,
  findPassagesAbout,
  readPassage,
  readPassages,
} from './passage.ts';
import {
  adoptCosignatures,
  isPublished,
  readPublished,
  signCheckpoint,
  takeSnapshot,
} from './publication.ts';
import { switchedDrafts } from './postquantum/switching.ts';
import { buildReceipt } from './receipt.ts';
import { type LedgerRecord, readEntry } from './record.ts';
import { type LogFiles, type LogPlace, recoverLog } from './recovery.ts';
import type { LockedCheckpoint, PayloadPlace, VaultRecord } from './storage.ts';
import { type OpenIntent, type PlacedRecord, Writer } from './writer.ts';
import { type Story, type SystemRecord, readRecord, readStory } from './story.ts';

/** Where an entry stands; the caller has this only once the entry is on disk. */
export interface Sequenced {
  readonly id: string;
  readonly index: number;
  /** Base64url. */
  readonly leafHash: string;
  /** Of an intent: by which the log promises this leaf at this place. */
  readonly promise?: string;
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

export interface EnginePlace extends LogPlace {
  /** Publication waits for a quorum of witnesses. */
  readonly holdBack: boolean;
}

/**
 * The ledger of one log, alone in its thread. Batches overlap: while one waits for the disk, the
 * next is built. After any failure of a write it is unusable: what the disk holds is then known
 * only after a new start.
 */
export class Engine {
  readonly origin: string;
  readonly verifierKey: string;
  /** Of the second line of checkpoints, where that is switched on. */
  readonly postQuantumKey: string | undefined;
  readonly #files: Omit<LogFiles, 'locked'>;
  readonly #writer: Writer;
  /** Blobs and keys of one batch after another. */
  readonly #seals = new Turns();
  /** The order of the log: one batch after another, and no snapshot between its halves. */
  readonly #commits = new Turns();
  readonly #publications = new Turns();
  readonly #orders = new Turns();
  readonly #holdBack: boolean;
  /** The newest checkpoint that was signed; witnesses are shown this one. */
  #locked: LockedCheckpoint | undefined;
  /** The newest that readers are shown. */
  #published: LockedCheckpoint | undefined;
  /** The newest checkpoint that a quorum of witnesses has cosigned since the start. */
  #witnessed: LockedCheckpoint | undefined;
  #unusable: LedgerError | undefined;
  /** Nothing more is recorded, while what was asked for before comes to its end. */
  #isClosing = false;

  private constructor(
    { originName, holdBack }: EnginePlace,
    files: LogFiles,
    start: { readonly writer: Writer; readonly published: LockedCheckpoint | undefined },
  ) {
    this.origin = originName;
    this.#holdBack = holdBack;
    this.verifierKey = files.signer.verifierKey;
    this.postQuantumKey = files.postQuantum?.key.verifierKey;
    this.#files = files;
    this.#locked = files.locked;
    this.#published = start.published;
    this.#writer = start.writer;
  }

  /**
   * Recovers the log, gives a new one its first entry, ends the exchanges a former process left
   * open, and publishes a checkpoint over all of it.
   * @throws LedgerError
   */
  static async open(place: EnginePlace, nowMs: number): Promise<Engine> {
    const files = await recoverLog(place);
    const engine = new Engine(place, files, {
      writer: await createWriter(files),
      published: await readPublished(files),
    });
    try {
      if (files.tree.size === 0) await engine.#appendOwn([genesis(place.originName)], nowMs);
      const { postQuantum, locked } = files;
      await engine.#appendOwn(switchedDrafts(postQuantum, locked, place.originName), nowMs);
      const interrupted = [...engine.#writer.openIntents].map(([leaf, open]) =>
        outcome(leaf, open),
      );
      await engine.#appendOwn(interrupted, nowMs);
      if (interrupted.length > 0) {
        place.log.warn('ledger_interrupted_exchanges', { exchanges: interrupted.length });
      }
      await engine.publish();
      return engine;
    } catch (error) {
      await engine.#closeFiles(false);
      throw error;
    }
  }

  /** The latest published checkpoint; none while the first one is held back. */
  get published(): LockedCheckpoint | undefined {
    return this.#published;
  }

  /** The latest signed checkpoint: the published one, unless publication waits for witnesses. */
  get signed(): LockedCheckpoint {
    return this.#locked!;
  }

  /** How much of the log is under a checkpoint that a quorum of witnesses has cosigned. */
  get witnessedSize(): number {
    return this.#witnessed?.size ?? 0;
  }

  /** Whether a write failed, after which only `close` is left. */
  get failed(): boolean {
    return this.#unusable !== undefined && this.#unusable.code !== 'closed';
  }

  /** Entries that no signed checkpoint covers yet. */
  get unsigned(): number {
    return this.#files.tree.size - this.signed.size;
  }

  /**
   * Commits one batch: sealed blobs and keys, then the log itself. When this resolves, every entry
   * of an accepted request is durable, and those of a refused one do not exist. The order of the
   * calls is the order of the entries; a second call need not wait for the first.
   * @param requests each all or nothing, together at most `limits.batchEntries` drafts
   * @throws LedgerError `failed`, after which nothing works but `close`
   */
  append(
    requests: readonly (readonly StatedDraft[])[],
    nowMs: number,
  ): Promise<readonly AppendResult[]> {
    if (this.#isClosing) return Promise.reject(closed());
    return this.#record(requests, nowMs);
  }

  #record(
    requests: readonly (readonly StatedDraft[])[],
    nowMs: number,
  ): Promise<readonly AppendResult[]> {
    return this.#orFail('record entries', async () => {
      const day = dayOf(this.#writer.startBatch(nowMs));
      const placed = requests.map((drafts) => this.#place(drafts));
      const batch = placed.flatMap((part) => (part instanceof LedgerError ? [] : part));
      if (batch.length === 0) return placed.map((part) => answerOf(part, undefined));
      // The promises are kept back with the answer until the entries are durable.
      const promiser = this.#promiser(batch);
      await this.#commit(batch, day);
      return placed.map((part) => answerOf(part, promiser));
    });
  }

  /**
   * Erases, holds, releases or lets expire. The entry is sequenced first and the keys are touched
   * after it; a start finishes what was sequenced and not carried out.
   * @throws LedgerError with nothing changed when the order is refused; `failed` as for append
   */
  carryOut(order: CustodyOrder, nowMs: number): Promise<CustodyResult> {
    if (this.#isClosing) return Promise.reject(closed());
    return this.#orders.take(async () => {
      this.#assertUsable();
      // From here on the log's time is the order's: no entry of a day that is due can follow, and
      // those that are under way are in the log before its days are counted out.
      this.#writer.startBatch(nowMs);
      await this.#commits.take(async () => undefined);
      this.#assertUsable();
      const plan = await planOrder(this.#files, order, nowMs);
      if (plan.drafts.length === 0) return { sequenced: [], events: [] };
      return this.#orFail('carry out the order', async () => {
        const [result] = await this.#record([plan.drafts], nowMs);
        if (result === undefined || 'error' in result) throw result?.error ?? new Error('no entry');
        for (const { index } of result.sequenced) {
          await applyEntry(this.#files, this.#files.index.byIndex(index)!);
        }
        await plan.carryOut(this.#files);
        return result;
      });
    });
  }

  /**
   * Signs a checkpoint over everything recorded and publishes it, unless that waits for witnesses.
   * @throws LedgerError `failed`
   */
  publish(): Promise<void> {
    return this.#publications.take(() =>
      this.#orFail('publish a checkpoint', async () => {
        const now = await this.#commits.take(async () => takeSnapshot(this.#files));
        // A batch that failed meanwhile is in the tree and not on disk.
        this.#assertUsable();
        const { origin } = this;
        this.#locked = await signCheckpoint(this.#files, { now, origin, locked: this.#locked });
        if (!this.#holdBack) await this.#show(this.#locked);
      }),
    );
  }

  /** @returns undefined for sizes that no published checkpoint had reason to have */
  async consistencyProof(
    oldSize: number,
    newSize: number,
  ): Promise<readonly Uint8Array[] | undefined> {
    this.#assertUsable();
    if (!(oldSize > 0 && oldSize <= newSize && newSize <= this.signed.size)) return undefined;
    return this.#files.tree.consistencyProof(oldSize, newSize);
  }

  /**
   * Takes in what witnesses have signed.
   * @param note a checkpoint of ours with their lines, each of which was verified
   * @param isQuorum whether they are enough for receipts to rest on it
   * @throws LedgerError `failed`
   */
  adopt(note: string, isQuorum: boolean): Promise<void> {
    return this.#publications.take(() =>
      this.#orFail('adopt cosignatures', async () => {
        const adopted = await adoptCosignatures(this.#files, this.signed, note);
        if (adopted === undefined) return;
        if (adopted.size === this.signed.size) this.#locked = adopted;
        if (isQuorum && adopted.size >= this.witnessedSize) this.#witnessed = adopted;
        const isShown = !this.#holdBack || isQuorum;
        if (isShown && adopted.size >= (this.#published?.size ?? 0)) await this.#show(adopted);
      }),
    );
  }

  /** A hash tile or entry bundle that a published checkpoint asks for. */
  async tile(path: string): Promise<Uint8Array | undefined> {
    this.#assertUsable();
    const tile = parseTilePath(path);
    const size = this.#published?.size ?? 0;
    if (tile === undefined || !isPublished(tile, size)) return undefined;
    const found = await this.#files.tiles.read(tile);
    const full = { ...tile, width: fullTileWidth };
    if (found !== undefined || isPublished(full, size)) return found;
    // The log has outgrown what is published, and the full tile has taken the place of this one.
    const bytes = await this.#files.tiles.read(full);
    return bytes && prefixOf({ tile: full, bytes }, tile.width);
  }

  async passage(id: string, options: { readonly content: boolean }): Promise<Passage | undefined> {
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

  async passages(options: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly Passage[]> {
    this.#assertUsable();
    return readPassages(this.#files, options);
  }

  async story(options: { readonly from: number; readonly limit: number }): Promise<Story> {
    this.#assertUsable();
    return readStory(this.#files, options);
  }

  async systemRecord(id: string): Promise<SystemRecord | undefined> {
    this.#assertUsable();
    return readRecord(this.#files, id);
  }

  async passagesAbout(subject: string, groups: readonly Group[]): Promise<PersonPassages> {
    this.#assertUsable();
    return findPassagesAbout(this.#files, subject, groups);
  }

  /**
   * Publishes first when the exchange is not covered yet. A checkpoint that witnesses have cosigned
   * is preferred, although it may not be the newest.
   * @throws LedgerError `not_published` while publication waits for witnesses
   */
  async receipt(id: string, groups: readonly Group[]): Promise<string | undefined> {
    this.#assertUsable();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const newest = this.#files.index.outcomeOf(intent.index) ?? intent;
    const checkpoint = await this.#covering(newest.index);
    const { origin } = this;
    return buildReceipt(this.#files, intent, { origin, checkpoint, groups });
  }

  /** The same for an auditor. @throws LedgerError as for a receipt */
  async bundle(id: string, options: BundleOptions): Promise<string | undefined> {
    this.#assertUsable();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const draft = await draftBundle(this.#files, intent, options);
    const checkpoint = await this.#covering(draft.newestIndex);
    return buildBundle(this.#files, draft, { origin: this.origin, checkpoint });
  }

  /** One entry of an exchange, and a receipt for it in COSE. @throws as for a receipt */
  async cose(id: string, role: 'intent' | 'outcome'): Promise<CoseEvidence | undefined> {
    this.#assertUsable();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const entry = role === 'intent' ? intent : this.#files.index.outcomeOf(intent.index);
    if (entry === undefined) return undefined;
    const checkpoint = await this.#covering(entry.index);
    return buildCose(this.#files, entry, { origin: this.origin, checkpoint });
  }

  /** Publishes what is left and lets go of the log. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    try {
      await this.#drain();
      if (!this.failed && this.unsigned > 0) await this.publish();
    } finally {
      const isClean = this.#unusable === undefined;
      this.#unusable = closed();
      // A file that is let go of while a write is under way may be another process's by then.
      await this.#drain();
      await this.#closeFiles(isClean);
    }
  }

  /** Lets go of the log as a crash would: nothing more is written or published. */
  async abandon(): Promise<void> {
    this.#isClosing = true;
    this.#unusable = closed();
    await this.#drain();
    await this.#closeFiles(false);
  }

  /** Waits until what is under way has ended, well or badly. */
  async #drain(): Promise<void> {
    for (const turns of [this.#orders, this.#commits, this.#publications]) {
      await turns.take(async () => undefined);
    }
  }

  async #covering(index: number): Promise<LockedCheckpoint> {
    // A checkpoint is signed a moment before it is shown: then its publication is waited for.
    const size = this.#holdBack ? this.signed.size : (this.#published?.size ?? 0);
    if (index >= size) await this.publish();
    const checkpoint = index < this.witnessedSize ? this.#witnessed : this.#published;
    if (checkpoint === undefined || index >= checkpoint.size) {
      throw new LedgerError('not_published', 'give a receipt');
    }
    return checkpoint;
  }

  #promiser(batch: readonly PlacedRecord[]): BatchPromiser | undefined {
    if (!batch.some(({ record }) => record.entry.t === 'intent')) return undefined;
    const leaves = batch.map(({ index, record: { leafHash } }) => ({ index, leafHash }));
    return new BatchPromiser(this.#files.signer, this.origin, leaves);
  }

  async #show(checkpoint: LockedCheckpoint): Promise<void> {
    // What readers are shown was read at the start, and nobody else writes it.
    if (checkpoint.note !== this.#published?.note) {
      await this.#files.tiles.writeCheckpoint(checkpoint.note);
    }
    this.#published = checkpoint;
  }

  #place(drafts: readonly StatedDraft[]): readonly PlacedRecord[] | LedgerError {
    try {
      return this.#writer.place(drafts);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'draft_invalid') return error;
      throw error;
    }
  }

  async #commit(batch: readonly PlacedRecord[], day: number): Promise<void> {
    const sealed = this.#seals.take(() =>
      this.#orFail('seal entries', () => this.#seal(batch, day)),
    );
    // Its turn to be sequenced may come later than its failure, and hears of that.
    sealed.catch(() => undefined);
    await this.#commits.take(async () => {
      const places = await sealed;
      this.#assertUsable();
      await this.#sequence(batch, places);
    });
  }

  /** @returns the places of the sealed blobs, by index */
  async #seal(
    batch: readonly PlacedRecord[],
    day: number,
  ): Promise<ReadonlyMap<number, PayloadPlace>> {
    const { payloads, vault } = this.#files;
    const sealed = batch.filter(({ record }) => record.payload.length > 0);
    if (sealed.length === 0) return new Map();
    // Both are on their way to the disk together, and neither is left alone when the other fails.
    const appended = payloads.append(
      day,
      sealed.map(({ record }) => record),
    );
    const [blobs, keys] = await Promise.allSettled([
      appended,
      vault.put(sealed.map(({ record }) => vaultRecord(record, day))),
    ]);
    if (keys.status === 'rejected') throw keys.reason;
    if (blobs.status === 'rejected') throw blobs.reason;
    const places = blobs.value;
    return new Map(sealed.map(({ index }, i) => [index, places[i]!]));
  }

  async #sequence(
    batch: readonly PlacedRecord[],
    places: ReadonlyMap<number, PayloadPlace>,
  ): Promise<void> {
    const { tree, bundles, sequence, index } = this.#files;
    for (const { record } of batch) {
      tree.append(record.leafHash);
      bundles.append(record.bytes);
    }
    const { size } = tree;
    const root = tree.root();
    await sequence.append({ entries: batch.map(({ record }) => record.bytes), size, root });
    index.add(
      batch.map(({ index: at, record: { id, entry, leafHash }, intent }) => ({
        index: at,
        id,
        type: entry.t,
        leafHash,
        intentIndex: intent?.index,
        payload: places.get(at),
      })),
      { size, root },
    );
    this.#writer.settle(batch);
  }

  async #appendOwn(drafts: readonly StatedDraft[], nowMs: number): Promise<void> {
    for (let start = 0; start < drafts.length; start += limits.batchEntries) {
      const batch = drafts.slice(start, start + limits.batchEntries);
      const [result] = await this.#record([batch], nowMs);
      if (result !== undefined && 'error' in result) throw result.error;
    }
  }

  #assertUsable(): void {
    if (this.#unusable !== undefined) throw this.#unusable;
  }

  /** A failed write, sync or assertion is never retried: after it the disk may lie. */
  async #orFail<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#assertUsable();
    try {
      return await work();
    } catch (cause) {
      const known = cause instanceof LedgerError ? cause : undefined;
      this.#unusable ??= known ?? new LedgerError('failed', what, { cause });
      throw this.#unusable;
    }
  }

  async #closeFiles(clean: boolean): Promise<void> {
    const { storage, vault, index, postQuantum } = this.#files;
    await postQuantum?.close();
    if (clean) index.close();
    else index.abandon();
    await vault.close();
    await storage.close();
  }
}

function closed(): LedgerError {
  return new LedgerError('closed', 'use the ledger');
}

function vaultRecord({ id, entry, keys, subject }: LedgerRecord, day: number): VaultRecord {
  const { cls: evidenceClass } = entry;
  return { recordId: id, evidenceClass, day, keys, ...(subject === undefined ? {} : { subject }) };
}

function answerOf(
  placed: readonly PlacedRecord[] | LedgerError,
  promiser: BatchPromiser | undefined,
): AppendResult {
  if (placed instanceof LedgerError) return { error: placed };
  const sequenced = placed.map(({ index, record: { entry, leaf } }): Sequenced => {
    const answer = { id: entry.id, index, leafHash: leaf };
    return entry.t === 'intent' ? { ...answer, promise: promiser!.promise(index) } : answer;
  });
  return { sequenced, events: placed.map(event) };
}

function event({ index, record: { entry }, intent }: PlacedRecord): AppendEvent {
  const { t: type, id } = entry;
  return { type, id, index, ...(intent === undefined ? {} : { intentId: intent.id }) };
}

/** Takes counter, chain and open exchanges from the log. */
async function createWriter({ tree, bundles, index, rootKey }: LogFiles): Promise<Writer> {
  const lastIndex = tree.size - 1;
  const last =
    lastIndex < 0
      ? undefined
      : {
          entry: readEntry(await bundles.entry(lastIndex)),
          leafHash: Buffer.from(index.byIndex(lastIndex)!.leafHash).toString('base64url'),
        };
  const openIntents = new Map<string, OpenIntent>();
  for (const row of index.openIntents()) {
    const entry = readEntry(await bundles.entry(row.index));
    const leaf = Buffer.from(row.leafHash).toString('base64url');
    const { id, cls, ref } = entry;
    openIntents.set(leaf, { index: row.index, id, entry: { cls, ref } });
  }
  return new Writer(index, { size: tree.size, last, openIntents }, rootKey);
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
