import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeDisk } from '#base';
import { FilePayloads } from '../../src/ledger/local/file-payloads.ts';
import { FileTiles } from '../../src/ledger/local/file-tiles.ts';
import { SqliteLock } from '../../src/ledger/local/sqlite-lock.ts';
import { SqliteVault } from '../../src/ledger/local/sqlite-vault.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import type { Group } from '../../src/ledger/fields.ts';
import type { PayloadFound, VaultRecord } from '../../src/ledger/storage.ts';
import { inDirectory } from './fixtures.ts';

const day = 20_781;

function vaultRecord(more: Partial<VaultRecord> = {}, group: Group = 'ops'): VaultRecord {
  const keys = [{ group, key: randomBytes(32) }];
  return { recordId: randomBytes(16), evidenceClass: 'r1', day, keys, ...more };
}

describe('the vault', () => {
  it('gives each key back to its record and group only, also after a restart', async () => {
    await inDirectory(async (directory) => {
      const rootKey = new RootKey(randomBytes(32));
      const path = join(directory, 'vault.db');
      const open = (): SqliteVault => SqliteVault.open(path, 'tenant', () => rootKey);
      const records = [
        vaultRecord(),
        vaultRecord({}, 'content'),
        vaultRecord({ evidenceClass: 'r3' }),
        vaultRecord({ day: day + 1 }),
      ];
      let vault = open();
      await vault.put(records);
      await vault.close();
      vault = open();
      for (const { recordId, keys } of records) {
        const [{ group, key }] = keys;
        expect(Buffer.from((await vault.get(recordId, group))!).equals(key)).toBe(true);
        expect(await vault.has(recordId, group)).toBe(true);
        expect(await vault.get(recordId, 'identity')).toBeUndefined();
        expect(await vault.has(recordId, 'identity')).toBe(false);
      }
      expect(await vault.get(randomBytes(16), 'ops')).toBeUndefined();
      await vault.close();
      const file = readFileSync(path);
      for (const { keys } of records) {
        expect(file.includes(Buffer.from(keys[0].key))).toBe(false);
      }
      expect(() => SqliteVault.open(path, 'tenant', () => new RootKey(randomBytes(32)))).toThrow(
        expect.objectContaining({ code: 'wrong_key' }),
      );
    });
  });

  it('deletes the keys of an interrupted batch, and no byte of them stays', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'vault.db');
      const vault = SqliteVault.open(path, 'tenant', () => new RootKey(randomBytes(32)));
      const kept = vaultRecord();
      const orphans = [vaultRecord(), vaultRecord()];
      await vault.put([kept]);
      await vault.put(orphans);
      const known = (id: Uint8Array): boolean => Buffer.from(id).equals(kept.recordId);
      expect(await vault.deleteOrphans(known)).toBe(2);
      expect(await vault.deleteOrphans(known)).toBe(0);
      expect(await vault.get(kept.recordId, 'ops')).toEqual(kept.keys[0].key);
      await vault.close();
      for (const { recordId } of orphans) {
        expect(readFileSync(path).includes(Buffer.from(recordId))).toBe(false);
      }
      expect(readFileSync(path).includes(Buffer.from(kept.recordId))).toBe(true);
    });
  });
});

async function scanned(payloads: FilePayloads, of: number): Promise<PayloadFound[]> {
  const found: PayloadFound[] = [];
  for await (const one of payloads.scan(of)) found.push(one);
  return found;
}

