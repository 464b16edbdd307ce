import Libsql from 'libsql';

export type Database = Libsql.Database;
export type Statement = Libsql.Statement;

/**
 * Opens (or creates) an SQLite file the way evidence needs it: every commit is on disk before it
 * returns, and deleted rows are overwritten, because a vault must be able to forget.
 * @param durable false only for tables that can be rebuilt from the ledger
 */
export function openDatabase(path: string, durable = true): Database {
  const database = new Libsql(path);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`);
  database.pragma('secure_delete = ON');
  database.pragma('busy_timeout = 5000');
  return database;
}

/** Prepared statements by their text: preparing costs more than running. */
export class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  prepare(sql: string): Statement {
    const kept = this.#prepared.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** Lets go of the statements: the driver keeps a closed file until they are collected. */
  clear(): void {
    this.#prepared.clear();
  }
}
