import { describe, expect, it } from 'vitest';
import { append, intent, outcome, ownEntries, plain, rootKeyOf, startMs } from './fixtures.ts';
import { ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

/** A note with a line that some witness might have added; the main thread has verified it. */
function cosigned(note: string): string {
  return `${note}— witness.example ${Buffer.alloc(76, 'w').toString('base64')}\n`;
}

/** Of the first checkpoint: what the log writes itself, an intent and its outcome. */
const small = 2 + ownEntries;

describe.each(stores)('publication that waits for witnesses, in $name', (store) => {
  const { inDirectory, openEngine, published: shown } = store;

  it('shows nothing before a quorum has signed, and then what it has signed', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory, startMs, { holdBack: true });
      const [first] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      await engine.publish();
      const early = engine.signed;
      expect(early.size).toBe(small);
      for (const round of ['first start', 'restart']) {
        expect(engine.published, round).toBeUndefined();
        expect(shown(directory)).toBeUndefined();
        expect(await engine.tile(`tile/0/000.p/${small}`)).toBeUndefined();
        await expect(engine.receipt(first.id, ['ops'])).rejects.toMatchObject({
          code: 'not_published',
        });
        await engine.close();
        engine = await openEngine(directory, startMs, { holdBack: true });
      }
      // Too few: the lines are kept and nothing is shown.
      await engine.adopt(cosigned(early.note), false);
      expect(shown(directory)).toBeUndefined();
      // The log outgrows the checkpoint, and its first tile with it, before enough have signed.
      await append(
        engine,
        Array.from({ length: 300 }, () => plain),
      );
      await engine.publish();
      await engine.adopt(cosigned(early.note), true);
      expect(shown(directory)).toBe(cosigned(early.note));
      expect(engine.published?.size).toBe(small);
      expect(engine.witnessedSize).toBe(small);
      expect(await engine.receipt(first.id, ['ops'])).toContain('witness.example');
      const part = (await engine.tile(`tile/0/000.p/${small}`))!;
      expect(part).toHaveLength(32 * small);
      expect(await engine.tile(`tile/entries/000.p/${small}`)).toBeDefined();
      expect(await engine.tile('tile/0/000')).toBeUndefined();
      await engine.adopt(cosigned(engine.signed.note), true);
      expect(engine.published?.size).toBe(small + 300);
      expect(Buffer.from((await engine.tile('tile/0/000'))!.subarray(0, 32 * small))).toEqual(
        Buffer.from(part),
      );
      // An older one is no news any more.
      await engine.adopt(cosigned(early.note), true);
      expect(engine.published?.size).toBe(small + 300);
      await append(engine, [plain]);
      await engine.close();
      const held = shown(directory);
      engine = await openEngine(directory, startMs, { holdBack: true });
      expect(engine.published).toEqual({ size: small + 300, note: held });
      expect(engine.signed.size).toBe(small + 301);
      await engine.close();
    });
  });
});

describe.each(stores)('the tag of a subject in $name', ({ inDirectory, openEngine, inVault }) => {
  const by = { by: 'key-1', authority: 'Data protection office' } as const;
  const about = (who: string) =>
    intent('x', { fields: { 'subject.ref': who, 'request.messages': 'x' } });

  it('finds what is about a person until their identity is erased or its day is over', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const exchange = async (who: string): Promise<string> =>
        (await append(engine, [about(who), outcome('#0', 'y')]))[0].id;
      const [first, other, second] = [
        await exchange('alice'),
        await exchange('bob'),
        await exchange('alice'),
      ];
      await engine.close();
      const rootKey = rootKeyOf(directory);
      const recordsOf = async (who: string): Promise<readonly string[]> => {
        await engine.close();
        const tag = rootKey.subjectTag(JSON.stringify(who));
        const found = await inVault(directory, (vault) => vault.recordsOf(tag));
        engine = await openEngine(directory);
        return found.map((id) => Buffer.from(id).toString('hex'));
      };
      expect(await recordsOf('alice')).toEqual([first, second]);
      expect(await recordsOf('bob')).toEqual([other]);
      expect(await recordsOf('carol')).toEqual([]);
      const erase = { ...by, kind: 'erase', basis: 'gdpr-17', passageIds: [first] } as const;
      await engine.carryOut({ ...erase, groups: ['content'] }, startMs);
      expect(await recordsOf('alice')).toEqual([first, second]);
      await engine.carryOut({ ...erase, groups: ['identity'] }, startMs);
      expect(await recordsOf('alice')).toEqual([second]);
      const hold = { ...by, kind: 'hold', passageIds: [other], reason: 'case' } as const;
      await engine.carryOut(hold, startMs);
      const months = { identity: 1, content: 13, ops: 36 } as const;
      await engine.carryOut({ ...by, kind: 'expire', months }, startMs + 40 * 86_400_000);
      expect(await recordsOf('alice')).toEqual([]);
      expect(await recordsOf('bob')).toEqual([other]);
      await engine.close();
    });
  });
});
