import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Database, type Statement, limits, openDatabase } from '#base';
import type { EvidenceClass } from '../draft.ts';
import { type Group, groups } from '../fields.ts';
import { type KekPlace, type RootKey, unwrapKey, wrapKey } from '../root-key.ts';
import type { KeyVault, VaultDay, VaultPlace, VaultRecord } from '../storage.ts';

const schema = `
  CREATE TABLE IF NOT EXISTS kek (
    tenant TEXT NOT NULL, grp TEXT NOT NULL, class TEXT NOT NULL, day INTEGER NOT NULL,
    wrapped BLOB NOT NULL, UNIQUE (tenant, grp, class, day)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE, class TEXT NOT NULL,
    day INTEGER NOT NULL, identity BLOB, content BLOB, ops BLOB, subject BLOB
  ) STRICT;
  CREATE INDEX IF NOT EXISTS subjects ON record (subject, number) WHERE subject IS NOT NULL;
  CREATE TABLE IF NOT EXISTS held (
    record_id BLOB PRIMARY KEY, day INTEGER NOT NULL, identity BLOB, content BLOB, ops BLOB
  ) STRICT`;

/**
 * A destroyed key is overwritten where it lies, and its row stays. Rows then never move from page
 * to page, so nothing rests on whether SQLite leaves copies of a moved row behind: a key that is
 * destroyed later could live on in one.
 */
const gone = 'zeroblob(60)';
const goneTag = 'zeroblob(32)';
/** Keys that outlast their day are wrapped under keys of this class, which no schedule drops. */
const heldClass = 'r3';

type Table = 'record' | 'held';
interface Row {
  readonly class: EvidenceClass;
  readonly day: number;
  readonly wrapped: Uint8Array | null;
}

/** The vault of one machine, in an SQLite file. */
export class SqliteVault implements KeyVault {
  readonly #database: Database;
  readonly #tenant: string;
  readonly #rootKey: RootKey;
  readonly #keks = new Map<string, Uint8Array>();
  readonly #statements = new Map<string, Statement>();

  private constructor(database: Database, from: { tenant: string; rootKey: RootKey }) {
    this.#database = database;
    this.#tenant = from.tenant;
    this.#rootKey = from.rootKey;
  }

  /** @param rootKey asked for once it is known whether the vault already holds keys */
  static open(
    path: string,
    tenant: string,
    rootKey: (vaultIsNew: boolean) => RootKey,
  ): SqliteVault {
    const database = openDatabase(path);
    database.exec(schema);
    const isNew = database.prepare('SELECT 1 AS found FROM kek LIMIT 1').get() === undefined;
    const vault = new SqliteVault(database, { tenant, rootKey: rootKey(isNew) });
    // Opening one key now tells a wrong root key at the start and not in the middle of a passage.
    const newest = database
      .prepare(
        `SELECT grp, class, day FROM kek WHERE wrapped <> ${gone} ORDER BY rowid DESC LIMIT 1`,
      )
      .get() as { grp: string; class: string; day: number } | undefined;
    if (newest !== undefined) vault.#openKek([tenant, newest.grp, newest.class, newest.day]);
    return vault;
  }

  /**
   * For a look at the keys beside the process that writes them. The file must exist, and is of one
   * log.
   */
  static openReadOnly(path: string, rootKey: RootKey): Pick<KeyVault, 'get' | 'close'> {
    const database = openDatabase(path);
    // The driver has no read-only mode of its own that holds; this one SQLite itself enforces.
    database.pragma('query_only = ON');
    const row = database.prepare('SELECT tenant FROM kek LIMIT 1').get() as
      | { tenant: string }
      | undefined;
    const vault = new SqliteVault(database, { tenant: row?.tenant ?? '', rootKey });
    return {
      get: (recordId, group) => vault.get(recordId, group),
      close: async () => void database.close(),
    };
  }

