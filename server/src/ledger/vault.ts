import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { type Database, limits, openDatabase } from '#base';
import type { EvidenceClass } from './draft.ts';
import { LedgerError } from './errors.ts';
import { type Group, groups } from './fields.ts';

/** A record key on its way into the vault. */
export interface VaultKey {
  /** 16 bytes. The record id and not the index: the row is committed before the index exists. */
  readonly recordId: Uint8Array;
  readonly group: Group;
  readonly evidenceClass: EvidenceClass;
  /** UTC day, counted from 1970-01-01. */
  readonly day: number;
  readonly key: Uint8Array;
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

/** The mutable side of the ledger: what is deleted here can never be read again. */
export interface KeyVault {
  /** All or none; on disk when it returns. */
  put(keys: readonly VaultKey[]): void;
  get(recordId: Uint8Array, group: Group): Uint8Array | undefined;
  has(recordId: Uint8Array, group: Group): boolean;
  /** Deletes the newest keys, back to the first whose record is known. @returns how many went */
  deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): number;
  /**
   * The key to what an erasure, a hold or a grant says. It is derived and not kept: an old copy of
   * the vault must not make the ledger forget that something was erased.
   */
  custodyKey(recordId: Uint8Array): Uint8Array;
  /** Destroys record keys, held ones too: no byte of them is left in the files when it returns. */
  destroy(places: readonly VaultPlace[]): void;
  /** Destroys the keys that whole days are wrapped under. Keys under a hold stay readable. */
  destroyDays(days: readonly VaultDay[]): void;
  /** Days before the given one whose keys are still there, oldest first; never those of r3. */
  daysBefore(group: Group, day: number): readonly VaultDay[];
  /** Wraps record keys anew, so that they outlast their day. Those that are gone stay gone. */
  hold(places: readonly (VaultPlace & { readonly day: number })[]): void;
  /** Gives keys back to their day, unless that day's key is gone: those stay under the hold key. */
  unhold(places: readonly VaultPlace[]): void;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS kek (
    kek_id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, grp TEXT NOT NULL, class TEXT NOT NULL,
    day INTEGER NOT NULL, wrapped BLOB NOT NULL, UNIQUE (tenant, grp, class, day)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS record_key (
    record_id BLOB NOT NULL, grp TEXT NOT NULL, wrapped BLOB NOT NULL, kek_id INTEGER NOT NULL,
    UNIQUE (record_id, grp)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS held_key (
    record_id BLOB NOT NULL, grp TEXT NOT NULL, wrapped BLOB NOT NULL, kek_id INTEGER NOT NULL,
    UNIQUE (record_id, grp)
  ) STRICT`;

/**
 * A destroyed key is overwritten where it lies, and its row stays. Rows then never move from page
 * to page, so nothing rests on whether SQLite leaves copies of a moved row behind: a key that is
 * destroyed later could live on in one.
 */
const gone = 'zeroblob(60)';

/**
 * The vault in an SQLite file. Record keys are wrapped under one key for each tenant, group,
 * evidence class and UTC day, since those expire together; that key is wrapped under the root key.
 */
export class SqliteVault implements KeyVault {
  readonly #database: Database;
  readonly #tenant: string;
  readonly #rootKey: Uint8Array;
  readonly #keks = new Map<string, { readonly id: number; readonly key: Uint8Array }>();

  private constructor(database: Database, from: { tenant: string; rootKey: Uint8Array }) {
    this.#database = database;
    this.#tenant = from.tenant;
    this.#rootKey = from.rootKey;
  }

  /** @param rootKey asked for once it is known whether the vault already holds keys */
  static open(
    path: string,
    tenant: string,
    rootKey: (vaultIsNew: boolean) => Uint8Array,
  ): SqliteVault {
    const database = openDatabase(path);
    database.exec(schema);
    const isNew = database.prepare('SELECT 1 AS found FROM kek LIMIT 1').get() === undefined;
    const vault = new SqliteVault(database, { tenant, rootKey: rootKey(isNew) });
    // Opening one key now tells a wrong root key at the start and not in the middle of a passage.
    const newest = database
      .prepare(`SELECT kek_id FROM kek WHERE wrapped <> ${gone} ORDER BY kek_id DESC LIMIT 1`)
      .get();
    if (newest !== undefined) vault.#kekById((newest as { kek_id: number }).kek_id);
    return vault;
  }

  /** For a look at the keys beside the process that writes them. The file must exist. */
  static openReadOnly(path: string, rootKey: Uint8Array): Pick<KeyVault, 'get' | 'close'> {
    const database = openDatabase(path);
    // The driver has no read-only mode of its own that holds; this one SQLite itself enforces.
    database.pragma('query_only = ON');
    const vault = new SqliteVault(database, { tenant: '', rootKey });
    return {
      get: (recordId, group) => vault.get(recordId, group),
      close: () => void database.close(),
    };
  }

  put(keys: readonly VaultKey[]): void {
    const insert = this.#database.prepare('INSERT INTO record_key VALUES (?, ?, ?, ?)');
    this.#database.exec('BEGIN IMMEDIATE');
    const nonces = randomBytes(12 * keys.length);
    for (const [i, { recordId, group, evidenceClass, day, key }] of keys.entries()) {
      const nonce = nonces.subarray(12 * i, 12 * i + 12);
      const kek = this.#kek(group, evidenceClass, day);
      insert.run(
        recordId,
        group,
        wrap(kek.key, key, { nonce, label: keyLabel(recordId, group) }),
        kek.id,
      );
    }
    this.#database.exec('COMMIT');
  }

  get(recordId: Uint8Array, group: Group): Uint8Array | undefined {
    return this.#get('record_key', recordId, group) ?? this.#get('held_key', recordId, group);
  }

  has(recordId: Uint8Array, group: Group): boolean {
    return this.#has('record_key', recordId, group) || this.#has('held_key', recordId, group);
  }

  deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): number {
    const newest = this.#database.prepare(
      'SELECT rowid AS row, record_id FROM record_key ORDER BY rowid DESC LIMIT 1',
    );
    const remove = this.#database.prepare('DELETE FROM record_key WHERE rowid = ?');
    let deleted = 0;
    this.#database.exec('BEGIN IMMEDIATE');
    // Batches are committed one after another, so an interrupted one left the newest rows, and more
    // than one batch of them would be a sign of lost entries: their keys are then better kept.
    while (deleted < limits.batchEntries * groups.length) {
      const found = newest.get() as { row: number; record_id: Uint8Array } | undefined;
      if (found === undefined || isKnown(found.record_id)) break;
      remove.run(found.row);
      deleted++;
    }
    this.#database.exec('COMMIT');
    return deleted;
  }

  custodyKey(recordId: Uint8Array): Uint8Array {
    const info = Buffer.concat([Buffer.from('ledger/v1/custody', 'ascii'), recordId]);
    return new Uint8Array(hkdfSync('sha256', this.#rootKey, new Uint8Array(0), info, 32));
  }

  destroy(places: readonly VaultPlace[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    for (const table of ['record_key', 'held_key'] as const) {
      for (const { recordId, group } of places) this.#overwrite(table, recordId, group);
    }
    this.#database.exec('COMMIT');
    this.#emptyLog();
  }

  destroyDays(days: readonly VaultDay[]): void {
    const overwrite = this.#database.prepare(
      `UPDATE kek SET wrapped = ${gone} WHERE tenant = ? AND grp = ? AND class = ? AND day = ?`,
    );
    this.#database.exec('BEGIN IMMEDIATE');
    for (const { group, evidenceClass, day } of days) {
      overwrite.run(this.#tenant, group, evidenceClass, day);
    }
    this.#database.exec('COMMIT');
    this.#keks.clear();
    this.#emptyLog();
  }

  daysBefore(group: Group, day: number): readonly VaultDay[] {
    const rows = this.#database
      .prepare(
        `SELECT class, day FROM kek WHERE tenant = ? AND grp = ? AND day < ? AND class <> 'r3'
         AND wrapped <> ${gone} ORDER BY day, class LIMIT ?`,
      )
      .all(this.#tenant, group, day, limits.batchEntries) as { class: string; day: number }[];
    return rows.map((row) => ({
      group,
      evidenceClass: row.class as EvidenceClass,
      day: row.day,
    }));
  }

  hold(places: readonly (VaultPlace & { readonly day: number })[]): void {
    const insert = this.#database.prepare(
      `INSERT INTO held_key VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET wrapped = excluded.wrapped, kek_id = excluded.kek_id`,
    );
    this.#database.exec('BEGIN IMMEDIATE');
    for (const { recordId, group, day } of places) {
      const key = this.#get('record_key', recordId, group);
      if (key === undefined) continue;
      const kek = this.#kek(group, 'r3', day);
      insert.run(recordId, group, wrapKey(kek.key, key, { recordId, group }), kek.id);
      this.#overwrite('record_key', recordId, group);
    }
    this.#database.exec('COMMIT');
    this.#emptyLog();
  }

  unhold(places: readonly VaultPlace[]): void {
    const find = this.#database.prepare(
      'SELECT kek_id FROM record_key WHERE record_id = ? AND grp = ?',
    );
    const restore = this.#database.prepare(
      'UPDATE record_key SET wrapped = ? WHERE record_id = ? AND grp = ?',
    );
    this.#database.exec('BEGIN IMMEDIATE');
    for (const { recordId, group } of places) {
      const key = this.#get('held_key', recordId, group);
      const row = find.get(recordId, group) as { kek_id: number } | undefined;
      const kek = row === undefined ? undefined : this.#kekById(row.kek_id);
      if (key === undefined || kek === undefined) continue;
      restore.run(wrapKey(kek, key, { recordId, group }), recordId, group);
      this.#overwrite('held_key', recordId, group);
    }
    this.#database.exec('COMMIT');
    this.#emptyLog();
  }

  close(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #get(table: KeyTable, recordId: Uint8Array, group: Group): Uint8Array | undefined {
    const row = this.#database
      .prepare(`SELECT wrapped, kek_id FROM ${table} WHERE record_id = ? AND grp = ?`)
      .get(recordId, group) as { wrapped: Uint8Array; kek_id: number } | undefined;
    const kek = row === undefined ? undefined : this.#kekById(row.kek_id);
    if (row === undefined || kek === undefined) return undefined;
    return unwrap(kek, row.wrapped, keyLabel(recordId, group));
  }

  #has(table: KeyTable, recordId: Uint8Array, group: Group): boolean {
    const found = this.#database
      .prepare(
        `SELECT 1 AS found FROM ${table} AS held JOIN kek USING (kek_id)
         WHERE record_id = ? AND held.grp = ? AND held.wrapped <> ${gone} AND kek.wrapped <> ${gone}`,
      )
      .get(recordId, group);
    return found !== undefined;
  }

  #overwrite(table: KeyTable, recordId: Uint8Array, group: Group): void {
    this.#database
      .prepare(`UPDATE ${table} SET wrapped = ${gone} WHERE record_id = ? AND grp = ?`)
      .run(recordId, group);
  }

  /** What was overwritten still stands in the write-ahead file of the database until now. */
  #emptyLog(): void {
    const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy?: number }[];
    assert.equal(result?.busy, 0, 'nobody else reads the vault');
  }

  #kek(
    group: Group,
    evidenceClass: EvidenceClass,
    day: number,
  ): { readonly id: number; readonly key: Uint8Array } {
    const name = `${group}/${evidenceClass}/${day}`;
    const kept = this.#keks.get(name);
    if (kept !== undefined) return kept;
    const place = [this.#tenant, group, evidenceClass, day] as const;
    const find = this.#database.prepare(
      'SELECT kek_id FROM kek WHERE tenant = ? AND grp = ? AND class = ? AND day = ?',
    );
    if (find.get(...place) === undefined) {
      const wrapped = wrap(this.#rootKey, randomBytes(32), {
        nonce: randomBytes(12),
        label: kekLabel(place),
      });
      this.#database
        .prepare('INSERT INTO kek (tenant, grp, class, day, wrapped) VALUES (?, ?, ?, ?, ?)')
        .run(...place, wrapped);
    }
    const { kek_id: id } = find.get(...place) as { kek_id: number };
    const kek = { id, key: this.#kekById(id)! };
    // A day's keys are few; yesterday's are of no more use to a writer.
    if (this.#keks.size > 32) this.#keks.clear();
    this.#keks.set(name, kek);
    return kek;
  }

  #kekById(id: number): Uint8Array | undefined {
    const row = this.#database
      .prepare('SELECT tenant, grp, class, day, wrapped FROM kek WHERE kek_id = ?')
      .get([id]) as
      | { tenant: string; grp: string; class: string; day: number; wrapped: Uint8Array }
      | undefined;
    if (row === undefined || row.wrapped.every((byte) => byte === 0)) return undefined;
    const label = kekLabel([row.tenant, row.grp, row.class, row.day]);
    const key = unwrap(this.#rootKey, row.wrapped, label);
    if (key === undefined) {
      throw new LedgerError('wrong_key', 'open the vault', { detail: 'root.key' });
    }
    return key;
  }
}

type KeyTable = 'record_key' | 'held_key';

function wrapKey(kek: Uint8Array, key: Uint8Array, { recordId, group }: VaultPlace): Uint8Array {
  return wrap(kek, key, { nonce: randomBytes(12), label: keyLabel(recordId, group) });
}

function keyLabel(recordId: Uint8Array, group: Group): Uint8Array {
  return Buffer.concat([recordId, Buffer.from(group, 'ascii')]);
}

function kekLabel(place: readonly [string, string, string, number]): Uint8Array {
  return Buffer.from(JSON.stringify(place), 'utf8');
}

/** AES-256-GCM with a random nonce: 12 bytes of nonce, 32 of key, 16 of tag. */
function wrap(
  under: Uint8Array,
  key: Uint8Array,
  { nonce, label }: { readonly nonce: Uint8Array; readonly label: Uint8Array },
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', under, nonce).setAAD(label);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(under: Uint8Array, wrapped: Uint8Array, label: Uint8Array): Uint8Array | undefined {
  if (wrapped.length !== 60) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', under, wrapped.subarray(0, 12)).setAAD(label);
  decipher.setAuthTag(wrapped.subarray(44));
  const key = decipher.update(wrapped.subarray(12, 44));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return key;
}
