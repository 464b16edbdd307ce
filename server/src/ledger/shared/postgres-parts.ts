import { type Log, Postgres, migratePostgres } from '#base';
import type { LedgerError } from '../errors.ts';
import type { RootKey } from '../root-key.ts';
import type { CheckpointLock, KeyVault, Sequence } from '../storage.ts';
import { PostgresHold, asLedgerError } from './postgres-hold.ts';
import { PostgresCheckpointLock } from './postgres-lock.ts';
import { type Traces, tracesOf } from './postgres-scrub.ts';
import { PostgresSequence } from './postgres-sequence.ts';
import { ledgerTables } from './postgres-tables.ts';
import { PostgresVault } from './postgres-vault.ts';

/** The parts of a log that lie in PostgreSQL. */
export interface PostgresParts {
  readonly sequence: Sequence;
  readonly lock: CheckpointLock;
  /** @param rootKey asked for once it is known whether the vault already holds keys */
  readonly openVault: (rootKey: (vaultIsNew: boolean) => RootKey) => Promise<KeyVault>;
  /** What may outlive the destruction of a key on this server. */
  readonly traces: Traces;
  /** Lets go of everything, the lock last. */
  readonly close: () => Promise<void>;
}

export interface PostgresPartsOptions {
  readonly log: Log;
  /** Called when the lock was lost: the ledger has stopped writing, and the process should end. */
  readonly onLost: (error: LedgerError) => void;
}

/**
 * Opens the log of this name in a database and takes it for this process alone.
 * @param url `postgres://…`, as in DATABASE_URL
 * @throws LedgerError that says why the database cannot be used, or `in_use`
 */
export async function openPostgresParts(
  url: string,
  origin: string,
  { log, onLost }: PostgresPartsOptions,
): Promise<PostgresParts> {
  let postgres: Postgres | undefined;
  try {
    postgres = await Postgres.open(url);
    await migratePostgres(postgres, 'ledger', ledgerTables);
    const traces = await tracesOf(postgres);
    const hold = await PostgresHold.open(postgres, origin, onLost);
    const lock = new PostgresCheckpointLock(hold);
    const opened = postgres;
    return {
      sequence: new PostgresSequence(hold),
      lock,
      traces,
      openVault: (rootKey) => PostgresVault.open(hold, rootKey, log),
      close: async () => {
        await lock.close();
        await opened.close();
      },
    };
  } catch (error) {
    await postgres?.close();
    throw asLedgerError(error, 'open the ledger');
  }
}
