import assert from 'node:assert/strict';
import { type PostgresQuery, limits, toHex } from '#base';
import type { EvidenceClass } from '../draft.ts';
import { type Group, groups } from '../fields.ts';
import type { PostgresLog } from './postgres-hold.ts';

/** The wrapped keys of one record, on their way into the table of their day. */
export interface KeyRow {
  readonly recordId: Uint8Array;
  readonly evidenceClass: EvidenceClass;
  readonly wrapped: Readonly<Partial<Record<Group, Uint8Array>>>;
  readonly subject: Uint8Array | undefined;
}

/** A row as it lies there; `null` where a key was destroyed, is held, or never was. */
export interface StoredRow extends Readonly<Record<Group, Buffer | null>> {
  readonly record_id: string;
  readonly class: EvidenceClass;
}

/** Where the key of one record and group is. */
export interface Located {
  readonly day: number;
  readonly held: Buffer | null;
  readonly held_day: number | null;
}

/** Tables that one statement looks through. */
const tablesAtOnce = 64;

/**
 * The wrapped record keys: one table for each UTC day, since to forget means to write a table anew,
 * and a day is as much as that can be asked for. `sekisho.record` says in which day a record lies.
 */
export class PostgresKeyRows {
  readonly #hold: PostgresLog;
  readonly #days: Set<number>;

  private constructor(hold: PostgresLog, days: Iterable<number>) {
    this.#hold = hold;
    this.#days = new Set(days);
  }

  static async open(hold: PostgresLog): Promise<PostgresKeyRows> {
    const { rows } = await hold.postgres.query<{ day: number }>(
      `SELECT split_part(relname, '_', 3)::integer AS day FROM pg_class
       WHERE relnamespace = to_regnamespace('sekisho') AND relkind = 'r'
         AND relname ~ ('^keys_' || $1::integer || '_[0-9]+$') ORDER BY day`,
      [hold.logId],
    );
    return new PostgresKeyRows(
      hold,
      rows.map(({ day }) => day),
    );
  }

  has(day: number): boolean {
    return this.#days.has(day);
  }

  /** The name of a day's table, within the schema. */
  table(day: number): string {
    assert.ok(Number.isInteger(day) && day >= 0 && day < 2 ** 31, 'a day is a 31-bit number');
    return `keys_${this.#hold.logId}_${day}`;
  }

  async ensure(day: number): Promise<void> {
    if (this.#days.has(day)) return;
    const table = this.table(day);
    await this.#hold.postgres.query(`
      CREATE TABLE IF NOT EXISTS sekisho.${table} (
        record_id uuid PRIMARY KEY, class text NOT NULL,
        identity bytea, content bytea, ops bytea, subject bytea
      );
      CREATE INDEX IF NOT EXISTS ${table}_subject ON sekisho.${table} (subject)
        WHERE subject IS NOT NULL`);
    this.#days.add(day);
  }

  /** One statement for all. @returns how many were inserted: none, when another has taken over */
  async insert(query: PostgresQuery, day: number, rows: readonly KeyRow[]): Promise<number> {
    const { logId, epoch } = this.#hold;
    const column = (group: Group): (Uint8Array | null)[] =>
      rows.map(({ wrapped }) => wrapped[group] ?? null);
    const { count } = await query.query(
      `WITH held AS (
         SELECT log_id FROM sekisho.log WHERE log_id = $1 AND epoch = $2 FOR SHARE
       ), given AS (
         SELECT * FROM unnest($4::uuid[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
           $9::bytea[]) WITH ORDINALITY
           AS given (record_id, class, identity, content, ops, subject, place)
       ), located AS (
         INSERT INTO sekisho.record (log_id, record_id, day)
         SELECT log_id, record_id, $3::integer FROM held, given ORDER BY place
       )
       INSERT INTO sekisho.${this.table(day)}
         (record_id, class, identity, content, ops, subject)
       SELECT record_id, class, identity, content, ops, subject FROM held, given ORDER BY place`,
      [
        logId,
        epoch,
        day,
        rows.map(({ recordId }) => toHex(recordId)),
        rows.map(({ evidenceClass }) => evidenceClass),
        ...groups.map(column),
        rows.map(({ subject }) => subject ?? null),
      ],
      { name: this.table(day) },
    );
    return count;
  }

  /** Where the key of one record is: in its day, or under a hold. */
  async locate(recordId: Uint8Array, group: Group): Promise<Located | undefined> {
    const { rows } = await this.#hold.postgres.query<Located>(
      `SELECT record.day, held_key.wrapped AS held, held_key.day AS held_day
       FROM sekisho.record LEFT JOIN sekisho.held_key
         ON held_key.log_id = record.log_id AND held_key.record_id = record.record_id AND grp = $3
       WHERE record.log_id = $1 AND record.record_id = $2`,
      [this.#hold.logId, toHex(recordId), group],
      { name: 'locate' },
    );
    return rows[0];
  }

  /** The days of records, by the hex of their ids. Unknown ones are left out. */
  async daysOf(
    query: PostgresQuery,
    ids: readonly Uint8Array[],
  ): Promise<ReadonlyMap<string, number>> {
    const { rows } = await query.query<{ record_id: string; day: number }>(
      `SELECT record_id, day FROM sekisho.record
       WHERE log_id = $1 AND record_id = ANY ($2::uuid[])`,
      [this.#hold.logId, ids.map(toHex)],
    );
    return new Map(rows.map((row) => [row.record_id.replaceAll('-', ''), row.day]));
  }

  /** Rows by the hex of their ids. */
  async rows(
    query: PostgresQuery,
    day: number,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, StoredRow>> {
    if (!this.#days.has(day)) return new Map();
    const { rows } = await query.query<StoredRow>(
      `SELECT record_id, class, identity, content, ops FROM sekisho.${this.table(day)}
       WHERE record_id = ANY ($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.record_id.replaceAll('-', ''), row]));
  }

