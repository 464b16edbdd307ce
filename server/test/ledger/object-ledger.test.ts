import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '#base';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/ledger/engine.ts';
import { openLocalStorage } from '../../src/ledger/local/local-storage.ts';
import { openObjectStore } from '../../src/ledger/shared/object-store.ts';
import type { Storage } from '../../src/ledger/storage.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3-server.ts';
import { append, inDirectory, intent, openEngine, origin, outcome, plain } from './fixtures.ts';

const checkpointKey = 'tenant/a/log/checkpoint';

/** The order, the lock and the keys on this machine; tiles and sealed texts in the object store. */
function withObjects(fake: FakeS3, directory: string): () => Promise<Storage> {
  return async () => {
    const local = await openLocalStorage(nodeDisk, directory, origin);
    const objects = await openObjectStore(fake.settings, { pauseMs: 1 }).catch(async (error) => {
      await local.close();
      throw error;
    });
    const close = async (): Promise<void> => {
      await objects.close();
      await local.close();
    };
    return { ...local, tiles: objects.tiles, payloads: objects.payloads, close };
  };
}

async function withLedger(
  work: (open: () => Promise<Engine>, fake: FakeS3, directory: string) => Promise<void>,
): Promise<void> {
  const fake = await startFakeS3({ pageSize: 50 });
  try {
    await inDirectory(async (directory) => {
      const openStorage = withObjects(fake, directory);
      await work(() => openEngine(directory, undefined, { openStorage }), fake, directory);
    });
  } finally {
    await fake.close();
  }
}

describe('a ledger over an object store', () => {
  it('gives everything back after a restart, also when its index is made anew', () =>
    withLedger(async (open, { objects }, directory) => {
      const first = await open();
      const [{ id }] = await append(first, [intent('a question'), outcome('#0', 'an answer')]);
      await append(
        first,
        Array.from({ length: 300 }, () => plain),
      );
      await first.close();
      const keys = [...objects.keys()].map((key) => key.replace('tenant/a/log/', ''));
      expect(keys).toEqual(
        expect.arrayContaining(['checkpoint', 'tile/0/000', 'tile/0/001.p/47', 'tile/entries/000']),
      );
      for (const lost of [undefined, 'index.db']) {
        if (lost !== undefined) rmSync(join(directory, lost));
        const again = await open();
        const passage = await again.passage(id, { content: true });
        expect(passage).toMatchObject({ end: 'complete', contentState: 'PRESENT' });
        expect(await again.receipt(id, [])).toContain('log.example/test');
        await again.close();
      }
    }));

  it('does not start over a tile that is another', () =>
    withLedger(async (open, { objects }) => {
      const first = await open();
      await append(
        first,
        Array.from({ length: 300 }, () => plain),
      );
      await first.close();
      objects.get('tenant/a/log/tile/0/000')!.bytes[7] ^= 1;
      await expect(open()).rejects.toMatchObject({ code: 'tile_differs' });
    }));

  it('acknowledges nothing that the store did not take, and goes on after a restart', () =>
    withLedger(async (open, fake) => {
      const first = await open();
      const [{ id }] = await append(first, [intent('before'), outcome('#0', 'it')]);
      fake.play(() => ({ kind: 'reset-before' }));
      const lost = append(first, [intent('while'), outcome('#0', 'away')]);
      await expect(lost).rejects.toMatchObject({ code: expect.any(String) });
      await first.abandon();
      fake.play(() => undefined);
      const again = await open();
      expect(await again.passage(id, { content: true })).toMatchObject({ contentState: 'PRESENT' });
      const [{ index }] = await append(again, [intent('after'), outcome('#0', 'it')]);
      expect(index).toBeGreaterThan(1);
      await again.close();
      expect(fake.objects.get(checkpointKey)?.bytes.toString()).toContain('log.example/test\n');
    }));
});
