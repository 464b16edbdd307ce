import { join } from 'node:path';
import { type Disk, makeFolderDurably } from '#base';
import type { Storage } from '../storage.ts';
import { FilePayloads } from './file-payloads.ts';
import { FileTiles } from './file-tiles.ts';
import { JournaledVault, type VaultFiles } from './journaled-vault.ts';
import { SqliteLock } from './sqlite-lock.ts';
import { Wal } from './wal.ts';

/** The names in a ledger's folder. */
export const ledgerFiles = {
  sequence: join('wal', 'entries.wal'),
  tiles: 'tile',
  payloads: 'payload',
  lock: 'lock.db',
  vault: 'vault.db',
  vaultJournal: 'vault.wal',
} as const;

/** Where the keys are in a ledger's folder. */
export function vaultFilesOf(directory: string): VaultFiles {
  const { vault, vaultJournal } = ledgerFiles;
  return { database: join(directory, vault), journal: join(directory, vaultJournal) };
}

/** Sequence, lock and vault of a log in one folder. */
type LocalOrder = Pick<Storage, 'sequence' | 'lock' | 'openVault' | 'close'>;
/** Its tiles and sealed payloads. */
type LocalFiles = Pick<Storage, 'tiles' | 'payloads' | 'close'>;

/** @throws LedgerError `in_use` when another process, or this one, has it open */
export async function openLocalOrder(
  disk: Disk,
  directory: string,
  origin: string,
): Promise<LocalOrder> {
  await makeFolderDurably(disk, join(directory, 'wal'));
  const lock = SqliteLock.open(join(directory, ledgerFiles.lock), origin);
  try {
    const sequence = await Wal.open(disk, join(directory, ledgerFiles.sequence));
    const vault = vaultFilesOf(directory);
    return {
      sequence,
      lock,
      openVault: (rootKey) => JournaledVault.open(disk, vault, { tenant: origin, rootKey }),
      close: async () => {
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

export async function openLocalFiles(disk: Disk, directory: string): Promise<LocalFiles> {
  const tiles = join(directory, ledgerFiles.tiles);
  const folder = join(directory, ledgerFiles.payloads);
  for (const path of [tiles, folder]) await makeFolderDurably(disk, path);
  const payloads = new FilePayloads(disk, folder);
  return { tiles: new FileTiles(disk, tiles), payloads, close: () => payloads.close() };
}

/**
 * A log in one folder of one machine: files, and SQLite where something must be able to change.
 * @throws LedgerError `in_use` when another process, or this one, has it open
 */
export async function openLocalStorage(
  disk: Disk,
  directory: string,
  origin: string,
): Promise<Storage> {
  const order = await openLocalOrder(disk, directory, origin);
  return joinStorage(order, await openLocalFiles(disk, directory));
}

/** What holds the lock is closed last. */
export function joinStorage(order: LocalOrder, files: LocalFiles): Storage {
  return {
    sequence: order.sequence,
    lock: order.lock,
    tiles: files.tiles,
    payloads: files.payloads,
    openVault: (rootKey) => order.openVault(rootKey),
    close: async () => {
      await files.close();
      await order.close();
    },
  };
}
