import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, type S3Settings, nodeDisk } from '#base';
import { LedgerError } from './errors.ts';
import { joinStorage, ledgerFiles, openLocalFiles, openLocalOrder } from './local/local-storage.ts';
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
  refuseOtherPlaces(directory, settings);
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

/**
 * A ledger does not move by itself. Whoever starts it with other settings than before would find an
 * empty place and take the rest for lost, so this is said first.
 * @throws LedgerError `kept_elsewhere`
 */
export function refuseOtherPlaces(
  directory: string,
  { databaseUrl, objects }: StorageSettings,
): void {
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => existsSync(join(directory, name)));
  const refuse = (detail: string): never => {
    throw new LedgerError('kept_elsewhere', 'open the ledger', { detail });
  };
  const { sequence, lock, tiles, payloads } = ledgerFiles;
  if (databaseUrl !== undefined && has(lock)) refuse('DATABASE_URL is set, and lock.db is here');
  if (objects !== undefined && has(tiles)) refuse('storage.objects is set, and tile/ is here');
  if (!has(join('keys', 'log.key'))) return;
  if (databaseUrl === undefined && !has(sequence, lock)) {
    refuse('DATABASE_URL is not set, and neither wal/ nor lock.db is here');
  }
  if (objects === undefined && !has(tiles, payloads)) {
    refuse('storage.objects is not set, and neither tile/ nor payload/ is here');
  }
}
