import { join } from 'node:path';
import { type Disk, makeFolderDurably } from '#base';
import type { Storage } from '../storage.ts';
import { FilePayloads } from './file-payloads.ts';
import { FileTiles } from './file-tiles.ts';
import { SqliteLock } from './sqlite-lock.ts';
import { SqliteVault } from './sqlite-vault.ts';
import { Wal } from './wal.ts';

/** The names in a ledger's folder. */
export const ledgerFiles = {
  sequence: join('wal', 'entries.wal'),
  tiles: 'tile',
  payloads: 'payload',
  lock: 'lock.db',
  vault: 'vault.db',
} as const;

/**
 * A log in one folder of one machine: files, and SQLite where something must be able to change.
 * @throws LedgerError `in_use` when another process, or this one, has it open
 */
export async function openLocalStorage(
  disk: Disk,
  directory: string,
  origin: string,
): Promise<Storage> {
  const path = (name: keyof typeof ledgerFiles): string => join(directory, ledgerFiles[name]);
  for (const folder of [directory, join(directory, 'wal'), path('tiles'), path('payloads')]) {
    await makeFolderDurably(disk, folder);
  }
  const lock = SqliteLock.open(path('lock'), origin);
  try {
    const sequence = await Wal.open(disk, path('sequence'));
    const payloads = new FilePayloads(disk, path('payloads'));
    return {
      sequence,
      lock,
      tiles: new FileTiles(disk, path('tiles')),
      payloads,
      openVault: async (rootKey) => SqliteVault.open(path('vault'), origin, rootKey),
      close: async () => {
        await payloads.close();
        await sequence.close();
        // Last, so that no other process opens the folder before this one is done with it.
        await lock.close();
      },
    };
  } catch (error) {
    await lock.close();
    throw error;
  }
}