  async put(records: readonly VaultRecord[]): Promise<void> {
    const insert = this.#prepare(
      `INSERT INTO record (record_id, class, day, identity, content, ops, subject)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    const nonces = randomBytes(12 * groups.length * records.length);
    let nonce = 0;
    this.#transaction(() => {
      for (const { recordId, evidenceClass, day, keys, subject } of records) {
        const wrapped = groups.map((group) => {
          const key = keys.find((of) => of.group === group)?.key;
          if (key === undefined) return null;
          const kek = this.#kek(group, evidenceClass, day);
          const drawn = nonces.subarray(nonce, (nonce += 12));
          return wrapKey(kek, key, { recordId, group, nonce: drawn });
        });
        insert.run(recordId, evidenceClass, day, ...wrapped, subject ?? null);
      }
    });
  }

  async get(recordId: Uint8Array, group: Group): Promise<Uint8Array | undefined> {
    return this.#get('record', { recordId, group }) ?? this.#get('held', { recordId, group });
  }

  async has(recordId: Uint8Array, group: Group): Promise<boolean> {
    return this.#has('record', { recordId, group }) || this.#has('held', { recordId, group });
  }

  async deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): Promise<number> {
    const newest = this.#prepare(
      'SELECT number, record_id FROM record ORDER BY number DESC LIMIT 1',
    );
    const remove = this.#prepare('DELETE FROM record WHERE number = ?');
    let deleted = 0;
    this.#transaction(() => {
      // Batches are committed one after another, so interrupted ones left the newest rows, and more
      // than two batches of them would be a sign of lost entries: their keys are then better kept.
      while (deleted < 2 * limits.batchEntries) {
        const found = newest.get() as { number: number; record_id: Uint8Array } | undefined;
        if (found === undefined || isKnown(found.record_id)) break;
        remove.run(found.number);
        deleted++;
      }
    });
    return deleted;
  }

  async recordsOf(subject: Uint8Array): Promise<readonly Uint8Array[]> {
    const rows = this.#prepare(
      'SELECT record_id FROM record WHERE subject = ? ORDER BY number',
    ).all([subject]) as { record_id: Uint8Array }[];
    return rows.map((row) => row.record_id);
  }

  async destroy(places: readonly VaultPlace[]): Promise<void> {
    const forget = this.#prepare(
      `UPDATE record SET subject = ${goneTag} WHERE record_id = ? AND subject IS NOT NULL`,
    );
    this.#transaction(() => {
      for (const place of places) {
        this.#overwrite('record', place);
        this.#overwrite('held', place);
        if (place.group === 'identity') forget.run([place.recordId]);
      }
    });
    this.#emptyLog();
  }

  async destroyDays(days: readonly VaultDay[]): Promise<void> {
    const overwrite = this.#prepare(
      `UPDATE kek SET wrapped = ${gone} WHERE tenant = ? AND grp = ? AND class = ? AND day = ?`,
    );
    const forget = this.#prepare(
      `UPDATE record SET subject = ${goneTag} WHERE class = ? AND day = ? AND subject IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM held WHERE held.record_id = record.record_id
                       AND held.identity <> ${gone})`,
    );
    this.#transaction(() => {
      for (const { group, evidenceClass, day } of days) {
        overwrite.run(this.#tenant, group, evidenceClass, day);
        if (group === 'identity') forget.run(evidenceClass, day);
      }
    });
    this.#keks.clear();
    this.#emptyLog();
  }

  async daysBefore(group: Group, day: number): Promise<readonly VaultDay[]> {
    const rows = this.#prepare(
      `SELECT class, day FROM kek WHERE tenant = ? AND grp = ? AND day < ? AND class <> '${heldClass}'
       AND wrapped <> ${gone} ORDER BY day, class LIMIT ?`,
    ).all(this.#tenant, group, day, limits.batchEntries) as { class: EvidenceClass; day: number }[];
    return rows.map((row) => ({ group, evidenceClass: row.class, day: row.day }));
  }

  async hold(places: readonly (VaultPlace & { readonly day: number })[]): Promise<void> {
    this.#transaction(() => {
      for (const place of places) {
        const key = this.#get('record', place);
        if (key === undefined) continue;
        const kek = this.#kek(place.group, heldClass, place.day);
        this.#prepare(
          `INSERT INTO held (record_id, day, ${place.group}) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
           SET ${place.group} = excluded.${place.group}`,
        ).run(place.recordId, place.day, wrapKey(kek, key, place));
        this.#overwrite('record', place);
      }
    });
    this.#emptyLog();
  }

  async unhold(places: readonly VaultPlace[]): Promise<void> {
    this.#transaction(() => {
      for (const place of places) {
        const key = this.#get('held', place);
        const row = this.#row('record', place);
        const kek = row === undefined ? undefined : this.#kekOf(place.group, row);
        if (key === undefined || kek === undefined) continue;
        this.#prepare(`UPDATE record SET ${place.group} = ? WHERE record_id = ?`).run(
          wrapKey(kek, key, place),
          place.recordId,
        );
        this.#overwrite('held', place);
      }
    });
    this.#emptyLog();
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #get(table: Table, place: VaultPlace): Uint8Array | undefined {
    const row = this.#row(table, place);
    if (row?.wrapped === undefined || row.wrapped === null) return undefined;
    const kek = this.#kekOf(place.group, row);
    return kek === undefined ? undefined : unwrapKey(kek, row.wrapped, place);
  }

  #has(table: Table, place: VaultPlace): boolean {
    const row = this.#row(table, place);
    const isThere = row?.wrapped?.some((byte) => byte !== 0) === true;
    return isThere && this.#kekOf(place.group, row) !== undefined;
  }

  #row(table: Table, { recordId, group }: VaultPlace): Row | undefined {
    const evidenceClass = table === 'record' ? 'class' : `'${heldClass}' AS class`;
    // A record is in the table once, and a group is a column of it: the name comes from a type.
    return this.#prepare(
      `SELECT ${evidenceClass}, day, ${group} AS wrapped FROM ${table} WHERE record_id = ?`,
    ).get([recordId]) as Row | undefined;
  }

  #overwrite(table: Table, { recordId, group }: VaultPlace): void {
    this.#prepare(
      `UPDATE ${table} SET ${group} = ${gone} WHERE record_id = ? AND ${group} IS NOT NULL`,
    ).run([recordId]);
  }

  /** What was overwritten still stands in the write-ahead file of the database until now. */
  #emptyLog(): void {
    const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy?: number }[];
    assert.equal(result?.busy, 0, 'nobody else reads the vault');
  }

  /** The key to write under; made when the day has none yet. */
  #kek(group: Group, evidenceClass: EvidenceClass, day: number): Uint8Array {
    const place: KekPlace = [this.#tenant, group, evidenceClass, day];
    const name = kekName(place);
    const kept = this.#keks.get(name);
    if (kept !== undefined) return kept;
    this.#prepare('INSERT INTO kek VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
      ...place,
      this.#rootKey.newKek(place),
    );
    const kek = this.#openKek(place);
    assert.ok(kek, 'nothing is written under a day whose keys were dropped');
    return kek;
  }

  #kekOf(group: Group, { class: evidenceClass, day }: Row): Uint8Array | undefined {
    return this.#openKek([this.#tenant, group, evidenceClass, day]);
  }

  #openKek(place: KekPlace): Uint8Array | undefined {
    const name = kekName(place);
    const kept = this.#keks.get(name);
    if (kept !== undefined) return kept;
    const row = this.#prepare(
      'SELECT wrapped FROM kek WHERE tenant = ? AND grp = ? AND class = ? AND day = ?',
    ).get(...place) as { wrapped: Uint8Array } | undefined;
    const key = row === undefined ? undefined : this.#rootKey.openKek(row.wrapped, place);
    if (key === undefined) return undefined;
    // A writer needs those of today, a reader those of the passages it looks at.
    if (this.#keks.size >= limits.keksInMemory) this.#keks.clear();
    this.#keks.set(name, key);
    return key;
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    work();
    this.#database.exec('COMMIT');
  }

  /** Preparing costs more than running. */
  #prepare(sql: string): Statement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function kekName([, group, evidenceClass, day]: KekPlace): string {
  return `${group}/${evidenceClass}/${day}`;
}