  /** Sets or, with undefined, removes the wrapped keys of one group. */
  async set(
    query: PostgresQuery,
    { day, group }: { readonly day: number; readonly group: Group },
    keys: ReadonlyMap<string, Uint8Array | undefined>,
  ): Promise<void> {
    assert.ok(groups.includes(group), 'a group is a column');
    await query.query(
      `UPDATE sekisho.${this.table(day)} AS old SET ${group} = given.wrapped
       FROM unnest($1::uuid[], $2::bytea[]) AS given (record_id, wrapped)
       WHERE old.record_id = given.record_id`,
      [[...keys.keys()], [...keys.values()].map((key) => key ?? null)],
    );
  }

  /** Removes the tags of some records, or of those of one class whose identity is not held. */
  async removeSubjects(
    query: PostgresQuery,
    day: number,
    of: { readonly ids: readonly string[] } | { readonly evidenceClass: EvidenceClass },
  ): Promise<boolean> {
    const table = `sekisho.${this.table(day)}`;
    const { count } = await ('ids' in of
      ? query.query(
          `UPDATE ${table} SET subject = NULL
           WHERE record_id = ANY ($1::uuid[]) AND subject IS NOT NULL`,
          [of.ids],
        )
      : query.query(
          `UPDATE ${table} AS old SET subject = NULL
           WHERE class = $1 AND subject IS NOT NULL AND NOT EXISTS (
             SELECT FROM sekisho.held_key AS held
             WHERE held.log_id = $2 AND held.record_id = old.record_id AND held.grp = 'identity'
           )`,
          [of.evidenceClass, this.#hold.logId],
        ));
    return count > 0;
  }

  /** Ids of the records with a tag, oldest first. */
  async bySubject(subject: Uint8Array): Promise<readonly Uint8Array[]> {
    const days = [...this.#days].toSorted((a, b) => a - b);
    const found: { readonly record_id: string; readonly seq: number }[] = [];
    for (let at = 0; at < days.length; at += tablesAtOnce) {
      const parts = days
        .slice(at, at + tablesAtOnce)
        .map((day) => `SELECT record_id FROM sekisho.${this.table(day)} WHERE subject = $2`);
      const { rows } = await this.#hold.postgres.query<(typeof found)[number]>(
        `SELECT record_id, seq FROM (${parts.join(' UNION ALL ')}) AS tagged
         JOIN sekisho.record USING (record_id) WHERE log_id = $1`,
        [this.#hold.logId, subject],
      );
      found.push(...rows);
    }
    return found
      .toSorted((a, b) => a.seq - b.seq)
      .map((row) => new Uint8Array(Buffer.from(row.record_id.replaceAll('-', ''), 'hex')));
  }

  /** The newest records, newest first: no more than two batches of them. */
  async newest(): Promise<readonly { readonly id: string; readonly day: number }[]> {
    const { rows } = await this.#hold.postgres.query<{ record_id: string; day: number }>(
      `SELECT record_id, day FROM sekisho.record WHERE log_id = $1 ORDER BY seq DESC LIMIT $2`,
      [this.#hold.logId, limits.batchesAtOnce * limits.batchEntries],
    );
    return rows.map((row) => ({ id: row.record_id.replaceAll('-', ''), day: row.day }));
  }

  async remove(query: PostgresQuery, day: number, ids: readonly string[]): Promise<void> {
    await query.query(
      'DELETE FROM sekisho.record WHERE log_id = $1 AND record_id = ANY ($2::uuid[])',
      [this.#hold.logId, ids],
    );
    await query.query(`DELETE FROM sekisho.${this.table(day)} WHERE record_id = ANY ($1::uuid[])`, [
      ids,
    ]);
  }
}
