import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Group, groups } from '../../src/ledger/fields.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import type { KeyVault, VaultDay, VaultRecord } from '../../src/ledger/storage.ts';

/** Where one vault lies. Its `close` lets go of all that keeps another from opening it. */
export interface VaultHome {
  readonly open: (rootKey: (vaultIsNew: boolean) => RootKey) => Promise<KeyVault>;
  readonly remove: () => Promise<void>;
}

export const day = 20_781;

export function vaultRecord(more: Partial<VaultRecord> = {}): VaultRecord {
  return {
    recordId: randomBytes(16),
    evidenceClass: 'r1',
    day,
    keys: groups.map((group) => ({ group, key: randomBytes(32) })),
    ...more,
  };
}

export function keyOf(record: VaultRecord, group: Group): Uint8Array | undefined {
  return record.keys.find((kept) => kept.group === group)?.key;
}

/** Which groups of a record can be opened, and that they open to the right key. */
async function present(vault: KeyVault, record: VaultRecord): Promise<readonly Group[]> {
  const found: Group[] = [];
  for (const group of groups) {
    const key = await vault.get(record.recordId, group);
    expect(await vault.has(record.recordId, group)).toBe(key !== undefined);
    if (key === undefined) continue;
    expect(Buffer.from(key).equals(keyOf(record, group)!)).toBe(true);
    found.push(group);
  }
  return found;
}

const hex = (ids: readonly Uint8Array[]): string[] =>
  ids.map((id) => Buffer.from(id).toString('hex'));

