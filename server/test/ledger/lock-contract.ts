import { describe, expect, it } from 'vitest';
import type { CheckpointLock } from '../../src/ledger/storage.ts';

/** Where the locks of several logs lie. */
export interface LockHome {
  readonly open: (origin: string) => Promise<CheckpointLock>;
  readonly remove: () => Promise<void>;
}

/** What every lock keeps, wherever it lies. */
export function describeLock(name: string, home: () => Promise<LockHome>): void {
  async function inHome(work: (open: LockHome['open']) => Promise<void>): Promise<void> {
    const { open, remove } = await home();
    try {
      await work(open);
    } finally {
      await remove();
    }
  }

  describe(`the lock in ${name}`, () => {
    it('moves a checkpoint on only from the one that is expected', async () => {
      await inHome(async (open) => {
        let lock = await open('log.example');
        const [a, b, c] = [1, 2, 3].map((size) => ({ size, note: `note ${size}` }));
        expect(await lock.read()).toBeUndefined();
        const stale = expect.objectContaining({ code: 'rolled_back' });
        await expect(lock.compareAndSet(a, b)).rejects.toThrow(stale);
        await lock.compareAndSet(undefined, a);
        await expect(lock.compareAndSet(undefined, b)).rejects.toThrow(stale);
        await lock.compareAndSet(a, b);
        await expect(lock.compareAndSet(a, c)).rejects.toThrow(stale);
        await expect(lock.compareAndSet({ ...b, note: 'another' }, c)).rejects.toThrow(stale);
        await expect(lock.compareAndSet({ ...b, size: 3 }, c)).rejects.toThrow(stale);
        await lock.close();
        lock = await open('log.example');
        expect(await lock.read()).toEqual(b);
        await lock.compareAndSet(b, c);
        expect(await lock.read()).toEqual(c);
        await lock.close();
      });
    });

    it('keeps a note of several lines and a great size as they are', async () => {
      await inHome(async (open) => {
        const lock = await open('log.example');
        const note = {
          size: Number.MAX_SAFE_INTEGER,
          note: "log.example\n9\nroot=\n\n— log.example 'x'\\n\u{1F5FE}\n",
        };
        await lock.compareAndSet(undefined, note);
        expect(await lock.read()).toEqual(note);
        await lock.close();
      });
    });

    it('keeps the second out until the first has closed, and no longer', async () => {
      await inHome(async (open) => {
        const lock = await open('log.example');
        const taken = expect.objectContaining({ code: 'in_use' });
        await expect(open('log.example')).rejects.toThrow(taken);
        await lock.compareAndSet(undefined, { size: 1, note: 'a' });
        await lock.close();
        const second = await open('log.example');
        expect(await second.read()).toEqual({ size: 1, note: 'a' });
        await second.close();
      });
    });

    it('keeps the checkpoints of two logs apart', async () => {
      await inHome(async (open) => {
        const lock = await open('log.example');
        await lock.compareAndSet(undefined, { size: 1, note: 'a' });
        await lock.close();
        const another = await open('another.example');
        expect(await another.read()).toBeUndefined();
        await another.close();
      });
    });
  });
}
