import { type Log, type PostgresQuery, fromHex, toHex } from '#base';
import { LedgerError } from '../errors.ts';
import type { Group } from '../fields.ts';
import type { RootKey } from '../root-key.ts';
import type { KeyVault, VaultDay, VaultPlace, VaultRecord } from '../storage.ts';
import type { PostgresHold, PostgresLog } from './postgres-hold.ts';
import { PostgresKeks } from './postgres-keks.ts';
import { type KeyRow, PostgresKeyRows } from './postgres-key-rows.ts';
import { markForScrub, scrub } from './postgres-scrub.ts';

const what = {
  put: 'keep the keys of records',
  read: 'read the vault',
  destroy: 'destroy keys',
  hold: 'hold keys',
  unhold: 'release keys',
};

interface HeldRow {
  readonly record_id: string;
  readonly grp: Group;
  readonly day: number;
  readonly wrapped: Buffer;
}

/**
 * The vault in PostgreSQL. What is destroyed is gone from every answer of the server at once, and
 * from the files of its tables when the call returns; how long the server's own log and its copies
 * keep the bytes is the server's matter, and is told in the manual.
 */
export class PostgresVault implements KeyVault {
  readonly #hold: PostgresHold;
  readonly #keks: PostgresKeks;
  readonly #rows: PostgresKeyRows;
  readonly #log: Log;

  private constructor(from: {
    readonly hold: PostgresHold;
    readonly keks: PostgresKeks;
    readonly rows: PostgresKeyRows;
    readonly log: Log;
  }) {
    this.#hold = from.hold;
    this.#keks = from.keks;
    this.#rows = from.rows;
    this.#log = from.log;
  }

  /**
   * @param rootKey asked for once it is known whether the vault already holds keys
   * @throws LedgerError `wrong_key` when another root key wrapped them
   */
  static async open(
    hold: PostgresHold,
    rootKey: (vaultIsNew: boolean) => RootKey,
    log: Log,
  ): Promise<PostgresVault> {
    return hold.write('open the vault', async (postgres) => {
      const keks = new PostgresKeks(hold, rootKey(await PostgresKeks.areNone(hold)));
      await keks.openNewest();
      const rows = await PostgresKeyRows.open(hold);
      // What a former process destroyed and could not scrub.
      await scrub(postgres, log);
      return new PostgresVault({ hold, keks, rows, log });
    });
  }

