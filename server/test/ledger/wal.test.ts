import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeDisk } from '#base';
import { Wal } from '../../src/ledger/local/wal.ts';
import type { Batch, SequenceEnd } from '../../src/ledger/storage.ts';
import { temporaryDirectory } from './fixtures.ts';

function batchesOf(counts: readonly number[]): Batch[] {
  let size = 0;
  return counts.map((count) => {
    const entries = Array.from({ length: count }, (_, i) => Buffer.from(`{"entry":${size + i}}`));
    size += count;
    return { entries, size, root: createHash('sha256').update(String(size)).digest() };
  });
}

/** The batches written one after the other, and the file's bytes after each. */
async function written(path: string, batches: readonly Batch[]): Promise<void> {
  const wal = await Wal.open(nodeDisk, path);
  expect((await readAll(wal)).end).toBe('clean');
  for (const batch of batches) await wal.append(batch);
  await wal.close();
}

async function readAll(
  wal: Wal,
): Promise<{ read: { size: number; entries: string[] }[]; end: SequenceEnd }> {
  const read: { size: number; entries: string[] }[] = [];
  const batches = wal.read();
  for (;;) {
    const step = await batches.next();
    if (step.done === true) return { read, end: step.value };
    const entries = step.value.entries.map((entry) => Buffer.from(entry).toString('utf8'));
    read.push({ size: step.value.size, entries });
  }
}

function plainOf(batches: readonly Batch[]): { size: number; entries: string[] }[] {
  return batches.map(({ size, entries }) => ({
    size,
    entries: entries.map((entry) => Buffer.from(entry).toString('utf8')),
  }));
}

function frameBytes({ entries }: Batch): number {
  return entries.reduce((sum, entry) => sum + 8 + entry.length, 48);
}

const batches = batchesOf([1, 3, 2, 1, 4]);
const ends = batches.map((_, i) =>
  batches.slice(0, i + 1).reduce((sum, b) => sum + frameBytes(b), 0),
);

describe('the write-ahead file', () => {
  const directory = temporaryDirectory();
  afterAll(directory.remove);
  const path = join(directory.path, 'entries.wal');
  let whole: Buffer;

  beforeAll(async () => {
    await written(path, batches);
    whole = readFileSync(path);
  });

  it('gives back any batches as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }),
        async (counts) => {
          const folder = temporaryDirectory();
          const file = join(folder.path, 'w');
          await written(file, batchesOf(counts));
          const wal = await Wal.open(nodeDisk, file);
          expect(await readAll(wal)).toEqual({ read: plainOf(batchesOf(counts)), end: 'clean' });
          await wal.close();
          folder.remove();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reads entries that straddle its window', async () => {
    const file = join(directory.path, 'large');
    const entry = Buffer.alloc(16 * 1024, 'x');
    const large = Array.from({ length: 4 }, (_, i): Batch => {
      return {
        entries: Array.from({ length: 100 }, () => entry),
        size: 100 * (i + 1),
        root: Buffer.alloc(32, i),
      };
    });
    await written(file, large);
    const wal = await Wal.open(nodeDisk, file);
    expect(await readAll(wal)).toEqual({ read: plainOf(large), end: 'clean' });
    await wal.close();
  });

  it('cut at any byte gives back exactly the batches that end before it', async () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const kept = ends.filter((end) => end <= cut).length;
      const wal = await Wal.open(nodeDisk, path);
      const found = await readAll(wal);
      expect(found.read).toEqual(plainOf(batches.slice(0, kept)));
      expect(found.end).toBe(cut === 0 || ends.includes(cut) ? 'clean' : 'torn');
      if (found.end === 'torn') await wal.cutTornTail();
      await wal.append({
        entries: [Buffer.from('next')],
        size: (found.read.at(-1)?.size ?? 0) + 1,
        root: Buffer.alloc(32),
      });
      await wal.close();
      const again = await Wal.open(nodeDisk, path);
      expect(await readAll(again)).toMatchObject({ end: 'clean' });
      await again.close();
    }
  });

  it('with any bit flipped gives back a prefix, and never calls an acknowledged middle torn', async () => {
    const early = ends[2];
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 1 << (at % 8);
      writeFileSync(path, flipped);
      const wal = await Wal.open(nodeDisk, path);
      const { read, end } = await readAll(wal);
      expect(read).toEqual(plainOf(batches.slice(0, read.length)));
      expect(read.length).toBeLessThan(batches.length);
      // Behind these batches stand others that could only be written once these were on disk.
      if (at < early) expect(end, `byte ${at}`).toBe('damaged');
      await wal.close();
    }
  });

  it('takes a half-written batch, whatever it looks like, for one that was never acknowledged', async () => {
    const start = ends.at(-2)!;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: whole.length - start - 1 }),
        async (noise, from) => {
          const torn = Buffer.from(whole);
          torn.set(noise.subarray(0, torn.length - start - from), start + from);
          fc.pre(!torn.equals(whole));
          writeFileSync(path, torn);
          const wal = await Wal.open(nodeDisk, path);
          const { read, end } = await readAll(wal);
          expect(read).toEqual(plainOf(batches.slice(0, -1)));
          expect(end).toBe('torn');
          await wal.close();
        },
      ),
      { numRuns: 300 },
    );
  });
});
