import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Wal, type WalBatch, type WalEnd } from '../../src/ledger/wal.ts';
import { temporaryDirectory } from './fixtures.ts';

function batchesOf(counts: readonly number[]): WalBatch[] {
  let size = 0;
  return counts.map((count) => {
    const entries = Array.from({ length: count }, (_, i) => Buffer.from(`{"entry":${size + i}}`));
    size += count;
    return { entries, size, root: createHash('sha256').update(String(size)).digest() };
  });
}

/** The batches written one after the other, and the file's bytes after each. */
function written(path: string, batches: readonly WalBatch[]): void {
  const wal = Wal.open(path);
  expect(readAll(wal).end).toBe('clean');
  for (const batch of batches) wal.append(batch);
  wal.close();
}

function readAll(wal: Wal): { read: { size: number; entries: string[] }[]; end: WalEnd } {
  const read: { size: number; entries: string[] }[] = [];
  const batches = wal.read();
  for (;;) {
    const step = batches.next();
    if (step.done === true) return { read, end: step.value };
    const entries = step.value.entries.map((entry) => Buffer.from(entry).toString('utf8'));
    read.push({ size: step.value.size, entries });
  }
}

function plainOf(batches: readonly WalBatch[]): { size: number; entries: string[] }[] {
  return batches.map(({ size, entries }) => ({
    size,
    entries: entries.map((entry) => Buffer.from(entry).toString('utf8')),
  }));
}

function frameBytes({ entries }: WalBatch): number {
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
  written(path, batches);
  const whole = readFileSync(path);

  it('gives back any batches as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (counts) => {
        const folder = temporaryDirectory();
        const file = join(folder.path, 'w');
        written(file, batchesOf(counts));
        const wal = Wal.open(file);
        expect(readAll(wal)).toEqual({ read: plainOf(batchesOf(counts)), end: 'clean' });
        wal.close();
        folder.remove();
      }),
      { numRuns: 40 },
    );
  });

  it('reads entries that straddle its window', () => {
    const file = join(directory.path, 'large');
    const entry = Buffer.alloc(16 * 1024, 'x');
    const large = Array.from({ length: 4 }, (_, i): WalBatch => {
      return {
        entries: Array.from({ length: 100 }, () => entry),
        size: 100 * (i + 1),
        root: Buffer.alloc(32, i),
      };
    });
    written(file, large);
    const wal = Wal.open(file);
    expect(readAll(wal)).toEqual({ read: plainOf(large), end: 'clean' });
    wal.close();
  });

  it('cut at any byte gives back exactly the batches that end before it', () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const kept = ends.filter((end) => end <= cut).length;
      const wal = Wal.open(path);
      const found = readAll(wal);
      expect(found.read).toEqual(plainOf(batches.slice(0, kept)));
      expect(found.end).toBe(cut === 0 || ends.includes(cut) ? 'clean' : 'torn');
      if (found.end === 'torn') wal.cutTornTail();
      wal.append({
        entries: [Buffer.from('next')],
        size: (found.read.at(-1)?.size ?? 0) + 1,
        root: Buffer.alloc(32),
      });
      wal.close();
      const again = Wal.open(path);
      expect(readAll(again)).toMatchObject({ end: 'clean' });
      again.close();
    }
  });

  it('with any bit flipped gives back a prefix, and never calls an acknowledged middle torn', () => {
    const early = ends[2];
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 1 << (at % 8);
      writeFileSync(path, flipped);
      const wal = Wal.open(path);
      const { read, end } = readAll(wal);
      expect(read).toEqual(plainOf(batches.slice(0, read.length)));
      expect(read.length).toBeLessThan(batches.length);
      // Behind these batches stand others that could only be written once these were on disk.
      if (at < early) expect(end, `byte ${at}`).toBe('damaged');
      wal.close();
    }
  });

  it('takes a half-written batch, whatever it looks like, for one that was never acknowledged', () => {
    const start = ends.at(-2)!;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: whole.length - start - 1 }),
        (noise, from) => {
          const torn = Buffer.from(whole);
          torn.set(noise.subarray(0, torn.length - start - from), start + from);
          fc.pre(!torn.equals(whole));
          writeFileSync(path, torn);
          const wal = Wal.open(path);
          const { read, end } = readAll(wal);
          expect(read).toEqual(plainOf(batches.slice(0, -1)));
          expect(end).toBe('torn');
          wal.close();
        },
      ),
      { numRuns: 300 },
    );
  });
});