  async put(records: readonly VaultRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#hold.write(what.put, async (postgres) => {
      const byDay = new Map<number, KeyRow[]>();
      for (const record of records) {
        const row = await this.#wrapped(record);
        const day = byDay.get(record.day);
        if (day === undefined) byDay.set(record.day, [row]);
        else day.push(row);
      }
      for (const day of byDay.keys()) await this.#rows.ensure(day);
      const insert = async (query: PostgresQuery): Promise<void> => {
        for (const [day, rows] of byDay) {
          const count = await this.#rows.insert(query, day, rows);
          if (count !== rows.length) throw new LedgerError('fenced', what.put);
        }
      };
      // One statement is a transaction already; two days meet in one batch at midnight only.
      await (byDay.size === 1 ? insert(postgres) : postgres.transaction(insert));
    });
  }

  async get(recordId: Uint8Array, group: Group): Promise<Uint8Array | undefined> {
    const from = { keks: this.#keks, rows: this.#rows };
    return this.#hold.read(what.read, () => findKey(this.#hold, from, { recordId, group }));
  }

  async has(recordId: Uint8Array, group: Group): Promise<boolean> {
    return (await this.get(recordId, group)) !== undefined;
  }

  async deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): Promise<number> {
    return this.#hold.write('delete orphaned keys', async (postgres) => {
      const newest = await this.#rows.newest();
      const firstKnown = newest.findIndex(({ id }) => isKnown(fromHex(id)!));
      const orphans = firstKnown === -1 ? newest : newest.slice(0, firstKnown);
      if (orphans.length === 0) return 0;
      await postgres.transaction(async (query) => {
        await this.#hold.require(query);
        const days = [...new Set(orphans.map(({ day }) => day))];
        for (const day of days) {
          const ids = orphans.filter((orphan) => orphan.day === day).map(({ id }) => id);
          await this.#rows.remove(query, day, ids);
        }
        await markForScrub(
          query,
          days.map((day) => this.#rows.table(day)),
        );
      });
      await scrub(postgres, this.#log);
      return orphans.length;
    });
  }

  async recordsOf(subject: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#hold.read(what.read, () => this.#rows.bySubject(subject));
  }

  async destroy(places: readonly VaultPlace[]): Promise<void> {
    if (places.length === 0) return;
    await this.#hold.write(what.destroy, async (postgres) => {
      await postgres.transaction(async (query) => {
        await this.#hold.require(query);
        const byDay = await this.#byDay(query, places);
        for (const [day, idsByGroup] of byDay) {
          for (const [group, ids] of idsByGroup) {
            await this.#rows.set(query, { day, group }, new Map(ids.map((id) => [id, undefined])));
            if (group === 'identity') await this.#rows.removeSubjects(query, day, { ids });
          }
        }
        const held = await this.#deleteHeld(query, places);
        await markForScrub(query, [
          ...[...byDay.keys()].map((day) => this.#rows.table(day)),
          ...(held ? ['held_key'] : []),
        ]);
      });
      await scrub(postgres, this.#log);
    });
  }

  async destroyDays(days: readonly VaultDay[]): Promise<void> {
    if (days.length === 0) return;
    await this.#hold.write(what.destroy, async (postgres) => {
      await postgres.transaction(async (query) => {
        await this.#hold.require(query);
        await this.#keks.destroy(days, query);
        const tables = new Set(['kek']);
        for (const { group, evidenceClass, day } of days) {
          if (group !== 'identity' || !this.#rows.has(day)) continue;
          if (await this.#rows.removeSubjects(query, day, { evidenceClass })) {
            tables.add(this.#rows.table(day));
          }
        }
        await markForScrub(query, tables);
      });
      this.#keks.forget();
      await scrub(postgres, this.#log);
    });
  }

  async daysBefore(group: Group, day: number): Promise<readonly VaultDay[]> {
    return this.#hold.read(what.read, () => this.#keks.before(group, day));
  }

  /**
   * What is left in the day's table under the day's key is not scrubbed: it lasts no longer than
   * that key, and `destroy` scrubs the table whether the key was held or not.
   */
  async hold(places: readonly (VaultPlace & { readonly day: number })[]): Promise<void> {
    if (places.length === 0) return;
    await this.#hold.write(what.hold, async (postgres) => {
      const heldDays = new Map(places.map(({ recordId, day }) => [toHex(recordId), day]));
      await postgres.transaction(async (query) => {
        await this.#hold.require(query);
        for (const [day, idsByGroup] of await this.#byDay(query, places)) {
          for (const [group, ids] of idsByGroup) {
            await this.#holdGroup(query, { day, group, ids, heldDays });
          }
        }
      });
    });
  }

  async unhold(places: readonly VaultPlace[]): Promise<void> {
    if (places.length === 0) return;
    await this.#hold.write(what.unhold, async (postgres) => {
      await postgres.transaction(async (query) => {
        await this.#hold.require(query);
        const held = await this.#heldRows(query, places);
        const back: VaultPlace[] = [];
        for (const [day, idsByGroup] of await this.#byDay(query, places)) {
          for (const [group, ids] of idsByGroup) {
            back.push(...(await this.#unholdGroup(query, { day, group, ids, held })));
          }
        }
        // Under the hold's key they would outlast their day.
        if (await this.#deleteHeld(query, back)) await markForScrub(query, ['held_key']);
      });
      await scrub(postgres, this.#log);
    });
  }

  async close(): Promise<void> {
    this.#keks.forget();
  }

  abandon(): Promise<void> {
    return this.close();
  }

  async #wrapped(record: VaultRecord): Promise<KeyRow> {
    const { recordId, evidenceClass, day, keys, subject } = record;
    const wrapped: Partial<Record<Group, Uint8Array>> = {};
    for (const { group, key } of keys) {
      const kek = await this.#keks.need({ group, evidenceClass, day });
      wrapped[group] = kek.wrap(key, { recordId, group });
    }
    return { recordId, evidenceClass, wrapped, subject };
  }

  /** Sorts places by day and group, the way the tables are asked. */
  async #byDay(
    query: PostgresQuery,
    places: readonly VaultPlace[],
  ): Promise<ReadonlyMap<number, ReadonlyMap<Group, readonly string[]>>> {
    const days = await this.#rows.daysOf(
      query,
      places.map(({ recordId }) => recordId),
    );
    const sorted = new Map<number, Map<Group, string[]>>();
    for (const { recordId, group } of places) {
      const id = toHex(recordId);
      const day = days.get(id);
      if (day === undefined) continue;
      const ofDay = sorted.get(day) ?? new Map<Group, string[]>();
      const ids = ofDay.get(group);
      if (ids === undefined) ofDay.set(group, [id]);
      else ids.push(id);
      sorted.set(day, ofDay);
    }
    return sorted;
  }

  async #holdGroup(
    query: PostgresQuery,
    from: {
      readonly day: number;
      readonly group: Group;
      readonly ids: readonly string[];
      readonly heldDays: ReadonlyMap<string, number>;
    },
  ): Promise<void> {
    const { day, group, ids, heldDays } = from;
    const rows = await this.#rows.rows(query, day, ids);
    const held: { id: string; day: number; wrapped: Uint8Array }[] = [];
    for (const [id, row] of rows) {
      const place = { recordId: fromHex(id)!, group };
      const kek = await this.#keks.find({ group, evidenceClass: row.class, day });
      const wrapped = row[group];
      if (kek === undefined || wrapped === null) continue;
      const key = kek.unwrap(wrapped, place);
      if (key === undefined) continue;
      const heldDay = heldDays.get(id)!;
      const holdKek = await this.#keks.need({ group, evidenceClass: 'r3', day: heldDay });
      held.push({ id, day: heldDay, wrapped: holdKek.wrap(key, place) });
    }
    await query.query(
      `INSERT INTO sekisho.held_key (log_id, record_id, grp, day, wrapped)
       SELECT $1, given.* FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::bytea[]) AS given
       ON CONFLICT (log_id, record_id, grp)
       DO UPDATE SET day = excluded.day, wrapped = excluded.wrapped`,
      [
        this.#hold.logId,
        held.map(({ id }) => id),
        held.map(() => group),
        held.map(({ day: heldDay }) => heldDay),
        held.map(({ wrapped }) => wrapped),
      ],
    );
    await this.#rows.set(query, { day, group }, new Map(held.map(({ id }) => [id, undefined])));
  }

  /** @returns the places whose keys are under their day's key again */
  async #unholdGroup(
    query: PostgresQuery,
    from: {
      readonly day: number;
      readonly group: Group;
      readonly ids: readonly string[];
      readonly held: ReadonlyMap<string, HeldRow>;
    },
  ): Promise<readonly VaultPlace[]> {
    const { day, group, ids, held } = from;
    const rows = await this.#rows.rows(query, day, ids);
    const back = new Map<string, Uint8Array>();
    for (const [id, row] of rows) {
      const kept = held.get(`${id}/${group}`);
      if (kept === undefined) continue;
      const place = { recordId: fromHex(id)!, group };
      const holdKek = await this.#keks.find({ group, evidenceClass: 'r3', day: kept.day });
      const kek = await this.#keks.find({ group, evidenceClass: row.class, day });
      if (holdKek === undefined || kek === undefined) continue;
      const key = holdKek.unwrap(kept.wrapped, place);
      if (key !== undefined) back.set(id, kek.wrap(key, place));
    }
    await this.#rows.set(query, { day, group }, back);
    return [...back.keys()].map((id) => ({ recordId: fromHex(id)!, group }));
  }

  async #heldRows(
    query: PostgresQuery,
    places: readonly VaultPlace[],
  ): Promise<ReadonlyMap<string, HeldRow>> {
    const { rows } = await query.query<HeldRow>(
      `SELECT held_key.record_id, held_key.grp, day, wrapped FROM sekisho.held_key
       JOIN unnest($2::uuid[], $3::text[]) AS wanted (record_id, grp)
         ON wanted.record_id = held_key.record_id AND wanted.grp = held_key.grp
       WHERE log_id = $1`,
      [this.#hold.logId, ...columns(places)],
    );
    return new Map(rows.map((row) => [`${row.record_id.replaceAll('-', '')}/${row.grp}`, row]));
  }

  async #deleteHeld(query: PostgresQuery, places: readonly VaultPlace[]): Promise<boolean> {
    const { count } = await query.query(
      `DELETE FROM sekisho.held_key USING unnest($2::uuid[], $3::text[]) AS gone (record_id, grp)
       WHERE log_id = $1 AND held_key.record_id = gone.record_id AND held_key.grp = gone.grp`,
      [this.#hold.logId, ...columns(places)],
    );
    return count > 0;
  }
}

/** The key of one record: under its day's key, or under a hold. */
export async function findKey(
  { postgres }: PostgresLog,
  { keks, rows }: { readonly keks: PostgresKeks; readonly rows: PostgresKeyRows },
  { recordId, group }: VaultPlace,
): Promise<Uint8Array | undefined> {
  const located = await rows.locate(recordId, group);
  if (located === undefined) return undefined;
  const { day, held, held_day: heldDay } = located;
  const id = toHex(recordId);
  const row = (await rows.rows(postgres, day, [id])).get(id);
  const wrapped = row?.[group] ?? undefined;
  if (row !== undefined && wrapped !== undefined) {
    const kek = await keks.find({ group, evidenceClass: row.class, day });
    const key = kek?.unwrap(wrapped, { recordId, group });
    if (key !== undefined) return key;
  }
  if (held === null || heldDay === null) return undefined;
  const kek = await keks.find({ group, evidenceClass: 'r3', day: heldDay });
  return kek?.unwrap(held, { recordId, group });
}

function columns(places: readonly VaultPlace[]): [readonly string[], readonly Group[]] {
  return [places.map(({ recordId }) => toHex(recordId)), places.map(({ group }) => group)];
}
