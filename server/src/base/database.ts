import Libsql from 'libsql';

export type Database = Libsql.Database;
export type Statement = Libsql.Statement<unknown[]>;

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
