import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '#base';
import { SqliteLock } from '../../src/ledger/local/sqlite-lock.ts';
import { SqliteVault } from '../../src/ledger/local/sqlite-vault.ts';
import { Wal } from '../../src/ledger/local/wal.ts';
import { temporaryDirectory } from './fixtures.ts';
import { describeLock } from './lock-contract.ts';
import { describeSequence } from './sequence-contract.ts';
import { describeVault } from './vault-contract.ts';

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
