import { fullTileWidth, parseTilePath } from '@sekisho/proof';
import { Turns } from '#base';
import { type BundleOptions, buildBundle, draftBundle } from './bundle.ts';
import { Checkpoints } from './checkpoints.ts';
import { type CoseEvidence, buildCose } from './cose.ts';
import { applyEntry, planOrder } from './custodian.ts';
import type { CustodyOrder } from './custody-order.ts';
import type { StatedDraft } from './draft.ts';
import { LedgerError } from './errors.ts';
import type { Group } from './fields.ts';
import { prefixOf } from './fsck-static.ts';
import { Fuse } from './fuse.ts';
import {
  type Passage,
  type PersonPassages,
  findIntent,
  findPassagesAbout,
  readPassage,
  readPassages,
} from './passage.ts';
import { isPublished, readPublished } from './publication.ts';
import { buildReceipt } from './receipt.ts';
import { Recorder } from './recorder.ts';
import { type LogFiles, type LogPlace, recoverLog } from './recovery.ts';
import type { AppendResult, CustodyResult } from './sequenced.ts';
import { createWriter, interruptedDrafts, startDrafts } from './start-entries.ts';
import type { LockedCheckpoint } from './storage.ts';
import type { Writer } from './writer.ts';
import {
  type Story,
  type StoryOptions,
  type SystemRecord,
  readRecord,
  readStory,
} from './story.ts';

export type { AppendEvent, AppendResult, CustodyResult, Sequenced } from './sequenced.ts';

export interface EnginePlace extends LogPlace {
  /** Publication waits for a quorum of witnesses. */
  readonly holdBack: boolean;
}

/**
 * The ledger of one log, alone in its thread: what may be asked of it, and in which order that is
 * carried out. After any failure of a write it is unusable: what the disk holds is then known only
 * after a new start.
 */
export class Engine {
  readonly origin: string;
  readonly verifierKey: string;
  /** Of the second line of checkpoints, where that is switched on. */
  readonly postQuantumKey: string | undefined;
  readonly #files: Omit<LogFiles, 'locked'>;
  readonly #fuse = new Fuse();
  readonly #recorder: Recorder;
  readonly #checkpoints: Checkpoints;
  readonly #orders = new Turns();
  /** Nothing more is recorded, while what was asked for before comes to its end. */
  #isClosing = false;

