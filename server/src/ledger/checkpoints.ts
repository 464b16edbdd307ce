import { Turns } from '#base';
import { LedgerError } from './errors.ts';
import type { Fuse } from './fuse.ts';
import { adoptCosignatures, signCheckpoint, takeSnapshot } from './publication.ts';
import type { Recorder } from './recorder.ts';
import type { LogFiles } from './recovery.ts';
import type { LockedCheckpoint } from './storage.ts';

/** What a log's checkpoints are made with. */
export interface CheckpointMeans {
  readonly origin: string;
  /** Publication waits for a quorum of witnesses. */
  readonly holdBack: boolean;
  readonly recorder: Recorder;
  readonly fuse: Fuse;
}

/** The checkpoints of a log: signed, cosigned and shown, one after another. */
export class Checkpoints {
  readonly #files: Omit<LogFiles, 'locked'>;
  readonly #means: CheckpointMeans;
  readonly #turns = new Turns();
  /** The newest checkpoint that was signed; witnesses are shown this one. */
  #locked: LockedCheckpoint | undefined;
  /** The newest that readers are shown. */
  #published: LockedCheckpoint | undefined;
  /** The newest checkpoint that a quorum of witnesses has cosigned since the start. */
  #witnessed: LockedCheckpoint | undefined;

  /** @param published what readers are shown already */
  constructor(
    { locked, ...files }: LogFiles,
    published: LockedCheckpoint | undefined,
    means: CheckpointMeans,
  ) {
    this.#files = files;
    this.#locked = locked;
    this.#published = published;
    this.#means = means;
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

  /**
   * Signs a checkpoint over everything recorded and publishes it, unless that waits for witnesses.
   * @throws LedgerError `failed`
   */
  publish(): Promise<void> {
    const { origin, holdBack, recorder, fuse } = this.#means;
    return this.#turns.take(() =>
      fuse.guard('publish a checkpoint', async () => {
        const now = await recorder.between(() => takeSnapshot(this.#files));
        // A batch that failed meanwhile is in the tree and not on disk.
        fuse.assertWhole();
        this.#locked = await signCheckpoint(this.#files, { now, origin, locked: this.#locked });
        if (!holdBack) await this.#show(this.#locked);
      }),
    );
  }

  /**
   * Takes in what witnesses have signed.
   * @param note a checkpoint of ours with their lines, each of which was verified
   * @param isQuorum whether they are enough for receipts to rest on it
   * @throws LedgerError `failed`
   */
  adopt(note: string, isQuorum: boolean): Promise<void> {
    const { holdBack, fuse } = this.#means;
    return this.#turns.take(() =>
      fuse.guard('adopt cosignatures', async () => {
        const adopted = await adoptCosignatures(this.#files, this.signed, note);
        if (adopted === undefined) return;
        if (adopted.size === this.signed.size) this.#locked = adopted;
        if (isQuorum && adopted.size >= this.witnessedSize) this.#witnessed = adopted;
        const isShown = !holdBack || isQuorum;
        if (isShown && adopted.size >= (this.#published?.size ?? 0)) await this.#show(adopted);
      }),
    );
  }

  /**
   * One that covers an entry, published now if need be. A checkpoint that witnesses have cosigned
   * is preferred, although it may not be the newest.
   * @throws LedgerError `not_published` while publication waits for witnesses
   */
  async covering(index: number): Promise<LockedCheckpoint> {
    // A checkpoint is signed a moment before it is shown: then its publication is waited for.
    const size = this.#means.holdBack ? this.signed.size : (this.#published?.size ?? 0);
    if (index >= size) await this.publish();
    const checkpoint = index < this.witnessedSize ? this.#witnessed : this.#published;
    if (checkpoint === undefined || index >= checkpoint.size) {
      throw new LedgerError('not_published', 'give a receipt');
    }
    return checkpoint;
  }

  /** Waits until what is under way has ended, well or badly. */
  async settled(): Promise<void> {
    await this.#turns.take(async () => undefined);
  }

  async #show(checkpoint: LockedCheckpoint): Promise<void> {
    // What readers are shown was read at the start, and nobody else writes it.
    if (checkpoint.note !== this.#published?.note) {
      await this.#files.tiles.writeCheckpoint(checkpoint.note);
    }
    this.#published = checkpoint;
  }
}
