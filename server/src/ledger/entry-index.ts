import { existsSync, rmSync } from 'node:fs';
import { type Database, PackedRows, type PackedValue, Statements, openDatabase } from '#base';
import type { EntryType } from './fields.ts';
import type { PayloadPlace } from './storage.ts';

export interface IndexedEntry {
  readonly index: number;
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly type: EntryType;
  readonly leafHash: Uint8Array;
  /** Of an outcome. */
  readonly intentIndex: number | undefined;
  /** Of an entry with sealed fields. */
  readonly payload: PayloadPlace | undefined;
}

/** How far the index has come: the size and root of the log it describes. */
export interface IndexState {
  readonly size: number;
  readonly root: Uint8Array;
}

const custodyTypes = "'erasure', 'incident', 'hold.release', 'access.grant'";

const schema = `
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, closed INTEGER NOT NULL,
    size INTEGER NOT NULL, root BLOB NOT NULL
  ) STRICT;
  CREATE TABLE entry (
    idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, type TEXT NOT NULL, leaf BLOB NOT NULL,
    intent INTEGER, segment TEXT, offset INTEGER
  ) STRICT;
  CREATE INDEX entry_leaf ON entry (leaf) WHERE type NOT IN ('intent', 'outcome');
  CREATE INDEX entry_intent ON entry (intent) WHERE intent IS NOT NULL;
  CREATE INDEX intents ON entry (idx) WHERE type = 'intent';
  CREATE INDEX custody ON entry (idx) WHERE type IN (${custodyTypes})`;
const version = 3;

/** The longest name of a segment or object, with room to spare. */
const segmentBytes = 56;

/**
 * Finds entries by id, leaf hash and intent, and their sealed payloads. A fold over the log: it is
 * written without syncs and made anew whenever it is missing, behind or in doubt.
 */
