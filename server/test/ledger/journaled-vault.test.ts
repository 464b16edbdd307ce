import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits, nodeDisk } from '#base';
import { JournaledVault } from '../../src/ledger/local/journaled-vault.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import type { VaultRecord } from '../../src/ledger/storage.ts';
import { filesUnder, inDirectory } from './fixtures.ts';
import { keyOf, vaultRecord } from './vault-contract.ts';

interface Home {
  readonly journal: string;
  readonly rootKey: RootKey;
  /** Another process, after a crash of the one before. */
  readonly open: () => Promise<JournaledVault>;
}

async function inHome(work: (home: Home) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const files = { database: join(directory, 'vault.db'), journal: join(directory, 'vault.wal') };
    const rootKey = new RootKey(randomBytes(32));
    const from = { tenant: 'tenant', rootKey: (): RootKey => rootKey };
    const open = (): Promise<JournaledVault> => JournaledVault.open(nodeDisk, files, from);
    await work({ journal: files.journal, rootKey, open });
  });
}

async function isWhole(vault: JournaledVault, record: VaultRecord): Promise<boolean> {
  const key = await vault.get(record.recordId, 'ops');
  return key !== undefined && Buffer.from(key).equals(keyOf(record, 'ops')!);
}

const recordsOf = (count: number): readonly VaultRecord[] =>
  Array.from({ length: count }, () => vaultRecord());

describe('keys on their way into the vault', () => {
  it('are in the journal alone at first, and survive a crash there', async () => {
    await inHome(async ({ journal, open }) => {
      let vault = await open();
      const records = recordsOf(3);
      await vault.put(records.slice(0, 2));
      await vault.put(records.slice(2));
      const found = readFileSync(journal);
      for (const { recordId } of records) expect(found.includes(Buffer.from(recordId))).toBe(true);
      await vault.abandon();
      vault = await open();
      expect(readFileSync(journal)).toHaveLength(0);
      for (const record of records) expect(await isWhole(vault, record)).toBe(true);
      await vault.close();
    });
  });

  it('move on by the hundred, and the journal is written over and does not grow', async () => {
    await inHome(async ({ journal, open }) => {
      let vault = await open();
      const records = recordsOf(4 * limits.vaultJournalRows);
      let longest = 0;
      for (let at = 0; at < records.length; at += 7) {
        await vault.put(records.slice(at, at + 7));
        longest = Math.max(longest, readFileSync(journal).length);
      }
      expect(longest).toBeLessThan(1.5 * 169 * limits.vaultJournalRows);
      await vault.abandon();
      vault = await open();
      for (const record of records.filter((_, i) => i % 50 === 0 || i > 2_000)) {
        expect(await isWhole(vault, record)).toBe(true);
      }
      await vault.close();
    });
  });

  it('are taken up to the first byte that is not whole', async () => {
    await inHome(async ({ journal, open }) => {
      let vault = await open();
      const [first, second, third] = recordsOf(3);
      await vault.put([first]);
      const start = readFileSync(journal).length;
      await vault.put([second]);
      const end = readFileSync(journal).length;
      await vault.put([third]);
      await vault.abandon();
      const bytes = readFileSync(journal);
      for (let at = start; at < end; at += 13) {
        const torn = Buffer.from(bytes);
        torn[at] ^= 0x10;
        writeFileSync(journal, torn);
        vault = await open();
        expect(await isWhole(vault, first)).toBe(true);
        expect(await vault.get(second.recordId, 'ops'), `byte ${at}`).toBeUndefined();
        expect(await vault.get(third.recordId, 'ops'), `byte ${at}`).toBeUndefined();
        await vault.abandon();
      }
      for (const length of [start, start + 3, start + 16, end - 1]) {
        writeFileSync(journal, bytes.subarray(0, length));
        vault = await open();
        expect(await vault.get(second.recordId, 'ops'), `${length} bytes`).toBeUndefined();
        await vault.abandon();
      }
    });
  });

  it('do not come back from an old journal once they were destroyed', async () => {
    await inHome(async ({ journal, open }) => {
      let vault = await open();
      const [gone, kept] = recordsOf(2);
      await vault.put([gone, kept]);
      copyFileSync(journal, `${journal}.old`);
      await vault.destroy([{ recordId: gone.recordId, group: 'ops' }]);
      expect(readFileSync(journal)).toHaveLength(0);
      await vault.abandon();
      // As if the power had gone before the journal was known to be empty.
      copyFileSync(`${journal}.old`, journal);
      vault = await open();
      expect(await vault.get(gone.recordId, 'ops')).toBeUndefined();
      expect(await isWhole(vault, kept)).toBe(true);
      await vault.close();
    });
  });

  it('leave no byte in any file when they are destroyed while others arrive', async () => {
    await inDirectory(async (directory) => {
      const files = {
        database: join(directory, 'vault.db'),
        journal: join(directory, 'vault.wal'),
      };
      const rootKey = new RootKey(randomBytes(32));
      const from = { tenant: 'tenant', rootKey: (): RootKey => rootKey };
      let vault = await JournaledVault.open(nodeDisk, files, from);
      const gone = vaultRecord();
      await vault.put([gone]);
      const found = readFileSync(files.journal);
      const at = found.indexOf(Buffer.from(gone.recordId)) + 16 + 3 + 17 + 1;
      const wrapped = [0, 1, 2].map((i) => found.subarray(at + 33 * i, at + 33 * i + 32));
      const where = (): readonly string[] =>
        [...filesUnder(directory)].flatMap(([name, bytes]) =>
          wrapped.some((key) => bytes.includes(key)) ? [name] : [],
        );
      expect(where()).toEqual(['vault.wal']);
      const later = recordsOf(60);
      const arriving = (async () => {
        for (const record of later) await vault.put([record]);
      })();
      const groups = ['identity', 'content', 'ops'] as const;
      await vault.destroy(groups.map((group) => ({ recordId: gone.recordId, group })));
      expect(where()).toEqual([]);
      await arriving;
      expect(where()).toEqual([]);
      await vault.abandon();
      vault = await JournaledVault.open(nodeDisk, files, from);
      for (const record of later) expect(await isWhole(vault, record)).toBe(true);
      await vault.close();
    });
  });

  it('are seen by whoever looks at the vault beside its writer', async () => {
    await inDirectory(async (directory) => {
      const files = {
        database: join(directory, 'vault.db'),
        journal: join(directory, 'vault.wal'),
      };
      const rootKey = new RootKey(randomBytes(32));
      const from = { tenant: 'tenant', rootKey: (): RootKey => rootKey };
      const vault = await JournaledVault.open(nodeDisk, files, from);
      const [moved, waiting] = recordsOf(2);
      await vault.put([moved]);
      expect(await isWhole(vault, moved)).toBe(true);
      await vault.put([waiting]);
      const reading = JournaledVault.openReadOnly(nodeDisk, files, rootKey);
      for (const record of [moved, waiting]) {
        expect(await reading.get(record.recordId, 'content')).toEqual(keyOf(record, 'content'));
      }
      expect(await reading.get(randomBytes(16), 'content')).toBeUndefined();
      await reading.close();
      await vault.close();
    });
  });
});
