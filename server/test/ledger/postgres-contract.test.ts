import { randomUUID } from 'node:crypto';
import { afterAll, describe, test } from 'vitest';
import { silentLog } from '#base';
import { type PostgresParts, openPostgresParts } from '../../src/ledger/shared/postgres-parts.ts';
import { noPostgres, startPostgres } from '../postgres-server.ts';
import { describeLock } from './lock-contract.ts';
import { describeSequence } from './sequence-contract.ts';
import { describeVault } from './vault-contract.ts';

const server = await startPostgres();
afterAll(async () => server?.stop());

const nothing = async (): Promise<void> => {};

if (server === undefined) {
  describe('PostgreSQL', () => {
    test('keeps what every store keeps', ({ skip }) => skip(`PostgreSQL ${noPostgres}`));
  });
} else {
  const open = (origin: string): Promise<PostgresParts> =>
    openPostgresParts(server.url, origin, { log: silentLog, onLost: () => undefined });

  describeSequence('PostgreSQL', async () => {
    const origin = randomUUID();
    return {
      async open() {
        const { sequence, close } = await open(origin);
        return {
          read: () => sequence.read(),
          cutTornTail: () => sequence.cutTornTail(),
          append: (batch) => sequence.append(batch),
          close,
        };
      },
      remove: nothing,
    };
  });

  describeLock('PostgreSQL', async () => {
    const name = randomUUID();
    return {
      async open(origin) {
        const { lock, close } = await open(`${origin}/${name}`);
        return {
          read: () => lock.read(),
          compareAndSet: (expected, next) => lock.compareAndSet(expected, next),
          close,
        };
      },
      remove: nothing,
    };
  });

  describeVault('PostgreSQL', async () => {
    const origin = randomUUID();
    return {
      async open(rootKey) {
        const parts = await open(origin);
        try {
          const vault = await parts.openVault(rootKey);
          const close = vault.close.bind(vault);
          return Object.assign(vault, {
            close: async () => {
              await close();
              await parts.close();
            },
          });
        } catch (error) {
          await parts.close();
          throw error;
        }
      },
      remove: nothing,
    };
  });
}
