import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { nodeDisk } from '#base';
import type { PayloadStore } from '../../src/ledger/storage.ts';
import { FilePayloads } from '../../src/ledger/local/file-payloads.ts';
import { FileTiles } from '../../src/ledger/local/file-tiles.ts';
import { SqliteLock } from '../../src/ledger/local/sqlite-lock.ts';
import { JournaledVault } from '../../src/ledger/local/journaled-vault.ts';
import { SqliteVault } from '../../src/ledger/local/sqlite-vault.ts';
import { Wal } from '../../src/ledger/local/wal.ts';
import { describeLock } from './lock-contract.ts';
import { describePayloadStore } from './payload-store-contract.ts';
import { describeSequence } from './sequence-contract.ts';
import { describeTileStore } from './tile-store-contract.ts';
import { describeVault } from './vault-contract.ts';
import { temporaryDirectory } from './fixtures.ts';

describeTileStore('tiles in files', async () => {
  const { path, remove } = temporaryDirectory();
  const open = (): FileTiles => new FileTiles(nodeDisk, path);
  return { store: open(), reopen: async () => open(), close: async () => remove() };
});

describePayloadStore('sealed texts in files', async () => {
  const { path, remove } = temporaryDirectory();
  const opened: PayloadStore[] = [];
  const open = (): PayloadStore => {
    const store = new FilePayloads(nodeDisk, path);
    opened.push(store);
    return store;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((store) => store.close()));
    remove();
  };
  return { store: open(), reopen: async () => open(), close };
});

describeSequence('a file', async () => {
  const { path, remove } = temporaryDirectory();
  return {
    open: () => Wal.open(nodeDisk, join(path, 'entries.wal')),
    remove: async () => remove(),
  };
});

describeLock('SQLite', async () => {
  const { path, remove } = temporaryDirectory();
  return {
    open: async (origin) => {
      const folder = join(path, origin);
      mkdirSync(folder, { recursive: true });
      return SqliteLock.open(join(folder, 'lock.db'), origin);
    },
    remove: async () => remove(),
  };
});

describeVault('SQLite', async () => {
  const { path, remove } = temporaryDirectory();
  return {
    open: async (rootKey) => SqliteVault.open(join(path, 'vault.db'), 'tenant', rootKey),
    remove: async () => remove(),
  };
});

describeVault('SQLite behind a journal', async () => {
  const { path, remove } = temporaryDirectory();
  const files = { database: join(path, 'vault.db'), journal: join(path, 'vault.wal') };
  return {
    open: (rootKey) => JournaledVault.open(nodeDisk, files, { tenant: 'tenant', rootKey }),
    remove: async () => remove(),
  };
});
