import { Turns, limits } from '#base';
import { BatchPromiser } from './batch-promise.ts';
import type { StatedDraft } from './draft.ts';
import { LedgerError } from './errors.ts';
import type { Fuse } from './fuse.ts';
import { dayOf } from './index-rebuild.ts';
import type { LedgerRecord } from './record.ts';
import type { LogFiles } from './recovery.ts';
import { type AppendResult, resultOf } from './sequenced.ts';
import type { PayloadPlace, VaultRecord } from './storage.ts';
import type { OpenIntent, PlacedRecord, Writer } from './writer.ts';

/**
 * Takes batches of drafts into the log. Batches overlap: while one waits for the disk, the next is
 * built.
 */
export class Recorder {
  readonly #origin: string;
  readonly #files: Omit<LogFiles, 'locked'>;
  readonly #writer: Writer;
  readonly #fuse: Fuse;
  /** Blobs and keys of one batch after another. */
  readonly #seals = new Turns();
  /** The order of the log: one batch after another, and nothing else between its halves. */
  readonly #commits = new Turns();

  constructor(
    origin: string,
    files: Omit<LogFiles, 'locked'>,
    { writer, fuse }: { readonly writer: Writer; readonly fuse: Fuse },
  ) {
    this.#origin = origin;
    this.#files = files;
    this.#writer = writer;
    this.#fuse = fuse;
  }

  /** Exchanges whose outcome is not recorded yet, by leaf hash. */
  get openIntents(): ReadonlyMap<string, OpenIntent> {
    return this.#writer.openIntents;
  }

  /**
   * Commits one batch: sealed blobs and keys, then the log itself. When this resolves, every entry
   * of an accepted request is durable, and those of a refused one do not exist. The order of the
   * calls is the order of the entries; a second call need not wait for the first.
   * @param requests each all or nothing, together at most `limits.batchEntries` drafts
   * @throws LedgerError `failed`, after which nothing works but closing
   */
  record(
    requests: readonly (readonly StatedDraft[])[],
    nowMs: number,
  ): Promise<readonly AppendResult[]> {
    // Let go of once it is placed, so that no text waits for the disk in memory.
    let waiting = requests;
    return this.#fuse.guard('record entries', async () => {
      const day = dayOf(this.#writer.startBatch(nowMs));
      const placed = waiting.map((drafts) => this.#place(drafts));
      waiting = [];
      const batch = placed.flatMap((part) => (part instanceof LedgerError ? [] : part));
      if (batch.length === 0) return placed.map((part) => resultOf(part, undefined));
      // The promises are kept back with the answer until the entries are durable.
      const promiser = this.#promiser(batch);
      await this.#commit(batch, day);
      return placed.map((part) => resultOf(part, promiser));
    });
  }

  /** The log's own entries, however many. @throws LedgerError the first that is refused */
  async recordOwn(drafts: readonly StatedDraft[], nowMs: number): Promise<void> {
    for (let start = 0; start < drafts.length; start += limits.batchEntries) {
      const batch = drafts.slice(start, start + limits.batchEntries);
      const [result] = await this.record([batch], nowMs);
      if (result !== undefined && 'error' in result) throw result.error;
    }
  }

  /** From here on the log's time is this one: no entry of an earlier day can follow. */
  advance(nowMs: number): void {
    this.#writer.startBatch(nowMs);
  }

  /** Runs between two batches, when all that the log holds is durable. */
  between<T>(work: () => T): Promise<T> {
    return this.#commits.take(async () => work());
  }

  #promiser(batch: readonly PlacedRecord[]): BatchPromiser | undefined {
    if (!batch.some(({ record }) => record.entry.t === 'intent')) return undefined;
    const leaves = batch.map(({ index, record: { leafHash } }) => ({ index, leafHash }));
    return new BatchPromiser(this.#files.signer, this.#origin, leaves);
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
      this.#fuse.guard('seal entries', () => this.#seal(batch, day)),
    );
    // Its turn to be sequenced may come later than its failure, and hears of that.
    sealed.catch(() => undefined);
    await this.#commits.take(async () => {
      const places = await sealed;
      this.#fuse.assertWhole();
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
}

function vaultRecord({ id, entry, keys, subject }: LedgerRecord, day: number): VaultRecord {
  const { cls: evidenceClass } = entry;
  return { recordId: id, evidenceClass, day, keys, ...(subject === undefined ? {} : { subject }) };
}
