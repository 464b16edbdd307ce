import Libsql from 'libsql';
import type { Database } from '#base';
import { LedgerError } from '../errors.ts';
import type { CheckpointLock, LockedCheckpoint } from '../storage.ts';

/**
 * The lock database. Keep it out of the backups of the data: it is of use only while it is newer
 * than they are.
 *
 * SQLite's exclusive lock is held for as long as the process lives and is released by the operating
 * system when it dies. Reading the file through node:fs in this process would release it too, since
 * POSIX drops all of a process's locks on a file when any descriptor of it is closed.
 */
export class SqliteLock implements CheckpointLock {
  readonly #database: Database;
  readonly #origin: string;

  private constructor(database: Database, origin: string) {
    this.#database = database;
    this.#origin = origin;
  }

  /** @throws LedgerError `in_use` when another process, or this one, has it open */
  static open(path: string, origin: string): SqliteLock {
    const database = new Libsql(path, { timeout: 0 });
    try {
      database.pragma('locking_mode = EXCLUSIVE');
      database.pragma('journal_mode = TRUNCATE');
      database.pragma('synchronous = FULL');
      database.exec(`BEGIN EXCLUSIVE;
        CREATE TABLE IF NOT EXISTS checkpoint (
          origin TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL
        ) STRICT;
        COMMIT`);
    } catch (cause) {
      database.close();
      if ((cause as { code?: unknown }).code === 'SQLITE_BUSY') {
        throw new LedgerError('in_use', 'open the ledger', { cause });
      }
      throw new LedgerError('damaged', 'open the ledger', { detail: 'lock.db', cause });
    }
    return new SqliteLock(database, origin);
  }

  async read(): Promise<LockedCheckpoint | undefined> {
    return this.#read();
  }

  async compareAndSet(
    expected: LockedCheckpoint | undefined,
    next: LockedCheckpoint,
  ): Promise<void> {
    const { changes } =
      expected === undefined
        ? this.#database
            .prepare('INSERT INTO checkpoint VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
            .run(this.#origin, next.size, next.note)
        : this.#database
            .prepare(
              'UPDATE checkpoint SET size = ?, note = ? WHERE origin = ? AND size = ? AND note = ?',
            )
            .run(next.size, next.note, this.#origin, expected.size, expected.note);
    if (changes !== 1) throw new LedgerError('rolled_back', 'publish a checkpoint');
  }

  async close(): Promise<void> {
    // Closing alone is not enough: the driver keeps the connection, and with it the lock, until the
    // statements have been collected. In normal mode the lock goes with the end of the next read.
    this.#database.pragma('locking_mode = NORMAL');
    this.#read();
    this.#database.close();
  }

  #read(): LockedCheckpoint | undefined {
    const row = this.#database
      .prepare('SELECT size, note FROM checkpoint WHERE origin = ?')
      .get([this.#origin]) as LockedCheckpoint | undefined;
    return row === undefined ? undefined : { size: row.size, note: row.note };
  }
}
