import { verifyConsistency, parseCheckpointBody, parseNote } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { append, intent, outcome, plain } from './fixtures.ts';
import { ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

/** A note with a line that some witness might have added; the main thread has verified it. */
function cosigned(note: string, witness = 'witness.example'): string {
  const line = Buffer.alloc(76, witness).toString('base64');
  return `${note}— ${witness} ${line}\n`;
}

const checkpointIn = (receipt: string): string => {
  const { entries } = JSON.parse(receipt) as { entries: { proof: string }[] };
  return entries[0].proof.split('\n\n').slice(1).join('\n\n');
};

describe.each(stores)('a cosigned checkpoint in $name', (store) => {
  const { inDirectory, openEngine, published, publish } = store;

  it('goes through the lock, is published, and is the same after a restart', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const alone = engine.published!.note;
      await engine.adopt(cosigned(alone, 'one.example'), true);
      await engine.adopt(cosigned(alone, 'two.example'), true);
      // The same lines again change nothing.
      await engine.adopt(cosigned(alone, 'one.example'), true);
      const both = cosigned(cosigned(alone, 'one.example'), 'two.example');
      expect(engine.published!.note).toBe(both);
      expect(published(directory)).toBe(both);
      await engine.publish();
      expect(published(directory)).toBe(both);
      await engine.close();
      const again = await openEngine(directory);
      expect(again.published!.note).toBe(both);
      await append(again, [plain]);
      await again.publish();
      expect(again.published!.note).not.toContain('one.example');
      await again.close();
    });
  });

  it('survives a crash between the lock and the file', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const alone = engine.published!.note;
      await engine.adopt(cosigned(alone), true);
      await engine.abandon();
      publish(directory, alone);
      const again = await openEngine(directory);
      expect(published(directory)).toBe(cosigned(alone));
      await again.close();
    });
  });

  it('is not taken from anyone who changes it, or from another log', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const alone = engine.published!.note;
      const [origin, size, root] = alone.split('\n');
      for (const note of [
        '',
        'nothing',
        cosigned(alone.replace(`${origin}\n`, 'other.example\n')),
        cosigned(alone.replace(`\n${size}\n`, '\n7\n')),
        cosigned(alone.replace(root, Buffer.alloc(32, 7).toString('base64'))),
        alone.replace(/— [^]*$/, cosigned('')),
      ]) {
        await engine.adopt(note, true);
        expect([note, engine.published!.note]).toEqual([note, alone]);
      }
      await engine.close();
    });
  });

  it('serves receipts after the log has grown, if a quorum signed it and it covers them', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const [first] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      await engine.publish();
      const alone = engine.published!.note;
      const [second] = await append(engine, [intent('c'), outcome('#0', 'd')]);
      await engine.publish();
      const newest = engine.published!.note;
      // Too few have signed, so receipts rest on the newest one still.
      await engine.adopt(cosigned(alone, 'few.example'), false);
      expect(checkpointIn((await engine.receipt(first.id, ['ops']))!)).toBe(newest);
      await engine.adopt(cosigned(alone), true);
      expect(engine.published!.note).toBe(newest);
      expect(published(directory)).toBe(newest);
      expect(checkpointIn((await engine.receipt(first.id, ['ops']))!)).toBe(cosigned(alone));
      expect(checkpointIn((await engine.receipt(second.id, ['ops']))!)).toBe(newest);
      await engine.close();
    });
  });

  it('is asked for with a proof from whatever size a witness knows', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const checkpoints = [engine.published!.note];
      for (let i = 0; i < 6; i++) {
        await append(
          engine,
          Array.from({ length: 1 + i * 61 }, () => plain),
        );
        await engine.publish();
        checkpoints.push(engine.published!.note);
      }
      const trees = checkpoints.map((note) => parseCheckpointBody(parseNote(note)!.text)!);
      for (const [i, before] of trees.entries()) {
        for (const after of trees.slice(i)) {
          const proof = (await engine.consistencyProof(before.size, after.size))!;
          const claim = { oldSize: before.size, newSize: after.size, proof };
          const roots = { oldRoot: before.root, newRoot: after.root };
          // oxlint-disable-next-line no-await-in-loop -- the first fault is the one to name
          expect(await verifyConsistency({ ...claim, ...roots })).toBe(true);
        }
      }
      const { size } = engine.published!;
      for (const [from, to] of [
        [0, size],
        [2, 1],
        [1, size + 1],
      ] as const) {
        expect(await engine.consistencyProof(from, to)).toBeUndefined();
      }
      await engine.close();
    });
  });
});
