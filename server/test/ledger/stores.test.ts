import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Lock } from '../../src/ledger/lock.ts';
import { Payloads } from '../../src/ledger/payloads.ts';
import { Tiles } from '../../src/ledger/tiles.ts';
import { SqliteVault, type VaultKey } from '../../src/ledger/vault.ts';
import { inDirectory } from './fixtures.ts';

const day = 20_781;

function vaultKey(more: Partial<VaultKey> = {}): VaultKey {
  return {
    recordId: randomBytes(16),
    group: 'ops',
    evidenceClass: 'r1',
    day,
    key: randomBytes(32),
    ...more,
  };
}

describe('the vault', () => {
  it('gives each key back to its record and group only, also after a restart', async () => {
    await inDirectory(async (directory) => {
      const rootKey = randomBytes(32);
      const path = join(directory, 'vault.db');
      const open = (): SqliteVault => SqliteVault.open(path, 'tenant', () => rootKey);
      const keys = [
        vaultKey(),
        vaultKey({ group: 'content' }),
        vaultKey({ evidenceClass: 'r3' }),
        vaultKey({ day: day + 1 }),
      ];
      let vault = open();
      vault.put(keys);
      vault.close();
      vault = open();
      for (const { recordId, group, key } of keys) {
        expect(vault.get(recordId, group)).toEqual(key);
        expect(vault.has(recordId, group)).toBe(true);
        expect(vault.get(recordId, 'identity')).toBeUndefined();
        expect(vault.has(recordId, 'identity')).toBe(false);
      }
      expect(vault.get(randomBytes(16), 'ops')).toBeUndefined();
      vault.close();
      const file = readFileSync(path);
      for (const { key } of keys) expect(file.includes(Buffer.from(key))).toBe(false);
      expect(() => SqliteVault.open(path, 'tenant', () => randomBytes(32))).toThrow(
        expect.objectContaining({ code: 'wrong_key' }),
      );
    });
  });

  it('deletes the keys of an interrupted batch, and no byte of them stays', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'vault.db');
      const vault = SqliteVault.open(path, 'tenant', () => randomBytes(32));
      const kept = vaultKey();
      const orphans = [vaultKey(), vaultKey()];
      vault.put([kept]);
      vault.put(orphans);
      const known = (id: Uint8Array): boolean => Buffer.from(id).equals(kept.recordId);
      expect(vault.deleteOrphans(known)).toBe(2);
      expect(vault.deleteOrphans(known)).toBe(0);
      expect(vault.get(kept.recordId, 'ops')).toEqual(kept.key);
      vault.close();
      for (const { recordId } of orphans) {
        expect(readFileSync(path).includes(Buffer.from(recordId))).toBe(false);
      }
      expect(readFileSync(path).includes(Buffer.from(kept.recordId))).toBe(true);
    });
  });
});

describe('the payload segments', () => {
  it('give back what was appended, and are found again without an index', async () => {
    await inDirectory(async (directory) => {
      const payloads = new Payloads(directory);
      const records = [[100], [0, 5_000_000], [3, 4, 5]].map((lengths) => {
        return { id: randomBytes(16), payload: lengths.map((length) => randomBytes(length)) };
      });
      const places = [
        ...payloads.append(day, records.slice(0, 2)),
        ...payloads.append(day, records.slice(2)),
      ];
      for (const [i, { id, payload }] of records.entries()) {
        const lengths = payload.map(({ length }) => length);
        expect(
          Buffer.concat(payloads.read(places[i], id, lengths)!).equals(Buffer.concat(payload)),
        ).toBe(true);
        expect(payloads.has(places[i], id, lengths)).toBe(true);
        expect(payloads.read(places[i], randomBytes(16), lengths)).toBeUndefined();
        expect(payloads.read(places[i], id, [...lengths, 1])).toBeUndefined();
        expect(payloads.has({ ...places[i], day: day + 1 }, id, lengths)).toBe(false);
      }
      const found = records.map(({ id }, i) => ({ recordId: Uint8Array.from(id), ...places[i] }));
      expect([...payloads.scan(day)]).toEqual(found);
      expect([...payloads.scan(day + 1)]).toEqual([]);
      payloads.close();
    });
  });

  it('step over what an interrupted batch left, and over damage', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, '2026-11-24.seg');
      const records = Array.from({ length: 4 }, () => ({
        id: randomBytes(16),
        payload: [randomBytes(90)],
      }));
      let payloads = new Payloads(directory);
      payloads.append(day, records.slice(0, 2));
      payloads.close();
      // The head of a frame whose blobs never came, and bytes that look like the start of one.
      appendFileSync(
        path,
        Buffer.concat([readFileSync(path).subarray(0, 50), Buffer.from('SKP1')]),
      );
      payloads = new Payloads(directory);
      payloads.append(day, records.slice(2));
      payloads.close();
      const ids = (): string[] =>
        [...payloads.scan(day)].map(({ recordId }) => Buffer.from(recordId).toString('hex'));
      const expected = records.map(({ id }) => id.toString('hex'));
      expect(ids().filter((id) => expected.includes(id))).toEqual(expect.arrayContaining(expected));
      const bytes = readFileSync(path);
      bytes[122 + 24] ^= 1;
      writeFileSync(path, bytes);
      expect(ids()).toEqual(expect.arrayContaining([expected[0], expected[2], expected[3]]));
      expect(ids()).not.toContain(expected[1]);
    });
  });
});

describe('the static tree', () => {
  const full = { level: 0, index: 0, width: 256 } as const;
  const part = { ...full, width: 3 };

  it('takes the same bytes twice and other bytes never', async () => {
    await inDirectory(async (directory) => {
      const tiles = new Tiles(directory);
      const bytes = Buffer.alloc(96, 1);
      tiles.write([{ tile: part, bytes }]);
      tiles.write([{ tile: part, bytes }]);
      expect(tiles.read(part)).toEqual(bytes);
      expect(() => tiles.write([{ tile: part, bytes: Buffer.alloc(96, 2) }])).toThrow(
        expect.objectContaining({ code: 'tile_differs' }),
      );
      expect(tiles.read(part)).toEqual(bytes);
      expect(tiles.partialWidths(full)).toEqual([3]);
      tiles.dropPartials(full);
      expect(tiles.read(part)).toBeUndefined();
      expect(tiles.partialWidths(full)).toEqual([]);
    });
  });
});

describe('the lock', () => {
  it('moves a checkpoint on only from the one that is expected', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'lock.db');
      let lock = Lock.open(path, 'log.example');
      const [a, b, c] = [1, 2, 3].map((size) => ({ size, note: `note ${size}` }));
      expect(lock.read()).toBeUndefined();
      const stale = expect.objectContaining({ code: 'rolled_back' });
      expect(() => lock.compareAndSet(a, b)).toThrow(stale);
      lock.compareAndSet(undefined, a);
      expect(() => lock.compareAndSet(undefined, b)).toThrow(stale);
      lock.compareAndSet(a, b);
      expect(() => lock.compareAndSet(a, c)).toThrow(stale);
      expect(() => lock.compareAndSet({ ...b, note: 'another' }, c)).toThrow(stale);
      lock.close();
      lock = Lock.open(path, 'log.example');
      expect(lock.read()).toEqual(b);
      lock.close();
      lock = Lock.open(path, 'another.example');
      expect(lock.read()).toBeUndefined();
      lock.close();
    });
  });
});
