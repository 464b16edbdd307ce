import { describe, expect, it, vi } from 'vitest';
import { limits, silentLog } from '#base';
import { type Ledger, openLedger } from '#ledger';
import { inDirectory, origin, plain, startMs } from './fixtures.ts';

function open(directory: string, more: { checkpointMs?: number; holdBack?: boolean } = {}) {
  return openLedger({
    directory,
    originName: origin,
    checkpointMs: 5,
    clock: { nowMs: () => startMs, monotonicMs: () => 0 },
    log: silentLog,
    ...more,
  });
}

/** A note with a line that some witness might have added; its caller has verified it. */
function cosigned(note: string): string {
  return `${note}— witness.example ${Buffer.alloc(76, 'w').toString('base64')}\n`;
}

/** The newest signed checkpoint that covers so many entries. */
function signedOver(ledger: Ledger, size: number): Promise<string> {
  return new Promise((resolve) => {
    const stop = ledger.onSign((note) => {
      if (Number(note.split('\n')[1]) < size) return;
      resolve(note);
      setImmediate(() => stop());
    });
  });
}

describe('whoever waits for an entry', () => {
  it('hears when a published checkpoint covers it, and when witnesses have signed one', async () => {
    for (const holdBack of [false, true]) {
      await inDirectory(async (directory) => {
        const ledger = await open(directory, { holdBack });
        const [{ index }] = await ledger.append([plain]);
        const reached: string[] = [];
        const waits = (['included', 'witnessed'] as const).map(async (level) => {
          await ledger.acknowledged(index, level);
          reached.push(level);
        });
        const note = await signedOver(ledger, index + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(reached).toEqual(holdBack ? [] : ['included']);
        await ledger.adoptCosignatures(cosigned(note), false);
        expect(reached).toEqual(holdBack ? [] : ['included']);
        await ledger.adoptCosignatures(cosigned(note), true);
        await Promise.all(waits);
        expect(reached.toSorted()).toEqual(['included', 'witnessed']);
        // What is covered already is known at once.
        await ledger.acknowledged(index, 'witnessed');
        await ledger.acknowledged(0, 'included');
        await ledger.close();
      });
    }
  });

  it('is told so when it takes too long, or the ledger closes', async () => {
    await inDirectory(async (directory) => {
      const ledger = await open(directory, { checkpointMs: 3_600_000 });
      const [{ index }] = await ledger.append([plain]);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const included = ledger.acknowledged(index, 'included');
        const witnessed = ledger.acknowledged(0, 'witnessed');
        const late = Promise.all([
          expect(included).rejects.toMatchObject({ code: 'not_published' }),
          expect(witnessed).rejects.toMatchObject({ code: 'not_witnessed' }),
        ]);
        vi.advanceTimersByTime(limits.acknowledgeMs);
        await late;
        const again = ledger.acknowledged(index, 'witnessed');
        const closed = expect(again).rejects.toMatchObject({ code: 'closed' });
        await ledger.close();
        await closed;
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
      await expect(ledger.acknowledged(0, 'included')).rejects.toMatchObject({ code: 'closed' });
    });
  });
});

describe('a ledger that is being closed', () => {
  it('refuses what comes late, and does not call that a failure', async () => {
    for (let round = 0; round < 10; round++) {
      await inDirectory(async (directory) => {
        const fatal: unknown[] = [];
        const ledger = await openLedger({
          directory,
          originName: origin,
          checkpointMs: 1,
          clock: { nowMs: () => startMs, monotonicMs: () => 0 },
          log: silentLog,
          onFatal: (error) => fatal.push(error),
        });
        const early = ledger.append([plain]);
        const closing = ledger.close();
        const late: Promise<unknown>[] = [];
        for (let i = 0; i < 5; i++) {
          const one = ledger.append([plain]);
          late.push(one.catch((error: unknown) => error));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await early;
        await closing;
        for (const said of await Promise.all(late)) {
          if (!Array.isArray(said)) expect(said).toMatchObject({ code: 'closed' });
        }
        expect(fatal).toEqual([]);
      });
    }
  });
});
