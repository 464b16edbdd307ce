import { describe, expect, it } from 'vitest';
import {
  type Subtree,
  consistencyNodes,
  decodeBase64,
  formatTilePath,
  hashLeaf,
  inclusionNodes,
  splitBundle,
  tileWidth,
  verifyConsistency,
  verifyInclusion,
} from '@sekisho/proof';
import { stateDraft } from '../../src/ledger/draft.ts';
import type { Engine } from '../../src/ledger/engine.ts';
import { Tree } from '../../src/ledger/tree.ts';
import { append, inDirectory, openEngine, plain, startMs } from './fixtures.ts';

interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

function head(note: string): Head {
  const [, size = '', root = ''] = note.split('\n');
  return { size: Number(size), root: decodeBase64(root)! };
}

/** A reader that knows nothing but the published files. */
async function reader(
  engine: Engine,
  size: number,
): Promise<{
  readonly hash: (subtree: Subtree) => Promise<Uint8Array>;
  readonly entries: Uint8Array[];
}> {
  const fetch = async (level: number | 'entries', index: number): Promise<Uint8Array> => {
    const width = tileWidth(size, level === 'entries' ? 0 : level, index);
    const path = formatTilePath({ level, index, width });
    // A partial tile may have been replaced by the full one, as the format allows.
    const bytes =
      (await engine.tile(path)) ??
      (await engine.tile(formatTilePath({ level, index, width: 256 })));
    if (bytes === undefined) throw new Error(`no ${path}`);
    return bytes;
  };
  const tree = new Tree(async () => undefined);
  const entries: Uint8Array[] = [];
  for (let n = 0; n * 256 < size; n++) {
    const tile = await fetch(0, n);
    for (let i = 0; i < Math.min(256, size - n * 256); i++) {
      tree.append(Buffer.from(tile.subarray(i * 32, i * 32 + 32)));
    }
    entries.push(...splitBundle(await fetch('entries', n))!.slice(0, size - n * 256));
  }
  const seen = new Map<string, Uint8Array>();
  for (const { tile, bytes } of [...tree.finishedTiles(), ...tree.partialTiles()]) {
    const fetched = Buffer.from(await fetch(tile.level as number, tile.index));
    expect(fetched.subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
    seen.set(formatTilePath(tile), bytes);
  }
  expect(seen.size).toBeGreaterThan(0);
  return { hash: (subtree) => tree.subtreeHash(subtree), entries };
}

describe('the published tree', () => {
  it('proves every entry at every published size, and each checkpoint from every earlier one', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const heads: Head[] = [head(engine.published!.note)];
      const leaves: string[] = [];
      for (const size of [2, 3, 7, 128, 255, 256, 257, 258, 511, 512, 513, 700]) {
        const drafts = Array.from({ length: size - heads.at(-1)!.size }, () => stateDraft(plain));
        // Requests of one entry each, as callers send them: one batch all the same.
        for (const result of await engine.append(
          drafts.map((draft) => [draft]),
          startMs,
        )) {
          if ('error' in result) throw result.error;
          leaves.push(result.sequenced[0].leafHash);
        }
        if (size === 257) {
          await engine.close();
          engine = await openEngine(directory);
        } else {
          await engine.publish();
        }
        heads.push(head(engine.published!.note));
        expect(heads.at(-1)!.size).toBe(size);
      }
      for (const { size, root } of heads) {
        const { entries, hash } = await reader(engine, size);
        expect(Buffer.from(await hash({ start: 0, end: size }))).toEqual(Buffer.from(root));
        expect(entries).toHaveLength(size);
        for (let index = 0; index < size; index++) {
          const leafHash = await hashLeaf(entries[index]);
          if (index > 0)
            expect(Buffer.from(leafHash).toString('base64url')).toBe(leaves[index - 1]);
          if (size > 300 && index % 7 !== 0 && index < size - 3) continue;
          const proof = await Promise.all(inclusionNodes(index, size).map((n) => hash(n)));
          expect(await verifyInclusion({ leafHash, index, size, proof, root })).toBe(true);
        }
      }
      const newest = await reader(engine, 700);
      for (const older of heads) {
        for (const newer of heads.filter(({ size }) => size >= older.size)) {
          const nodes = consistencyNodes(older.size, newer.size);
          const proof = await Promise.all(nodes.map((n) => newest.hash(n)));
          const claim = {
            oldSize: older.size,
            newSize: newer.size,
            oldRoot: older.root,
            newRoot: newer.root,
            proof,
          };
          expect(await verifyConsistency(claim)).toBe(true);
        }
      }
      await engine.close();
    });
  }, 120_000);

  it('serves only what a published checkpoint asks for', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      await append(
        engine,
        Array.from({ length: 259 }, () => plain),
      );
      expect(await engine.tile('tile/0/000')).toBeUndefined();
      expect(await engine.tile('tile/0/000.p/1')).toHaveLength(32);
      await engine.publish();
      expect(await engine.tile('tile/0/000')).toHaveLength(8_192);
      expect(await engine.tile('tile/0/001.p/4')).toHaveLength(128);
      expect(await engine.tile('tile/1/000.p/1')).toHaveLength(32);
      expect(await engine.tile('tile/entries/001.p/4')).toBeDefined();
      for (const path of [
        'tile/0/000.p/1',
        'tile/0/001',
        'tile/0/001.p/5',
        'tile/2/000',
        '../keys/log.key',
        'tile/0/../../checkpoint',
      ]) {
        expect(await engine.tile(path), path).toBeUndefined();
      }
      await engine.close();
    });
  });

  it('gives the same subtree hashes from memory and from its tiles', async () => {
    const disk = new Map<string, Uint8Array>();
    const flushed = new Tree(async (tile) => disk.get(formatTilePath(tile)));
    const whole = new Tree(async () => undefined);
    const size = 70_000;
    for (let i = 0; i < size; i++) {
      const leaf = Buffer.alloc(32);
      leaf.writeUInt32BE(i);
      flushed.append(leaf);
      whole.append(leaf);
      if (i % 1_000 === 999) {
        const finished = flushed.finishedTiles();
        for (const { tile, bytes } of finished) disk.set(formatTilePath(tile), bytes);
        flushed.forgetFinished(finished.map(({ tile }) => tile));
      }
    }
    expect(flushed.root()).toEqual(whole.root());
    expect(await flushed.subtreeHash({ start: 0, end: size })).toEqual(whole.root());
    expect([...disk.keys()].filter((path) => path.startsWith('tile/1/'))).toEqual(['tile/1/000']);
    for (let step = 0; step < 300; step++) {
      const index = (step * 7_919) % size;
      expect(await flushed.inclusionProof(index, size)).toEqual(
        await whole.inclusionProof(index, size),
      );
    }
  });
});