describe('the payload segments', () => {
  it('give back what was appended, and are found again without an index', async () => {
    await inDirectory(async (directory) => {
      const payloads = new FilePayloads(nodeDisk, directory);
      const records = [[100], [0, 5_000_000], [3, 4, 5]].map((lengths) => {
        return { id: randomBytes(16), payload: lengths.map((length) => randomBytes(length)) };
      });
      const places = [
        ...(await payloads.append(day, records.slice(0, 2))),
        ...(await payloads.append(day, records.slice(2))),
      ];
      for (const [i, { id, payload }] of records.entries()) {
        const lengths = payload.map(({ length }) => length);
        expect(
          Buffer.concat((await payloads.read(places[i], id, lengths))!).equals(
            Buffer.concat(payload),
          ),
        ).toBe(true);
        expect(await payloads.has(places[i], id, lengths)).toBe(true);
        expect(await payloads.read(places[i], randomBytes(16), lengths)).toBeUndefined();
        expect(await payloads.read(places[i], id, [...lengths, 1])).toBeUndefined();
        expect(await payloads.has({ ...places[i], segment: '2026-11-25.seg' }, id, lengths)).toBe(
          false,
        );
      }
      const found = records.map(({ id }, i) => ({ recordId: Uint8Array.from(id), ...places[i] }));
      expect(await scanned(payloads, day)).toEqual(found);
      expect(await scanned(payloads, day + 1)).toEqual([]);
      await payloads.close();
    });
  });

  it('step over what an interrupted batch left, and over damage', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, '2026-11-24.seg');
      const records = Array.from({ length: 4 }, () => ({
        id: randomBytes(16),
        payload: [randomBytes(90)],
      }));
      let payloads = new FilePayloads(nodeDisk, directory);
      await payloads.append(day, records.slice(0, 2));
      await payloads.close();
      // The head of a frame whose blobs never came, and bytes that look like the start of one.
      appendFileSync(
        path,
        Buffer.concat([readFileSync(path).subarray(0, 50), Buffer.from('SKP1')]),
      );
      payloads = new FilePayloads(nodeDisk, directory);
      await payloads.append(day, records.slice(2));
      await payloads.close();
      const ids = async (): Promise<string[]> => {
        const found = await scanned(payloads, day);
        return found.map(({ recordId }) => Buffer.from(recordId).toString('hex'));
      };
      const expected = records.map(({ id }) => id.toString('hex'));
      expect((await ids()).filter((id) => expected.includes(id))).toEqual(
        expect.arrayContaining(expected),
      );
      const bytes = readFileSync(path);
      bytes[122 + 24] ^= 1;
      writeFileSync(path, bytes);
      expect(await ids()).toEqual(expect.arrayContaining([expected[0], expected[2], expected[3]]));
      expect(await ids()).not.toContain(expected[1]);
    });
  });
});

describe('the static tree', () => {
  const full = { level: 0, index: 0, width: 256 } as const;
  const part = { ...full, width: 3 };

  it('takes the same bytes twice and other bytes never', async () => {
    await inDirectory(async (directory) => {
      const tiles = new FileTiles(nodeDisk, directory);
      const bytes = Buffer.alloc(96, 1);
      await tiles.write([{ tile: part, bytes }]);
      await tiles.write([{ tile: part, bytes }]);
      expect(await tiles.read(part)).toEqual(bytes);
      await expect(tiles.write([{ tile: part, bytes: Buffer.alloc(96, 2) }])).rejects.toThrow(
        expect.objectContaining({ code: 'tile_differs' }),
      );
      expect(await tiles.read(part)).toEqual(bytes);
      expect(await tiles.partialWidths(full)).toEqual([3]);
      await tiles.dropPartials(full);
      expect(await tiles.read(part)).toBeUndefined();
      expect(await tiles.partialWidths(full)).toEqual([]);
    });
  });
});

describe('the lock', () => {
  it('moves a checkpoint on only from the one that is expected', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'lock.db');
      let lock = SqliteLock.open(path, 'log.example');
      const [a, b, c] = [1, 2, 3].map((size) => ({ size, note: `note ${size}` }));
      expect(await lock.read()).toBeUndefined();
      const stale = expect.objectContaining({ code: 'rolled_back' });
      await expect(lock.compareAndSet(a, b)).rejects.toThrow(stale);
      await lock.compareAndSet(undefined, a);
      await expect(lock.compareAndSet(undefined, b)).rejects.toThrow(stale);
      await lock.compareAndSet(a, b);
      await expect(lock.compareAndSet(a, c)).rejects.toThrow(stale);
      await expect(lock.compareAndSet({ ...b, note: 'another' }, c)).rejects.toThrow(stale);
      await lock.close();
      lock = SqliteLock.open(path, 'log.example');
      expect(await lock.read()).toEqual(b);
      await lock.close();
      lock = SqliteLock.open(path, 'another.example');
      expect(await lock.read()).toBeUndefined();
      await lock.close();
    });
  });
});
