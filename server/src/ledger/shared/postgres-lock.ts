import { LedgerError } from '../errors.ts';
import type { CheckpointLock, LockedCheckpoint } from '../storage.ts';
import type { PostgresHold } from './postgres-hold.ts';

const what = 'publish a checkpoint';

/** The checkpoint of a log in a row that is changed by comparing it first. */
export class PostgresCheckpointLock implements CheckpointLock {
  readonly #hold: PostgresHold;

  constructor(hold: PostgresHold) {
    this.#hold = hold;
  }

  async read(): Promise<LockedCheckpoint | undefined> {
    const { rows } = await this.#hold.read('read the newest checkpoint', (postgres) =>
      postgres.query<LockedCheckpoint>(
        'SELECT size, note FROM sekisho.checkpoint WHERE log_id = $1',
        [this.#hold.logId],
      ),
    );
    return rows[0];
  }

  /** @throws LedgerError `rolled_back`, or `fenced` when another process has taken over */
  async compareAndSet(
    expected: LockedCheckpoint | undefined,
    next: LockedCheckpoint,
  ): Promise<void> {
    const { logId, epoch } = this.#hold;
    const changed = await this.#hold.write(what, async (postgres) => {
      const { count } = await (expected === undefined
        ? postgres.query(
            `WITH held AS (
               SELECT log_id FROM sekisho.log WHERE log_id = $1 AND epoch = $2 FOR SHARE
             )
             INSERT INTO sekisho.checkpoint (log_id, size, note)
             SELECT log_id, $3::bigint, $4::text FROM held ON CONFLICT DO NOTHING`,
            [logId, epoch, next.size, next.note],
          )
        : postgres.query(
            `WITH held AS (
               SELECT log_id FROM sekisho.log WHERE log_id = $1 AND epoch = $2 FOR SHARE
             )
             UPDATE sekisho.checkpoint AS old SET size = $3, note = $4 FROM held
             WHERE old.log_id = held.log_id AND old.size = $5 AND old.note = $6`,
            [logId, epoch, next.size, next.note, expected.size, expected.note],
          ));
      if (count !== 1 && (await this.#hold.isFenced())) throw new LedgerError('fenced', what);
      return count === 1;
    });
    if (!changed) throw new LedgerError('rolled_back', what);
  }

  async close(): Promise<void> {
    await this.#hold.close();
  }
}
