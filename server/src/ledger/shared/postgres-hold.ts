import { createHash } from 'node:crypto';
import { Postgres, PostgresError, type PostgresQuery, type PostgresSession } from '#base';
import { LedgerError } from '../errors.ts';

/**
 * The right of one process to write one log. Two things make it exclusive. An advisory lock lives
 * as long as the session that took it, so nobody waits for a process that died. And each holder
 * adds one to the log's epoch, which every write names and locks, so that a holder whose session
 * was cut without its knowledge changes nothing once another has taken over.
 */
export class PostgresHold {
  readonly #session: PostgresSession;
  #stopped: LedgerError | undefined;
  readonly postgres: Postgres;
  readonly origin: string;
  readonly logId: number;
  readonly epoch: number;

  private constructor(from: {
    readonly postgres: Postgres;
    readonly session: PostgresSession;
    readonly origin: string;
    readonly row: { readonly log_id: number; readonly epoch: number };
  }) {
    this.postgres = from.postgres;
    this.#session = from.session;
    this.origin = from.origin;
    this.logId = from.row.log_id;
    this.epoch = from.row.epoch;
  }

  /**
   * @param onLost called once when the lock goes without having been closed: end the process
   * @throws LedgerError `in_use` when another process, or this one, has the log open
   */
  static async open(
    postgres: Postgres,
    origin: string,
    onLost: (error: LedgerError) => void,
  ): Promise<PostgresHold> {
    let lost: PostgresError | undefined;
    let hold: PostgresHold | undefined;
    const session = await postgres.session((error) => {
      lost = error;
      if (hold !== undefined) onLost(hold.#stop(asLedgerError(error, 'hold the ledger')));
    });
    try {
      const taken = await session.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_lock($1) AS taken',
        [advisoryKey(origin)],
      );
      if (taken.rows[0]?.taken !== true) throw new LedgerError('in_use', 'open the ledger');
      // In the session itself: it cannot succeed without the lock. It waits for a write that the
      // former holder has under way.
      const { rows } = await session.query<{ log_id: number; epoch: number }>(
        `INSERT INTO sekisho.log (origin, epoch, size) VALUES ($1, 1, 0)
         ON CONFLICT (origin) DO UPDATE SET epoch = log.epoch + 1
         RETURNING log_id, epoch`,
        [origin],
      );
      if (lost !== undefined) throw lost;
      hold = new PostgresHold({ postgres, session, origin, row: rows[0]! });
      return hold;
    } catch (error) {
      await session.close();
      throw asLedgerError(error, 'open the ledger');
    }
  }

  /**
   * Runs what changes the log. After one failure there is no other write: what was under way may or
   * may not have been committed, and only a start that reads all of it can tell.
   * @param what completes "couldn't …"
   */
  async write<T>(what: string, work: (query: Postgres) => Promise<T>): Promise<T> {
    if (this.#stopped !== undefined) throw this.#stopped;
    try {
      const result = await work(this.postgres);
      // The lock may have gone meanwhile. The epoch kept the write lawful, but it is the last one.
      if (this.#isStopped()) throw this.#stopped;
      return result;
    } catch (error) {
      this.#stopped ??= new LedgerError('failed', what);
      const failed = asLedgerError(error, what);
      if (this.#stopped.code === 'failed') this.#stopped = failed;
      throw failed;
    }
  }

  async read<T>(what: string, work: (query: Postgres) => Promise<T>): Promise<T> {
    try {
      return await work(this.postgres);
    } catch (error) {
      throw asLedgerError(error, what);
    }
  }

  /**
   * Must be asked first in each transaction that writes several times: it locks the epoch until the
   * transaction ends, and a holder that comes after waits for it.
   * @throws LedgerError `fenced`
   */
  async require(query: PostgresQuery): Promise<void> {
    const { count } = await query.query(
      'SELECT FROM sekisho.log WHERE log_id = $1 AND epoch = $2 FOR SHARE',
      [this.logId, this.epoch],
    );
    if (count !== 1) throw new LedgerError('fenced', 'write to the ledger');
  }

  /** Whether another process has taken over since. */
  async isFenced(): Promise<boolean> {
    const { count } = await this.postgres.query(
      'SELECT FROM sekisho.log WHERE log_id = $1 AND epoch = $2',
      [this.logId, this.epoch],
    );
    return count !== 1;
  }

  /** Gives up the lock; the next holder may come. */
  async close(): Promise<void> {
    this.#stop(new LedgerError('closed', 'write to the ledger'));
    await this.#session.close();
  }

  // Asked through a method, since the compiler does not see that it changes during an await.
  #isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** @returns why no more is written: the first reason stays */
  #stop(error: LedgerError): LedgerError {
    this.#stopped ??= error;
    return error;
  }
}

/** What it takes to read a log in a database. */
export type PostgresLog = Pick<
  PostgresHold,
  'postgres' | 'origin' | 'logId' | 'epoch' | 'read' | 'isFenced'
>;

/** Advisory locks are numbers: the first 64 bits of a hash, so that two logs hardly ever meet. */
function advisoryKey(origin: string): string {
  const digest = createHash('sha256').update(`sekisho ledger\n${origin}`, 'utf8').digest();
  return digest.readBigInt64BE(0).toString();
}

/**
 * The ledger's own error with the same code, since its reader knows that class only.
 * @throws what is neither: a bug stays one
 */
export function asLedgerError(error: unknown, what: string): LedgerError {
  if (error instanceof LedgerError) return error;
  if (error instanceof PostgresError) {
    const detail = error.state === undefined ? {} : { detail: error.state };
    return new LedgerError(error.code, what, { ...detail, cause: error });
  }
  throw error;
}
