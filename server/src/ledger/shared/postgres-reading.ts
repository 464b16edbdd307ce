import { Postgres } from '#base';
import type { OrderReading } from '../reading.ts';
import { type PostgresLog, asLedgerError } from './postgres-hold.ts';
import { PostgresKeks } from './postgres-keks.ts';
import { PostgresKeyRows } from './postgres-key-rows.ts';
import { readSequence } from './postgres-sequence.ts';
import { findKey } from './postgres-vault.ts';

/**
 * A log in a database, to read beside whoever holds it.
 * @param origin the log's name, if it is known
 * @throws LedgerError that says why the database cannot be used
 */
export async function openPostgresReading(
  url: string,
  origin: string | undefined,
): Promise<OrderReading> {
  let postgres: Postgres;
  try {
    postgres = await Postgres.open(url);
  } catch (error) {
    throw asLedgerError(error, 'read the ledger');
  }
  const find = (): Promise<FoundLog | undefined> => findLog(postgres, origin);
  return {
    sequence: async () => {
      // Asked for anew each time: who takes over meanwhile writes with a higher epoch.
      const log = await find();
      return log && { read: () => readSequence(log, log.size), close: async () => undefined };
    },
    openVault: async (rootKey) => {
      const log = await find();
      if (log === undefined || (await PostgresKeks.areNone(log))) throw new Error('no vault');
      const keks = new PostgresKeks(log, rootKey());
      await keks.openNewest();
      return {
        // Day by day the holder makes new tables, so which there are is asked for each time.
        get: (recordId, group) =>
          log.read('read the vault', async () => {
            const rows = await PostgresKeyRows.open(log);
            return findKey(log, { keks, rows }, { recordId, group });
          }),
        close: async () => keks.forget(),
      };
    },
    names: { sequence: 'sekisho.batch', vault: 'sekisho.kek' },
    close: () => postgres.close(),
  };
}

/** As it stood when it was looked for. */
interface FoundLog extends PostgresLog {
  readonly size: number;
}

async function findLog(
  postgres: Postgres,
  origin: string | undefined,
): Promise<FoundLog | undefined> {
  if (origin === undefined) return undefined;
  const read: PostgresLog['read'] = async (what, work) => {
    try {
      return await work(postgres);
    } catch (error) {
      throw asLedgerError(error, what);
    }
  };
  return read('read the ledger', async () => {
    const { rows: tables } = await postgres.query<{ is_there: boolean }>(
      `SELECT to_regclass('sekisho.log') IS NOT NULL AS is_there`,
    );
    if (tables[0]?.is_there !== true) return undefined;
    const { rows } = await postgres.query<{ log_id: number; epoch: number; size: number }>(
      'SELECT log_id, epoch, size FROM sekisho.log WHERE origin = $1',
      [origin],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    // Only writers ask, and a reader is none.
    const isFenced = async (): Promise<boolean> => true;
    const { log_id: logId, epoch, size } = row;
    return { postgres, origin, logId, epoch, size, read, isFenced };
  });
}
