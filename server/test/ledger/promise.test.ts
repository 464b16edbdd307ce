import { openPromise, parseVerifierKey, verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import { type Ledger, openLedger } from '#ledger';
import { inDirectory, intent, origin, outcome, startMs } from './fixtures.ts';

function open(directory: string): Promise<Ledger> {
  const clock = { nowMs: () => startMs, monotonicMs: () => 0 };
  return openLedger({ directory, originName: origin, checkpointMs: 1, clock, log: silentLog });
}

describe('what a caller is given', () => {
  it('is a promise for an intent, and for nothing else, that names the leaf at its place', async () => {
    await inDirectory(async (directory) => {
      const ledger = await open(directory);
      const [first, last] = await ledger.append([intent('a'), outcome('#0', 'b')]);
      expect(last.promise).toBeUndefined();
      const key = (await parseVerifierKey(ledger.verifierKey))!;
      const promise = (await openPromise(first.promise!, [key]))!;
      expect({ ...promise, leafHash: Buffer.from(promise.leafHash).toString('base64url') }).toEqual(
        { origin, index: first.index, leafHash: first.leafHash },
      );
      await ledger.close();
    });
  });

  it('is a receipt also while a checkpoint that covers it is on its way', async () => {
    await inDirectory(async (directory) => {
      const ledger = await open(directory);
      const verifierKeys = [ledger.verifierKey];
      for (let round = 0; round < 60; round++) {
        const [{ id }] = await ledger.append([intent('a'), outcome('#0', 'b')]);
        // The timer of a checkpoint runs out somewhere in here.
        await new Promise((resolve) => setTimeout(resolve, round % 4));
        const receipt = (await ledger.receipt(id, { groups: [] }))!;
        expect((await verifyReceipt(receipt, { verifierKeys })).verdict).toBe('UNANCHORED');
      }
      await ledger.close();
    });
  });
});
