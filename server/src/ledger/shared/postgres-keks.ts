import assert from 'node:assert/strict';
import { type PostgresQuery, limits } from '#base';
import type { EvidenceClass } from '../draft.ts';
import { LedgerError } from '../errors.ts';
import type { Group } from '../fields.ts';
import { type KekPlace, KeyWrap, type RootKey } from '../root-key.ts';
import type { VaultDay } from '../storage.ts';
import type { PostgresLog } from './postgres-hold.ts';

/** The key-encryption keys of one log: one for each group, evidence class and UTC day. */
export class PostgresKeks {
  readonly #hold: PostgresLog;
  readonly #rootKey: RootKey;
  readonly #open = new Map<string, KeyWrap>();

  constructor(hold: PostgresLog, rootKey: RootKey) {
    this.#hold = hold;
    this.#rootKey = rootKey;
  }

  static async areNone({ postgres, logId }: PostgresLog): Promise<boolean> {
    const { count } = await postgres.query('SELECT FROM sekisho.kek WHERE log_id = $1 LIMIT 1', [
      logId,
    ]);
    return count === 0;
  }

  /** So that a wrong root key is told at the start and not in the middle of a passage. */
  async openNewest(): Promise<void> {
    const { rows } = await this.#hold.postgres.query<{
      grp: Group;
      class: EvidenceClass;
      day: number;
    }>(
      `SELECT grp, class, day FROM sekisho.kek WHERE log_id = $1 AND wrapped IS NOT NULL
       ORDER BY day DESC LIMIT 1`,
      [this.#hold.logId],
    );
    for (const { grp, class: evidenceClass, day } of rows) {
      await this.find({ group: grp, evidenceClass, day });
    }
  }

  /** @returns undefined when it was destroyed or never made */
  async find(
    of: VaultDay,
    query: PostgresQuery = this.#hold.postgres,
  ): Promise<KeyWrap | undefined> {
    const kept = this.#open.get(nameOf(of));
    if (kept !== undefined) return kept;
    const { rows } = await query.query<{ wrapped: Buffer | null }>(
      'SELECT wrapped FROM sekisho.kek WHERE log_id = $1 AND grp = $2 AND class = $3 AND day = $4',
      [this.#hold.logId, of.group, of.evidenceClass, of.day],
    );
    const wrapped = rows[0]?.wrapped ?? undefined;
    const key = wrapped === undefined ? undefined : this.#rootKey.openKek(wrapped, this.#place(of));
    if (key === undefined) return undefined;
    const kek = new KeyWrap(key);
    // A writer needs those of today, a reader those of the passages it looks at.
    if (this.#open.size >= limits.keksInMemory) this.#open.clear();
    this.#open.set(nameOf(of), kek);
    return kek;
  }

  /** Makes it where it is not there yet. Only inside of a write. */
  async need(of: VaultDay): Promise<KeyWrap> {
    const kept = this.#open.get(nameOf(of));
    if (kept !== undefined) return kept;
    const { postgres, logId, epoch } = this.#hold;
    await postgres.query(
      `INSERT INTO sekisho.kek (log_id, grp, class, day, wrapped)
       SELECT log_id, $3::text, $4::text, $5::integer, $6::bytea FROM (
         SELECT log_id FROM sekisho.log WHERE log_id = $1 AND epoch = $2 FOR SHARE
       ) AS held ON CONFLICT DO NOTHING`,
      [logId, epoch, of.group, of.evidenceClass, of.day, this.#rootKey.newKek(this.#place(of))],
    );
    const kek = await this.find(of);
    if (kek === undefined && (await this.#hold.isFenced())) {
      throw new LedgerError('fenced', 'keep the keys of records');
    }
    assert.ok(kek !== undefined, 'no record is written into a day whose key was destroyed');
    return kek;
  }

  /** To be committed with the rest of the transaction; then `forget`. */
  async destroy(days: readonly VaultDay[], query: PostgresQuery): Promise<void> {
    await query.query(
      `UPDATE sekisho.kek SET wrapped = NULL
       FROM unnest($2::text[], $3::text[], $4::integer[]) AS gone (grp, class, day)
       WHERE log_id = $1 AND kek.grp = gone.grp AND kek.class = gone.class AND kek.day = gone.day`,
      [
        this.#hold.logId,
        days.map(({ group }) => group),
        days.map(({ evidenceClass }) => evidenceClass),
        days.map(({ day }) => day),
      ],
    );
  }

  /** Lets go of every opened key. */
  forget(): void {
    this.#open.clear();
  }

  async before(group: Group, day: number): Promise<readonly VaultDay[]> {
    const { rows } = await this.#hold.postgres.query<{ class: EvidenceClass; day: number }>(
      `SELECT class, day FROM sekisho.kek
       WHERE log_id = $1 AND grp = $2 AND day < $3::bigint AND class <> 'r3'
         AND wrapped IS NOT NULL ORDER BY day, class LIMIT $4`,
      [this.#hold.logId, group, day, limits.batchEntries],
    );
    return rows.map((row) => ({ group, evidenceClass: row.class, day: row.day }));
  }

  #place({ group, evidenceClass, day }: VaultDay): KekPlace {
    return [this.#hold.origin, group, evidenceClass, day];
  }
}

function nameOf({ group, evidenceClass, day }: VaultDay): string {
  return `${group}/${evidenceClass}/${day}`;
}
