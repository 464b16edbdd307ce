import { type Log, type S3Settings, nodeDisk } from '#base';
import type { LedgerError } from './errors.ts';
import { joinStorage, openLocalFiles, openLocalOrder } from './local/local-storage.ts';
import { openObjectStore } from './shared/object-store.ts';
import { openPostgresParts } from './shared/postgres-parts.ts';
import type { Storage } from './storage.ts';

/** What lies elsewhere than in the ledger's folder. Travels to the ledger's thread as it is. */
export interface StorageSettings {
  /** Sequence, lock and vault in PostgreSQL. May hold a password. */
  readonly databaseUrl?: string;
  /** Tiles and sealed payloads in a bucket. Holds credentials. */
  readonly objects?: S3Settings;
}

/**
 * Opens what a log is kept in: one folder of one machine unless the settings say otherwise.
 * @param onLost a lock held elsewhere was lost: nothing may be written any more
 * @throws LedgerError `in_use` when another process, or this one, has it open; and those of the
 * stores elsewhere, each saying what to do
 */
export async function openStorage(
  directory: string,
  origin: string,
  options: {
    readonly settings?: StorageSettings;
    readonly log: Log;
    readonly onLost: (error: LedgerError) => void;
  },
): Promise<Storage> {
  const { settings = {}, log, onLost } = options;
  const { databaseUrl, objects } = settings;
  // The lock comes first: whoever does not hold it must not touch the rest.
  const order =
    databaseUrl === undefined
      ? await openLocalOrder(nodeDisk, directory, origin)
      : await openPostgresParts(databaseUrl, origin, { log, onLost });
  try {
    const files =
      objects === undefined
        ? await openLocalFiles(nodeDisk, directory)
        : await openObjectStore(objects);
    return joinStorage(order, files);
  } catch (error) {
    await order.close();
    throw error;
  }
}
