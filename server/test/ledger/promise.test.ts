import { openPromise, parseVerifierKey, verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import { type Ledger, openLedger } from '#ledger';
import { append, inDirectory, intent, openEngine, origin, outcome, startMs } from './fixtures.ts';

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

  it('is a receipt also while the checkpoint that covers it is signed and not yet shown', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const verifierKeys = [engine.verifierKey];
      const [{ id, index }] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      const published = engine.publish();
      while (engine.signed.size <= index) await new Promise((resolve) => setImmediate(resolve));
      const receipt = (await engine.receipt(id, []))!;
      expect((await verifyReceipt(receipt, { verifierKeys })).verdict).toBe('UNANCHORED');
      await published;
      await engine.close();
    });
  });
});
