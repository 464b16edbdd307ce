import Libsql from 'libsql';
import type { Database } from '#base';
import { LedgerError } from '../errors.ts';

/** The newest checkpoint of a log that this witness has cosigned. */
export interface SeenCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note with our cosignature. */
  readonly note: string;
}

/**
 * What a witness has seen, by log. An exclusive lock keeps a second process out for as long as this
 * one lives, and a commit is on disk before it returns: a witness that forgets, or has a twin,
 * would vouch for two histories.
 */
export class WitnessStore {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** @throws LedgerError `in_use` when another process, or this one, has it open */
  static open(path: string): WitnessStore {
    const database = new Libsql(path, { timeout: 0 });
    try {
      database.pragma('locking_mode = EXCLUSIVE');
      database.pragma('journal_mode = TRUNCATE');
      database.pragma('synchronous = FULL');
      database.exec(`BEGIN EXCLUSIVE;
        CREATE TABLE IF NOT EXISTS seen (
          origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
        ) STRICT;
        COMMIT`);
    } catch (cause) {
      database.close();
      if ((cause as { code?: unknown }).code === 'SQLITE_BUSY') {
        throw new LedgerError('in_use', 'open the witness', { cause });
      }
      throw new LedgerError('damaged', 'open the witness', { detail: 'witness.db', cause });
    }
    return new WitnessStore(database);
  }

  /** Whether nothing was ever cosigned. */
  isEmpty(): boolean {
    return this.#database.prepare('SELECT 1 FROM seen LIMIT 1').get([]) === undefined;
  }

  read(origin: string): SeenCheckpoint | undefined {
    const row = this.#database
      .prepare('SELECT size, root, note FROM seen WHERE origin = ?')
      .get([origin]) as { size: number; root: Uint8Array; note: string } | undefined;
    return row === undefined
      ? undefined
      : { size: row.size, root: Uint8Array.from(row.root), note: row.note };
  }

  /**
   * Replaces what was seen if it is still the expected tree: one statement, so that of two requests
   * that were checked against one state only the first is stored.
   * @returns whether it did
   */
  replace(origin: string, expected: SeenCheckpoint | undefined, next: SeenCheckpoint): boolean {
    const { size, note } = next;
    const root = Buffer.from(next.root);
    const { changes } =
      expected === undefined
        ? this.#database
            .prepare('INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
            .run(origin, size, root, note)
        : this.#database
            .prepare(
              'UPDATE seen SET size = ?, root = ?, note = ? WHERE origin = ? AND size = ? AND root = ?',
            )
            .run(size, root, note, origin, expected.size, Buffer.from(expected.root));
    return changes === 1;
  }

  close(): void {
    // As in the lock database: the lock goes with the end of the next read in normal mode.
    this.#database.pragma('locking_mode = NORMAL');
    this.read('');
    this.#database.close();
  }
}