  private constructor(
    { originName: origin, holdBack }: EnginePlace,
    files: LogFiles,
    start: { readonly writer: Writer; readonly published: LockedCheckpoint | undefined },
  ) {
    const fuse = this.#fuse;
    this.origin = origin;
    this.verifierKey = files.signer.verifierKey;
    this.postQuantumKey = files.postQuantum?.key.verifierKey;
    this.#files = files;
    this.#recorder = new Recorder(origin, files, { writer: start.writer, fuse });
    const means = { origin, holdBack, recorder: this.#recorder, fuse };
    this.#checkpoints = new Checkpoints(files, start.published, means);
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
      const recorder = engine.#recorder;
      await recorder.recordOwn(startDrafts(files, place.originName), nowMs);
      const interrupted = interruptedDrafts(recorder.openIntents);
      await recorder.recordOwn(interrupted, nowMs);
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
    return this.#checkpoints.published;
  }

  /** The latest signed checkpoint: the published one, unless publication waits for witnesses. */
  get signed(): LockedCheckpoint {
    return this.#checkpoints.signed;
  }

  /** How much of the log is under a checkpoint that a quorum of witnesses has cosigned. */
  get witnessedSize(): number {
    return this.#checkpoints.witnessedSize;
  }

  /** Whether a write failed, after which only `close` is left. */
  get failed(): boolean {
    return this.#fuse.failed;
  }

  /** Entries that no signed checkpoint covers yet. */
  get unsigned(): number {
    return this.#files.tree.size - this.signed.size;
  }

  /** Commits one batch, as `Recorder.record` says. @throws LedgerError */
  append(
    requests: readonly (readonly StatedDraft[])[],
    nowMs: number,
  ): Promise<readonly AppendResult[]> {
    if (this.#isClosing) return Promise.reject(closed());
    return this.#recorder.record(requests, nowMs);
  }

  /**
   * Erases, holds, releases or lets expire. The entry is sequenced first and the keys are touched
   * after it; a start finishes what was sequenced and not carried out.
   * @throws LedgerError with nothing changed when the order is refused; `failed` as for append
   */
  carryOut(order: CustodyOrder, nowMs: number): Promise<CustodyResult> {
    if (this.#isClosing) return Promise.reject(closed());
    return this.#orders.take(async () => {
      this.#fuse.assertWhole();
      // From here on the log's time is the order's: no entry of a day that is due can follow, and
      // those that are under way are in the log before its days are counted out.
      this.#recorder.advance(nowMs);
      await this.#recorder.between(() => undefined);
      this.#fuse.assertWhole();
      const plan = await planOrder(this.#files, order, nowMs);
      if (plan.drafts.length === 0) return { sequenced: [], events: [] };
      return this.#fuse.guard('carry out the order', async () => {
        const [result] = await this.#recorder.record([plan.drafts], nowMs);
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
    return this.#checkpoints.publish();
  }

  /** Takes in what witnesses have signed, as `Checkpoints.adopt` says. @throws LedgerError */
  adopt(note: string, isQuorum: boolean): Promise<void> {
    return this.#checkpoints.adopt(note, isQuorum);
  }

  /** @returns undefined for sizes that no published checkpoint had reason to have */
  async consistencyProof(
    oldSize: number,
    newSize: number,
  ): Promise<readonly Uint8Array[] | undefined> {
    this.#fuse.assertWhole();
    if (!(oldSize > 0 && oldSize <= newSize && newSize <= this.signed.size)) return undefined;
    return this.#files.tree.consistencyProof(oldSize, newSize);
  }

  /** A hash tile or entry bundle that a published checkpoint asks for. */
  async tile(path: string): Promise<Uint8Array | undefined> {
    this.#fuse.assertWhole();
    const tile = parseTilePath(path);
    const size = this.published?.size ?? 0;
    if (tile === undefined || !isPublished(tile, size)) return undefined;
    const found = await this.#files.tiles.read(tile);
    const full = { ...tile, width: fullTileWidth };
    if (found !== undefined || isPublished(full, size)) return found;
    // The log has outgrown what is published, and the full tile has taken the place of this one.
    const bytes = await this.#files.tiles.read(full);
    return bytes && prefixOf({ tile: full, bytes }, tile.width);
  }

  async passage(id: string, options: { readonly content: boolean }): Promise<Passage | undefined> {
    this.#fuse.assertWhole();
    return readPassage(this.#files, id, options);
  }

  /** The groups of a passage that a reader was granted, now. */
  grantedGroups(id: string, reader: string, nowMs: number): readonly Group[] {
    this.#fuse.assertWhole();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return [];
    return this.#files.custody.grants.groupsFor(reader, intent.index, nowMs / 1_000);
  }

  async passages(options: {
    readonly limit: number;
    readonly before?: number;
  }): Promise<readonly Passage[]> {
    this.#fuse.assertWhole();
    return readPassages(this.#files, options);
  }

  async story(options: StoryOptions): Promise<Story> {
    this.#fuse.assertWhole();
    return readStory(this.#files, options);
  }

  async systemRecord(id: string): Promise<SystemRecord | undefined> {
    this.#fuse.assertWhole();
    return readRecord(this.#files, id);
  }

  async passagesAbout(subject: string, groups: readonly Group[]): Promise<PersonPassages> {
    this.#fuse.assertWhole();
    return findPassagesAbout(this.#files, subject, groups);
  }

  /**
   * Publishes first when the exchange is not covered yet. A checkpoint that witnesses have cosigned
   * is preferred, although it may not be the newest.
   * @throws LedgerError `not_published` while publication waits for witnesses
   */
  async receipt(id: string, groups: readonly Group[]): Promise<string | undefined> {
    this.#fuse.assertWhole();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const newest = this.#files.index.outcomeOf(intent.index) ?? intent;
    const checkpoint = await this.#checkpoints.covering(newest.index);
    const { origin } = this;
    return buildReceipt(this.#files, intent, { origin, checkpoint, groups });
  }

  /** The same for an auditor. @throws LedgerError as for a receipt */
  async bundle(id: string, options: BundleOptions): Promise<string | undefined> {
    this.#fuse.assertWhole();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const draft = await draftBundle(this.#files, intent, options);
    const checkpoint = await this.#checkpoints.covering(draft.newestIndex);
    return buildBundle(this.#files, draft, { origin: this.origin, checkpoint });
  }

  /** One entry of an exchange, and a receipt for it in COSE. @throws as for a receipt */
  async cose(id: string, role: 'intent' | 'outcome'): Promise<CoseEvidence | undefined> {
    this.#fuse.assertWhole();
    const intent = findIntent(this.#files, id);
    if (intent === undefined) return undefined;
    const entry = role === 'intent' ? intent : this.#files.index.outcomeOf(intent.index);
    if (entry === undefined) return undefined;
    const checkpoint = await this.#checkpoints.covering(entry.index);
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
      const isClean = this.#fuse.isWhole;
      this.#fuse.blow(closed());
      // A file that is let go of while a write is under way may be another process's by then.
      await this.#drain();
      await this.#closeFiles(isClean);
    }
  }

  /** Lets go of the log as a crash would: nothing more is written or published. */
  async abandon(): Promise<void> {
    this.#isClosing = true;
    this.#fuse.blow(closed());
    await this.#drain();
    await this.#closeFiles(false);
  }

  /** Waits until what is under way has ended, well or badly. */
  async #drain(): Promise<void> {
    await this.#orders.take(async () => undefined);
    await this.#recorder.between(() => undefined);
    await this.#checkpoints.settled();
  }

  async #closeFiles(clean: boolean): Promise<void> {
    const { storage, vault, index, postQuantum } = this.#files;
    await postQuantum?.close();
    if (clean) index.close();
    else index.abandon();
    if (clean) await vault.close();
    else await vault.abandon();
    await storage.close();
  }
}

function closed(): LedgerError {
  return new LedgerError('closed', 'use the ledger');
}
