import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Batch, Sequence, SequenceEnd } from '../../src/ledger/storage.ts';

/** Where one sequence lies. Its `close` lets go of all that keeps another from opening it. */
export interface SequenceHome {
  readonly open: () => Promise<Sequence>;
  readonly remove: () => Promise<void>;
}

export async function readAll(
  sequence: Sequence,
): Promise<{ readonly batches: readonly Batch[]; readonly end: SequenceEnd }> {
  const batches: Batch[] = [];
  const reader = sequence.read();
  for (;;) {
    const step = await reader.next();
    if (step.done === true) return { batches, end: step.value };
    batches.push(step.value);
  }
}

/** Batches of entries with the given lengths, following one another. */
export function batchesOf(lengths: readonly (readonly number[])[], from = 0): readonly Batch[] {
  let size = from;
  return lengths.map((ofBatch) => {
    size += ofBatch.length;
    return { entries: ofBatch.map((length) => randomBytes(length)), size, root: randomBytes(32) };
  });
}

/** Byte for byte, and in hex, so that a failure does not print megabytes. */
function plainOf(batches: readonly Batch[]): readonly unknown[] {
  return batches.map(({ entries, size, root }) => ({
    entries: entries.map((entry) => Buffer.from(entry).toString('hex')),
    size,
    root: Buffer.from(root).toString('hex'),
  }));
}

/** What every sequence keeps, wherever it lies. */
export function describeSequence(name: string, home: () => Promise<SequenceHome>): void {
  async function inHome(work: (open: () => Promise<Sequence>) => Promise<void>): Promise<void> {
    const { open, remove } = await home();
    try {
      await work(open);
    } finally {
      await remove();
    }
  }

  describe(`the sequence in ${name}`, () => {
    it('is empty at first, and clean', async () => {
      await inHome(async (open) => {
        const sequence = await open();
        expect(await readAll(sequence)).toEqual({ batches: [], end: 'clean' });
        await sequence.close();
      });
    });

    it('gives back whole batches in their order, also after many openings', async () => {
      await inHome(async (open) => {
        const written = batchesOf([[1], [16_384, 2], [700, 900, 65], [1]]);
        for (const [i, batch] of written.entries()) {
          const sequence = await open();
          const { batches, end } = await readAll(sequence);
          expect(end).toBe('clean');
          expect(plainOf(batches)).toEqual(plainOf(written.slice(0, i)));
          await sequence.append(batch);
          await sequence.close();
        }
        const sequence = await open();
        expect(plainOf((await readAll(sequence)).batches)).toEqual(plainOf(written));
        await sequence.close();
      });
    });

    it('takes the largest batch there is, and more batches than are read at once', async () => {
      await inHome(async (open) => {
        const large = Array.from({ length: 1_024 }, () => 16_384);
        const small = Array.from({ length: 150 }, (_, i) => [1 + (i % 5)]);
        const written = batchesOf([[5], large, ...small, large]);
        let sequence = await open();
        await readAll(sequence);
        for (const batch of written) await sequence.append(batch);
        await sequence.close();
        sequence = await open();
        const { batches, end } = await readAll(sequence);
        expect(end).toBe('clean');
        expect(batches.map(({ size }) => size)).toEqual(written.map(({ size }) => size));
        const bytes = (all: readonly Batch[]): Buffer =>
          Buffer.concat(all.flatMap(({ entries, root }) => [...entries, root]));
        expect(bytes(batches).equals(bytes(written))).toBe(true);
        await sequence.close();
      });
    });
  });
}