export class EntryIndex {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #rows = new PackedRows('entry', [
    { name: 'idx', kind: 'integer' },
    { name: 'id', kind: 'blob', bytes: 16 },
    { name: 'type', kind: 'text', bytes: 16 },
    { name: 'leaf', kind: 'blob', bytes: 32 },
    { name: 'intent', kind: 'integer' },
    { name: 'segment', kind: 'text', bytes: segmentBytes },
    { name: 'offset', kind: 'integer' },
  ]);

  private constructor(database: Database) {
    this.#database = database;
    this.#statements = new Statements(database);
  }

  /** Opens what a former process left, or undefined when that cannot be relied on. */
  static open(path: string): EntryIndex | undefined {
    if (!existsSync(path)) return undefined;
    let database: Database | undefined;
    try {
      database = openDatabase(path, false);
      const state = database.prepare('SELECT version, closed FROM state').get() as
        | { version: number; closed: number }
        | undefined;
      // After a kill the pages may not fit together; the check is cheap beside a rebuild.
      const sound = state?.closed === 1 || isSound(database);
      if (state?.version !== version || !sound) throw new Error('not usable');
      database.exec('UPDATE state SET closed = 0');
      return new EntryIndex(database);
    } catch {
      database?.close();
      return undefined;
    }
  }

  static create(path: string, root: Uint8Array): EntryIndex {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    const database = openDatabase(path, false);
    database.exec(schema);
    database.prepare('INSERT INTO state VALUES (1, ?, 0, 0, ?)').run(version, root);
    return new EntryIndex(database);
  }

  state(): IndexState {
    const row = this.#statements.prepare('SELECT size, root FROM state').get() as IndexState;
    return { size: row.size, root: row.root };
  }

  /** Adds the entries of one batch and moves the state behind them, together. */
  add(entries: readonly IndexedEntry[], state: IndexState): void {
    this.#database.exec('BEGIN IMMEDIATE');
    // The driver takes a lone blob for an object of named parameters; an array is never mistaken.
    this.#statements.prepare(this.#rows.sql).run([this.#rows.pack(entries.map(rowOf))]);
    this.#statements.prepare('UPDATE state SET size = ?, root = ?').run(state.size, state.root);
    this.#database.exec('COMMIT');
  }

  byId(id: Uint8Array): IndexedEntry | undefined {
    return this.#one('SELECT * FROM entry WHERE id = ?', id);
  }

  byIndex(index: number): IndexedEntry | undefined {
    return this.#one('SELECT * FROM entry WHERE idx = ?', index);
  }

  /** For what exchanges stand on: they themselves are too many, and are not found this way. */
  byLeafHash(leafHash: Uint8Array): IndexedEntry | undefined {
    return this.#one(
      "SELECT * FROM entry WHERE leaf = ? AND type NOT IN ('intent', 'outcome')",
      leafHash,
    );
  }

  outcomeOf(intentIndex: number): IndexedEntry | undefined {
    return this.#one('SELECT * FROM entry WHERE intent = ?', intentIndex);
  }

  /** Newest first. */
  intentsBefore(index: number, limit: number): readonly IndexedEntry[] {
    return this.#all(
      "SELECT * FROM entry WHERE type = 'intent' AND idx < ? ORDER BY idx DESC LIMIT ?",
      index,
      limit,
    );
  }

  /** What may matter to whoever follows the log: ends of exchanges, and records; oldest first. */
  followedFrom(index: number, limit: number): readonly IndexedEntry[] {
    return this.#all(
      `SELECT * FROM entry WHERE idx >= ? AND type IN ('outcome', 'system.record')
       ORDER BY idx LIMIT ?`,
      index,
      limit,
    );
  }

  openIntents(): readonly IndexedEntry[] {
    return this.#all(
      `SELECT * FROM entry WHERE type = 'intent'
       AND NOT EXISTS (SELECT 1 FROM entry AS o WHERE o.intent = entry.idx) ORDER BY idx`,
    );
  }

  /** Entries that say what was erased, is held or may be opened, oldest first. */
  custodyAfter(index: number, limit: number): readonly IndexedEntry[] {
    return this.#all(
      `SELECT * FROM entry WHERE type IN (${custodyTypes}) AND idx > ? ORDER BY idx LIMIT ?`,
      index,
      limit,
    );
  }

  close(): void {
    this.#statements.clear();
    this.#database.exec('UPDATE state SET closed = 1');
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  /** Leaves the file marked as not closed. */
  abandon(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #one(sql: string, argument: Uint8Array | number): IndexedEntry | undefined {
    // The driver takes a lone blob for an object of named parameters; an array is never mistaken.
    const row = this.#statements.prepare(sql).get([argument]) as Row | undefined;
    return row === undefined ? undefined : indexedEntry(row);
  }

  #all(sql: string, ...parameters: readonly number[]): readonly IndexedEntry[] {
    return (this.#statements.prepare(sql).all([...parameters]) as Row[]).map(indexedEntry);
  }
}

interface Row {
  readonly idx: number;
  readonly id: Uint8Array;
  readonly type: EntryType;
  readonly leaf: Uint8Array;
  readonly intent: number | null;
  readonly segment: string | null;
  readonly offset: number | null;
}

function rowOf(entry: IndexedEntry): readonly PackedValue[] {
  const { index, id, type, leafHash, intentIndex = null, payload } = entry;
  const { segment = null, offset = null } = payload ?? {};
  return [index, id, type, leafHash, intentIndex, segment, offset];
}

function indexedEntry(row: Row): IndexedEntry {
  const { segment, offset } = row;
  return {
    index: row.idx,
    // Of many rows the driver gives blobs as plain array buffers, and takes none back.
    id: Buffer.from(row.id),
    type: row.type,
    leafHash: Buffer.from(row.leaf),
    intentIndex: row.intent ?? undefined,
    payload: segment === null || offset === null ? undefined : { segment, offset },
  };
}

function isSound(database: Database): boolean {
  const found = database.pragma('quick_check(1)') as readonly { quick_check?: string }[];
  return found[0]?.quick_check === 'ok';
}