/** What every vault keeps and forgets, wherever it lies. */
export function describeVault(name: string, home: () => Promise<VaultHome>): void {
  /** @param work is given a way to close the vault and open it again */
  async function inHome(
    work: (vault: KeyVault, again: () => Promise<KeyVault>) => Promise<void>,
  ): Promise<void> {
    const { open, remove } = await home();
    const rootKey = new RootKey(randomBytes(32));
    let vault = await open(() => rootKey);
    try {
      await work(vault, async () => {
        await vault.close();
        vault = await open(() => rootKey);
        return vault;
      });
    } finally {
      await vault.close();
      await remove();
    }
  }

  const placesOf = (record: VaultRecord, of: readonly Group[] = groups) =>
    of.map((group) => ({ recordId: record.recordId, group, day: record.day }));
  const dayOf = (group: Group, more: Partial<VaultDay> = {}): VaultDay => ({
    group,
    evidenceClass: 'r1',
    day,
    ...more,
  });

  describe(`the vault in ${name}`, () => {
    it('gives each key back to its record and group only, also after a restart', async () => {
      await inHome(async (first, again) => {
        const records = [
          vaultRecord(),
          vaultRecord({ keys: [{ group: 'ops', key: randomBytes(32) }] }),
          vaultRecord({ evidenceClass: 'r3', subject: randomBytes(32) }),
          vaultRecord({ day: day + 1 }),
        ];
        await first.put([]);
        await first.put(records.slice(0, 1));
        await first.put(records.slice(1));
        for (const reach of [async () => first, again]) {
          const vault = await reach();
          for (const record of records) {
            const all = record.keys.map(({ group }) => group);
            expect(await present(vault, record)).toEqual(all);
          }
          expect(await vault.get(randomBytes(16), 'ops')).toBeUndefined();
          expect(await vault.has(randomBytes(16), 'ops')).toBe(false);
        }
      });
    });

    it('takes a whole batch at once', async () => {
      await inHome(async (first, again) => {
        const records = Array.from({ length: 1_024 }, () => vaultRecord());
        await first.put(records);
        const vault = await again();
        for (const record of [records[0], records[511], records[1_023]]) {
          expect(await present(vault, record)).toEqual(groups);
        }
      });
    });

    it('says whether it is new, and refuses another root key', async () => {
      const { open, remove } = await home();
      const asked: boolean[] = [];
      const rootKey = new RootKey(randomBytes(32));
      const opening = (key: RootKey): Promise<KeyVault> =>
        open((isNew) => {
          asked.push(isNew);
          return key;
        });
      let vault = await opening(rootKey);
      await vault.put([vaultRecord()]);
      await vault.close();
      await expect(opening(new RootKey(randomBytes(32)))).rejects.toThrow(
        expect.objectContaining({ code: 'wrong_key' }),
      );
      vault = await opening(rootKey);
      await vault.close();
      expect(asked).toEqual([true, false, false]);
      await remove();
    });

    it('deletes the newest records that nobody knows, and stops at the first known', async () => {
      await inHome(async (vault) => {
        const [older, kept] = [vaultRecord(), vaultRecord()];
        const orphans = [vaultRecord(), vaultRecord({ day: day + 1 }), vaultRecord()];
        await vault.put([older]);
        await vault.put([kept]);
        await vault.put(orphans);
        const known = (id: Uint8Array): boolean => Buffer.from(id).equals(kept.recordId);
        expect(await vault.deleteOrphans(known)).toBe(3);
        expect(await vault.deleteOrphans(known)).toBe(0);
        for (const record of orphans) expect(await present(vault, record)).toEqual([]);
        for (const record of [older, kept]) expect(await present(vault, record)).toEqual(groups);
        await vault.put(orphans);
        expect(await present(vault, orphans[1])).toEqual(groups);
      });
    });

    it('destroys what is named and nothing else, for good', async () => {
      await inHome(async (first, again) => {
        const [gone, other] = [vaultRecord(), vaultRecord()];
        await first.put([gone, other]);
        await first.destroy([...placesOf(gone, ['content', 'identity'])]);
        await first.destroy([{ recordId: randomBytes(16), group: 'ops' }]);
        for (const reach of [async () => first, again]) {
          const vault = await reach();
          expect(await present(vault, gone)).toEqual(['ops']);
          expect(await present(vault, other)).toEqual(groups);
          await vault.destroy(placesOf(gone, ['content']));
        }
      });
    });

    it('finds what is about a person until the identity is destroyed', async () => {
      await inHome(async (first, again) => {
        const [subject, another] = [randomBytes(32), randomBytes(32)];
        const records = [
          vaultRecord({ subject }),
          vaultRecord({ subject: another }),
          vaultRecord({ subject, evidenceClass: 'r2' }),
          vaultRecord(),
          vaultRecord({ subject, day: day + 1 }),
        ];
        await first.put(records);
        const [a, b, c, , e] = hex(records.map(({ recordId }) => recordId));
        for (const reach of [async () => first, again]) {
          const vault = await reach();
          expect(hex(await vault.recordsOf(subject))).toEqual([a, c, e]);
          expect(hex(await vault.recordsOf(another))).toEqual([b]);
          expect(await vault.recordsOf(randomBytes(32))).toEqual([]);
        }
        const vault = await again();
        await vault.destroy(placesOf(records[0], ['content']));
        expect(hex(await vault.recordsOf(subject))).toEqual([a, c, e]);
        await vault.destroy(placesOf(records[0], ['identity']));
        expect(hex(await vault.recordsOf(subject))).toEqual([c, e]);
        await vault.destroyDays([dayOf('content', { evidenceClass: 'r2' })]);
        expect(hex(await vault.recordsOf(subject))).toEqual([c, e]);
        await vault.destroyDays([dayOf('identity', { evidenceClass: 'r2' })]);
        expect(hex(await vault.recordsOf(subject))).toEqual([e]);
        expect(hex(await vault.recordsOf(another))).toEqual([b]);
      });
    });

    it('keeps finding what is held about a person when its day has gone', async () => {
      await inHome(async (vault) => {
        const subject = randomBytes(32);
        const [held, free] = [vaultRecord({ subject }), vaultRecord({ subject })];
        await vault.put([held, free]);
        await vault.hold(placesOf(held));
        await vault.destroyDays([dayOf('identity')]);
        expect(hex(await vault.recordsOf(subject))).toEqual(hex([held.recordId]));
        await vault.destroy(placesOf(held, ['identity']));
        expect(await vault.recordsOf(subject)).toEqual([]);
      });
    });

    it('destroys whole days of one group and class', async () => {
      await inHome(async (first, again) => {
        const old = vaultRecord();
        const second = vaultRecord({ evidenceClass: 'r2' });
        const incident = vaultRecord({ evidenceClass: 'r3' });
        const later = vaultRecord({ day: day + 1 });
        await first.put([old, second, incident, later]);
        expect(await first.daysBefore('ops', day)).toEqual([]);
        expect(await first.daysBefore('ops', Number.MAX_SAFE_INTEGER)).toEqual([
          dayOf('ops'),
          dayOf('ops', { evidenceClass: 'r2' }),
          dayOf('ops', { day: day + 1 }),
        ]);
        await first.destroyDays([dayOf('ops'), dayOf('identity')]);
        for (const reach of [async () => first, again]) {
          const vault = await reach();
          expect(await vault.daysBefore('ops', day + 1)).toEqual([
            dayOf('ops', { evidenceClass: 'r2' }),
          ]);
          expect(await present(vault, old)).toEqual(['content']);
          for (const record of [second, incident, later]) {
            expect(await present(vault, record)).toEqual(groups);
          }
        }
      });
    });

    it('keeps what is held beyond its day, and gives it back in time', async () => {
      await inHome(async (first, again) => {
        const [held, free, released] = [vaultRecord(), vaultRecord(), vaultRecord()];
        await first.put([held, free, released]);
        await first.hold([...placesOf(held), ...placesOf(released)]);
        await first.hold(placesOf(held));
        let vault = await again();
        for (const record of [held, free, released]) {
          expect(await present(vault, record)).toEqual(groups);
        }
        await vault.unhold(placesOf(released));
        await vault.unhold(placesOf(released));
        expect(await present(vault, released)).toEqual(groups);
        await vault.destroyDays([dayOf('content'), dayOf('ops')]);
        vault = await again();
        expect(await present(vault, held)).toEqual(groups);
        expect(await present(vault, free)).toEqual(['identity']);
        expect(await present(vault, released)).toEqual(['identity']);
        // The key of its day is gone, so it stays under the hold's until somebody destroys it.
        await vault.unhold(placesOf(held));
        expect(await present(vault, held)).toEqual(groups);
        await vault.destroy(placesOf(held, ['content']));
        expect(await present(vault, held)).toEqual(['identity', 'ops']);
      });
    });

    it('does not bring back by a hold what was destroyed', async () => {
      await inHome(async (vault) => {
        const record = vaultRecord();
        await vault.put([record]);
        await vault.destroy(placesOf(record, ['content']));
        await vault.hold(placesOf(record));
        await vault.unhold(placesOf(record));
        expect(await present(vault, record)).toEqual(['identity', 'ops']);
      });
    });
  });
}
