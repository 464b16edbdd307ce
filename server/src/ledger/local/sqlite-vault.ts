import assert from 'node:assert/strict';
import { type Database, PackedRows, Statements, limits, openDatabase } from '#base';
import type { EvidenceClass } from '../draft.ts';
import { type Group, groups } from '../fields.ts';
import { type KekPlace, KeyWrap, type RootKey, recordKeyBytes } from '../root-key.ts';
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
const gone = 'zeroblob(32)';
const goneKek = 'zeroblob(60)';
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
  readonly #keks = new Map<string, KeyWrap>();
  readonly #statements: Statements;
  readonly #rows = new PackedRows('record', [
    { name: 'record_id', kind: 'blob', bytes: 16 },
    { name: 'class', kind: 'text', bytes: 2 },
    { name: 'day', kind: 'integer' },
    ...groups.map((name) => ({ name, kind: 'blob', bytes: recordKeyBytes }) as const),
    { name: 'subject', kind: 'blob', bytes: 32 },
  ]);

  private constructor(database: Database, from: { tenant: string; rootKey: RootKey }) {
    this.#database = database;
    this.#statements = new Statements(database);
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
        `SELECT grp, class, day FROM kek WHERE wrapped <> ${goneKek} ORDER BY rowid DESC LIMIT 1`,
      )
      .get() as { grp: string; class: string; day: number } | undefined;
    if (newest !== undefined) vault.#openKek([tenant, newest.grp, newest.class, newest.day]);
    return vault;
  }

  /**
   * For a look at the keys beside the process that writes them. The file must exist, and is of one
   * log.
   */
  static openReadOnly(path: string, rootKey: RootKey): SqliteVault {
    const database = openDatabase(path);
    // The driver has no read-only mode of its own that holds; this one SQLite itself enforces.
    database.pragma('query_only = ON');
    const row = database.prepare('SELECT tenant FROM kek LIMIT 1').get() as
      | { tenant: string }
      | undefined;
    return new SqliteVault(database, { tenant: row?.tenant ?? '', rootKey });
  }

  async put(records: readonly VaultRecord[]): Promise<void> {
    if (records.length > 0) this.insert(this.pack(records));
  }

  /**
   * Rows of the table, with the keys wrapped; what they are wrapped under is in the file then.
   * @param records one at least @returns bytes that are good until the next call
   */
  pack(records: readonly VaultRecord[]): Buffer {
    const rows = records.map(({ recordId, evidenceClass, day, keys, subject }) => {
      const wrapped = groups.map((group) => {
        const key = keys.find((of) => of.group === group)?.key;
        if (key === undefined) return null;
        return this.#kek(group, evidenceClass, day).wrap(key, { recordId, group });
      });
      return [recordId, evidenceClass, day, ...wrapped, subject ?? null];
    });
    return this.#rows.pack(rows);
  }

  /** @param packed rows as `pack` made them; all or none @param known they may be there already */
  insert(packed: Buffer, known: 'never' | 'maybe' = 'never'): void {
    const sql = known === 'never' ? this.#rows.sql : this.#rows.sqlOfNew;
    // The driver takes a lone blob for an object of named parameters; an array is never mistaken.
    this.#transaction(() => void this.#statements.prepare(sql).run([packed]));
  }

  /** The key of a group in a row that `pack` made, if the row is the record's. */
  unpack(row: Buffer, place: VaultPlace): Uint8Array | undefined {
    const [recordId, evidenceClass, day, ...wrapped] = this.#rows.unpack(row);
    if (!(recordId instanceof Uint8Array && isSame(recordId, place.recordId))) return undefined;
    const found = wrapped[groups.indexOf(place.group)];
    if (!(found instanceof Uint8Array)) return undefined;
    const of = { class: evidenceClass as EvidenceClass, day: day as number, wrapped: found };
    return this.#kekOf(place.group, of)?.unwrap(found, place);
  }

  get rowBytes(): number {
    return this.#rows.rowBytes;
  }

  async get(recordId: Uint8Array, group: Group): Promise<Uint8Array | undefined> {
    return this.#get('record', { recordId, group }) ?? this.#get('held', { recordId, group });
  }

  async has(recordId: Uint8Array, group: Group): Promise<boolean> {
    return this.#has('record', { recordId, group }) || this.#has('held', { recordId, group });
  }

  async deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): Promise<number> {
    const newest = this.#statements.prepare(
      'SELECT number, record_id FROM record ORDER BY number DESC LIMIT 1',
    );
    const remove = this.#statements.prepare('DELETE FROM record WHERE number = ?');
    let deleted = 0;
    this.#transaction(() => {
      // Batches are committed one after another, so interrupted ones left the newest rows, and more
      // than may be under way would be a sign of lost entries: their keys are then better kept.
      while (deleted < limits.batchesAtOnce * limits.batchEntries) {
        const found = newest.get() as { number: number; record_id: Uint8Array } | undefined;
        if (found === undefined || isKnown(found.record_id)) break;
        remove.run(found.number);
        deleted++;
      }
    });
    return deleted;
  }

  async recordsOf(subject: Uint8Array): Promise<readonly Uint8Array[]> {
    const rows = this.#statements
      .prepare('SELECT record_id FROM record WHERE subject = ? ORDER BY number')
      .all([subject]) as { record_id: Uint8Array }[];
    // Of many rows the driver gives blobs as plain array buffers, and takes none back.
    return rows.map((row) => Buffer.from(row.record_id));
  }

  async destroy(places: readonly VaultPlace[]): Promise<void> {
    const forget = this.#statements.prepare(
      `UPDATE record SET subject = ${gone} WHERE record_id = ? AND subject IS NOT NULL`,
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
    const overwrite = this.#statements.prepare(
      `UPDATE kek SET wrapped = ${goneKek} WHERE tenant = ? AND grp = ? AND class = ? AND day = ?`,
    );
    const forget = this.#statements.prepare(
      `UPDATE record SET subject = ${gone} WHERE class = ? AND day = ? AND subject IS NOT NULL
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
    const rows = this.#statements
      .prepare(
        `SELECT class, day FROM kek WHERE tenant = ? AND grp = ? AND day < ? AND class <> '${heldClass}'
       AND wrapped <> ${goneKek} ORDER BY day, class LIMIT ?`,
      )
      .all(this.#tenant, group, day, limits.batchEntries) as {
      class: EvidenceClass;
      day: number;
    }[];
    return rows.map((row) => ({ group, evidenceClass: row.class, day: row.day }));
  }

  async hold(places: readonly (VaultPlace & { readonly day: number })[]): Promise<void> {
    this.#transaction(() => {
      for (const place of places) {
        const key = this.#get('record', place);
        if (key === undefined) continue;
        const kek = this.#kek(place.group, heldClass, place.day);
        this.#statements
          .prepare(
            `INSERT INTO held (record_id, day, ${place.group}) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
           SET ${place.group} = excluded.${place.group}`,
          )
          .run(place.recordId, place.day, kek.wrap(key, place));
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
        this.#statements
          .prepare(`UPDATE record SET ${place.group} = ? WHERE record_id = ?`)
          .run(kek.wrap(key, place), place.recordId);
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

  /** Lets go of the file as it is. */
  async abandon(): Promise<void> {
    this.#statements.clear();
    this.#database.close();
  }

  #get(table: Table, place: VaultPlace): Uint8Array | undefined {
    const row = this.#row(table, place);
    if (row?.wrapped === undefined || row.wrapped === null) return undefined;
    const kek = this.#kekOf(place.group, row);
    return kek === undefined ? undefined : kek.unwrap(row.wrapped, place);
  }

  #has(table: Table, place: VaultPlace): boolean {
    const row = this.#row(table, place);
    const isThere = row?.wrapped?.some((byte) => byte !== 0) === true;
    return isThere && this.#kekOf(place.group, row) !== undefined;
  }

  #row(table: Table, { recordId, group }: VaultPlace): Row | undefined {
    const evidenceClass = table === 'record' ? 'class' : `'${heldClass}' AS class`;
    // A record is in the table once, and a group is a column of it: the name comes from a type.
    return this.#statements
      .prepare(
        `SELECT ${evidenceClass}, day, ${group} AS wrapped FROM ${table} WHERE record_id = ?`,
      )
      .get([recordId]) as Row | undefined;
  }

  #overwrite(table: Table, { recordId, group }: VaultPlace): void {
    this.#statements
      .prepare(
        `UPDATE ${table} SET ${group} = ${gone} WHERE record_id = ? AND ${group} IS NOT NULL`,
      )
      .run([recordId]);
  }

  /** What was overwritten still stands in the write-ahead file of the database until now. */
  #emptyLog(): void {
    const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy?: number }[];
    assert.equal(result?.busy, 0, 'nobody else reads the vault');
  }

  /** The key to write under; made when the day has none yet. */
  #kek(group: Group, evidenceClass: EvidenceClass, day: number): KeyWrap {
    const place: KekPlace = [this.#tenant, group, evidenceClass, day];
    const name = kekName(place);
    const kept = this.#keks.get(name);
    if (kept !== undefined) return kept;
    this.#statements
      .prepare('INSERT INTO kek VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(...place, this.#rootKey.newKek(place));
    const kek = this.#openKek(place);
    assert.ok(kek, 'nothing is written under a day whose keys were dropped');
    return kek;
  }

  #kekOf(group: Group, { class: evidenceClass, day }: Row): KeyWrap | undefined {
    return this.#openKek([this.#tenant, group, evidenceClass, day]);
  }

  #openKek(place: KekPlace): KeyWrap | undefined {
    const name = kekName(place);
    const kept = this.#keks.get(name);
    if (kept !== undefined) return kept;
    const row = this.#statements
      .prepare('SELECT wrapped FROM kek WHERE tenant = ? AND grp = ? AND class = ? AND day = ?')
      .get(...place) as { wrapped: Uint8Array } | undefined;
    const key = row === undefined ? undefined : this.#rootKey.openKek(row.wrapped, place);
    if (key === undefined) return undefined;
    const kek = new KeyWrap(key);
    // A writer needs those of today, a reader those of the passages it looks at.
    if (this.#keks.size >= limits.keksInMemory) this.#keks.clear();
    this.#keks.set(name, kek);
    return kek;
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function kekName([, group, evidenceClass, day]: KekPlace): string {
  return `${group}/${evidenceClass}/${day}`;
}
