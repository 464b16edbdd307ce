import type { TilePath } from '@sekisho/proof';
import type { EvidenceClass } from './draft.ts';
import type { Group } from './fields.ts';
import type { RootKey } from './root-key.ts';

// What the ledger asks of the place it is kept in. One machine keeps it in files and SQLite
// (`local/`); more than one keep it in PostgreSQL and object storage (`shared/`). Whatever a method
// resolved for is durable, and after one that failed nothing more may be written: the disk or the
// database may say that it holds what it does not.

/** Entries that were committed together, with the size and root of the tree after them. */
export interface Batch {
  readonly entries: readonly Uint8Array[];
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * How a sequence ends.
 * - `clean`: at a whole batch
 * - `torn`: bytes of a batch that was never acknowledged follow the last whole one
 * - `damaged`: what cannot be read had been committed
 */
export type SequenceEnd = 'clean' | 'torn' | 'damaged';

/** The order of the entries, and so the truth: what is in it was acknowledged or may be. */
export interface Sequence {
  /** Every whole batch from the start, once, before the first append. */
  read(): AsyncGenerator<Batch, SequenceEnd>;
  /** Removes what follows the last whole batch; only where the end is `torn`. */
  cutTornTail(): Promise<void>;
  /** All or none of the batch; it follows the one before without a gap. */
  append(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

/** The newest checkpoint that may have left this process. */
export interface LockedCheckpoint {
  readonly size: number;
  /** The signed note, verbatim. */
  readonly note: string;
}

/**
 * Every checkpoint passes through it, by compare-and-set, before anyone else sees it, so two
 * processes or an old copy of the data cannot sign two different logs. Held while it is open.
 */
export interface CheckpointLock {
  read(): Promise<LockedCheckpoint | undefined>;
  /**
   * Replaces the checkpoint if it is still the expected one.
   * @throws LedgerError `rolled_back` if it is not
   */
  compareAndSet(expected: LockedCheckpoint | undefined, next: LockedCheckpoint): Promise<void>;
  close(): Promise<void>;
}

export interface TileFile {
  readonly tile: TilePath;
  readonly bytes: Uint8Array;
}

/**
 * The static tree exactly as it is served: `checkpoint` and `tile/…`. Files are immutable; one that
 * exists must hold the same bytes, or two histories have met.
 */
export interface TileStore {
  /**
   * Writes what is missing and compares what exists.
   * @throws LedgerError `tile_differs` when a file exists and holds other bytes
   */
  write(files: readonly TileFile[]): Promise<void>;
  /** @throws LedgerError `tile_differs` when the file exists and holds other bytes */
  compare(file: TileFile): Promise<void>;
  read(tile: TilePath): Promise<Buffer | undefined>;
  /** The widths of the partial tiles that exist in place of a full one. */
  partialWidths(tile: Pick<TilePath, 'level' | 'index'>): Promise<readonly number[]>;
  /** The full tile is durable, and readers fall back to it. */
  dropPartials(tile: Pick<TilePath, 'level' | 'index'>): Promise<void>;
  readCheckpoint(): Promise<string | undefined>;
  /** Publication: a reader sees the old note or the new one. */
  writeCheckpoint(note: string): Promise<void>;
}

/** What readers of the static tree are served, by name: `checkpoint` and `tile/…`. */
export interface PublishedFiles {
  paths(): AsyncGenerator<string>;
  read(path: string): Promise<Buffer | undefined>;
}

/** Where the sealed blobs of one record lie. */
export interface PayloadPlace {
  /** The file or object, by the name the store gave it. */
  readonly segment: string;
  /** Of the frame in the segment. */
  readonly offset: number;
}

export interface PayloadFound extends PayloadPlace {
  readonly recordId: Uint8Array;
}

/** The sealed blobs of one record on their way into the store. */
export interface SealedRecord {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly payload: readonly Uint8Array[];
}

/** Sealed blobs by record. What an interrupted batch leaves is never referred to. */
export interface PayloadStore {
  /**
   * @param day UTC day, counted from 1970-01-01
   * @returns the place of each record, in the order given
   */
  append(day: number, records: readonly SealedRecord[]): Promise<readonly PayloadPlace[]>;
  /** @param lengths of the blobs, in order @returns undefined when the record is not there */
  read(
    place: PayloadPlace,
    recordId: Uint8Array,
    lengths: readonly number[],
  ): Promise<readonly Uint8Array[] | undefined>;
  /** Whether the record is where the index says; its blobs are not looked at. */
  has(place: PayloadPlace, recordId: Uint8Array, lengths: readonly number[]): Promise<boolean>;
  /** Every record of one day, in any order; an index over the store is made anew from it. */
  scan(day: number): AsyncGenerator<PayloadFound>;
  close(): Promise<void>;
}

/** The keys of one record on their way into the vault. */
export interface VaultRecord {
  /** 16 bytes. The id and not the index: the row is committed before the index exists. */
  readonly recordId: Uint8Array;
  readonly evidenceClass: EvidenceClass;
  /** UTC day, counted from 1970-01-01. */
  readonly day: number;
  /** 32 bytes each, at most one of a group. */
  readonly keys: readonly { readonly group: Group; readonly key: Uint8Array }[];
  /** Keyed hash of the person it is about (`RootKey.subjectTag`), by which a request finds it. */
  readonly subject?: Uint8Array;
}

/** Which record key is meant. */
export interface VaultPlace {
  /** 16 bytes. */
  readonly recordId: Uint8Array;
  readonly group: Group;
}

/** The record keys that expire together: those of one group, evidence class and UTC day. */
export interface VaultDay {
  readonly group: Group;
  readonly evidenceClass: EvidenceClass;
  readonly day: number;
}

/**
 * The mutable side of the ledger: what is deleted here can never be read again. Record keys are
 * wrapped under one key for each tenant, group, evidence class and UTC day, and that one under the
 * root key.
 */
export interface KeyVault {
  /** All or none. */
  put(records: readonly VaultRecord[]): Promise<void>;
  get(recordId: Uint8Array, group: Group): Promise<Uint8Array | undefined>;
  has(recordId: Uint8Array, group: Group): Promise<boolean>;
  /**
   * Deletes the newest records' keys, back to the first whose record is known, and no more than
   * `limits.batchesAtOnce` batches may have left.
   * @returns how many records went
   */
  deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): Promise<number>;
  /** The records about a person, oldest first, whose tag was not destroyed. */
  recordsOf(subject: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * Destroys record keys, held ones too. With the key of the identity group goes the record's tag.
   * Locally no byte of them is left in the files when it returns.
   */
  destroy(places: readonly VaultPlace[]): Promise<void>;
  /**
   * Destroys the keys that whole days are wrapped under, and the tags of the identity group's days.
   * Keys under a hold stay readable.
   */
  destroyDays(days: readonly VaultDay[]): Promise<void>;
  /** Days before the given one whose keys are still there, oldest first; never those of r3. */
  daysBefore(group: Group, day: number): Promise<readonly VaultDay[]>;
  /** Wraps record keys anew, so that they outlast their day. Those that are gone stay gone. */
  hold(places: readonly (VaultPlace & { readonly day: number })[]): Promise<void>;
  /** Gives keys back to their day, unless that day's key is gone: those stay under the hold key. */
  unhold(places: readonly VaultPlace[]): Promise<void>;
  close(): Promise<void>;
  /** Lets go of it as a crash would: nothing more is written. */
  abandon(): Promise<void>;
}

/** Everything a log is kept in, open and held by this process alone. */
export interface Storage {
  readonly sequence: Sequence;
  readonly lock: CheckpointLock;
  readonly tiles: TileStore;
  readonly payloads: PayloadStore;
  /** @param rootKey asked for once it is known whether the vault already holds keys */
  openVault(rootKey: (vaultIsNew: boolean) => RootKey): Promise<KeyVault>;
  /** Lets go of everything, the lock last; the vault was closed before. */
  close(): Promise<void>;
}
