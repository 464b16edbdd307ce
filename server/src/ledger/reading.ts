import { join } from 'node:path';
import { nodeDisk } from '#base';
import { FilePayloads } from './local/file-payloads.ts';
import { FilePublished } from './local/file-published.ts';
import { FileTiles } from './local/file-tiles.ts';
import { JournaledVault } from './local/journaled-vault.ts';
import { ledgerFiles, vaultFilesOf } from './local/local-storage.ts';
import { Wal } from './local/wal.ts';
import { type StorageSettings, refuseOtherPlaces } from './open-storage.ts';
import type { RootKey } from './root-key.ts';
import { openObjectReading } from './shared/object-store.ts';
import { openPostgresReading } from './shared/postgres-reading.ts';
import type { KeyVault, PayloadStore, PublishedFiles, Sequence, TileStore } from './storage.ts';

// What can be read of a log beside the process that writes it. Nothing is locked, tried out or
// written, so what is read may be older or newer than what was read a moment before.

/** The static tree and the sealed texts. */
export interface FilesReading {
  readonly tiles: Pick<TileStore, 'read' | 'readCheckpoint'>;
  readonly published: PublishedFiles;
  readonly payloads: Pick<PayloadStore, 'read' | 'scan'>;
  /** Where the checkpoint is, for a person. */
  readonly checkpointName: string;
  close(): Promise<void>;
}

/** The order of the entries, and the keys. */
export interface OrderReading {
  /** As it stands now; undefined when it is not there. */
  sequence(): Promise<Pick<Sequence, 'read' | 'close'> | undefined>;
  /** @throws when there is none, or the root key is another's */
  openVault(rootKey: () => RootKey): Promise<Pick<KeyVault, 'get' | 'close'>>;
  /** Where they are, for a person. */
  readonly names: { readonly sequence: string; readonly vault: string };
  close(): Promise<void>;
}

/** @throws LedgerError when the settings name another place than the ledger is kept in */
export async function openFilesReading(
  directory: string,
  settings: StorageSettings,
): Promise<FilesReading> {
  refuseOtherPlaces(directory, settings);
  if (settings.objects !== undefined) return openObjectReading(settings.objects);
  const folder = join(directory, ledgerFiles.tiles);
  const payloads = new FilePayloads(nodeDisk, join(directory, ledgerFiles.payloads));
  return {
    tiles: new FileTiles(nodeDisk, folder),
    published: new FilePublished(folder),
    payloads,
    checkpointName: 'tile/checkpoint',
    close: () => payloads.close(),
  };
}

/**
 * @param origin the log's name, if it is known
 * @throws LedgerError when the settings name another place, or the database cannot be used
 */
export async function openOrderReading(
  directory: string,
  settings: StorageSettings,
  origin: string | undefined,
): Promise<OrderReading> {
  refuseOtherPlaces(directory, settings);
  if (settings.databaseUrl !== undefined) return openPostgresReading(settings.databaseUrl, origin);
  return {
    sequence: () => Wal.openReadOnly(nodeDisk, join(directory, ledgerFiles.sequence)),
    openVault: async (rootKey) => {
      // Opening a database that is not there would make one.
      if ((await nodeDisk.list(directory)).includes(ledgerFiles.vault)) {
        return JournaledVault.openReadOnly(nodeDisk, vaultFilesOf(directory), rootKey());
      }
      throw new Error('no vault');
    },
    names: { sequence: 'wal/entries.wal', vault: 'vault.db' },
    close: async () => undefined,
  };
}
