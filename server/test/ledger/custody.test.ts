import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '#base';
import { planOrder } from '../../src/ledger/custodian.ts';
import type { CustodyOrder } from '../../src/ledger/custody-order.ts';
import { dayOf } from '../../src/ledger/index-rebuild.ts';
import type { Engine, Sequenced } from '../../src/ledger/engine.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import { groups } from '../../src/ledger/fields.ts';
import { recoverLog } from '../../src/ledger/recovery.ts';
import { firstKeptDay } from '../../src/ledger/retention.ts';
import * as local from './fixtures.ts';
import { append, intent, outcome, startMs } from './fixtures.ts';
import { type LedgerStore, ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

const signed = { by: 'key-1', authority: 'District court' } as const;
const months = { identity: 6, content: 13, ops: 36 } as const;
const expiry: CustodyOrder = { ...signed, kind: 'expire', months };

function erase(id: string): CustodyOrder {
  return { ...signed, kind: 'erase', passageIds: [id], groups, basis: 'gdpr-17' };
}

function hold(id: string): CustodyOrder {
  return { ...signed, kind: 'hold', passageIds: [id], reason: 'case 7/2026' };
}

function release(holdId: string): CustodyOrder {
  return { ...signed, kind: 'release', holdId, reason: 'case closed' };
}

async function passage(engine: Engine, nowMs: number): Promise<Sequenced> {
  return (await append(engine, [intent('a'), outcome('#0', 'b')], nowMs))[0];
}

function after(start: number, count: number): number {
  const date = new Date(start);
  return date.setUTCMonth(date.getUTCMonth() + count);
}

async function states(engine: Engine, id: string): Promise<string> {
  const { states: found } = (await engine.passage(id, { content: true }))!;
  return groups.map((group) => found[group]?.slice(0, 1) ?? '-').join('');
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

/** Sequences an order's entries and dies before it is carried out. */
async function dieAfterEntries(
  { place, openEngine }: LedgerStore,
  directory: string,
  { order, nowMs }: { readonly order: CustodyOrder; readonly nowMs: number },
): Promise<void> {
  const files = await recoverLog(place(directory));
  const { drafts } = await planOrder(files, order, nowMs);
  files.index.close();
  await files.vault.close();
  await files.storage.close();
  const engine = await openEngine(directory, nowMs);
  await engine.append([drafts], nowMs);
  await engine.abandon();
}

describe.each(stores)('a legal hold in $name', (store) => {
  const { inDirectory, openEngine } = store;

  it('refuses erasure until every hold on the passage is lifted', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      const [first] = (await engine.carryOut(hold(id), startMs)).sequenced;
      const [second] = (await engine.carryOut(hold(id), startMs)).sequenced;
      expect(await engine.passage(id, { content: true })).toMatchObject({
        held: true,
        contentState: 'PRESENT',
        intentFields: { 'actor.id': 'key-7' },
      });
      for (const holdId of [first.id, second.id]) {
        expect(await refusal(() => engine.carryOut(erase(id), startMs))).toBe('held');
        await engine.close();
        engine = await openEngine(directory);
        expect(await refusal(() => engine.carryOut(erase(id), startMs))).toBe('held');
        await engine.carryOut(release(holdId), startMs);
      }
      expect(await refusal(() => engine.carryOut(release(first.id), startMs))).toBe('unknown_hold');
      expect((await engine.passage(id, { content: true }))!.held).toBe(false);
      await engine.carryOut(erase(id), startMs);
      expect(await states(engine, id)).toBe('EEE');
      await engine.close();
    });
  });

  it('keeps a passage beyond its time; the next run after the release erases it', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const held = await passage(engine, startMs);
      const other = await passage(engine, startMs);
      const [order] = (await engine.carryOut(hold(held.id), startMs)).sequenced;
      const late = after(startMs, 40);
      await engine.carryOut(expiry, late);
      expect([await states(engine, held.id), await states(engine, other.id)]).toEqual([
        'PPP',
        'EEE',
      ]);
      await engine.close();
      rmSync(join(directory, 'index.db'));
      engine = await openEngine(directory, late);
      expect([await states(engine, held.id), await states(engine, other.id)]).toEqual([
        'PPP',
        'EEE',
      ]);
      await engine.carryOut(release(order.id), late);
      expect(await states(engine, held.id)).toBe('PPP');
      await engine.close();
      engine = await openEngine(directory, late);
      expect(await states(engine, held.id)).toBe('PPP');
      expect((await engine.carryOut(expiry, late)).sequenced).toHaveLength(3);
      expect(await states(engine, held.id)).toBe('EEE');
      expect((await engine.carryOut(expiry, late)).sequenced).toHaveLength(0);
      await engine.close();
    });
  });

  it('that was recorded and not carried out is finished by the next start', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      await engine.close();
      await dieAfterEntries(store, directory, { order: hold(id), nowMs: startMs });
      engine = await openEngine(directory);
      await engine.carryOut(expiry, after(startMs, 40));
      expect(await states(engine, id)).toBe('PPP');
      await engine.close();
    });
  });

  it('lifted in time gives the keys back to their day', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      const [order] = (await engine.carryOut(hold(id), startMs)).sequenced;
      await engine.carryOut(release(order.id), startMs);
      expect(await states(engine, id)).toBe('PPP');
      // One entry for the day, and none for the passage alone.
      expect((await engine.carryOut(expiry, after(startMs, 7))).sequenced).toHaveLength(1);
      expect(await states(engine, id)).toBe('EPP');
      await engine.close();
    });
  });
});

describe.each(stores)('retention in $name', (store) => {
  const { inDirectory, openEngine, inVault } = store;

  it('drops the key of a day in one step, with one entry that names the range', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const old = [];
      for (let i = 0; i < 20; i++) old.push(await passage(engine, startMs));
      const refused = (
        await append(
          engine,
          [intent('c', { evidenceClass: 'r2' }), outcome('#0', 'd', { evidenceClass: 'r2' })],
          startMs,
        )
      )[0];
      const young = await passage(engine, startMs + 86_400_000);
      const receipt = (await engine.receipt(old[0].id, ['ops']))!;
      const now = after(startMs, 6) + 86_400_000;
      const { sequenced } = await engine.carryOut(expiry, now);
      // Identity of one day, in each of the two evidence classes.
      expect(sequenced).toHaveLength(2);
      for (const round of ['before', 'after', 'rebuilt']) {
        for (const { id } of [...old, refused]) expect(await states(engine, id), round).toBe('EPP');
        expect(await states(engine, young.id)).toBe('PPP');
        const { erasures } = (await engine.passage(old[3].id, { content: false }))!;
        expect(erasures).toMatchObject([
          { groups: ['identity'], basis: 'retention', authority: 'District court' },
        ]);
        await engine.close();
        if (round === 'after') rmSync(join(directory, 'index.db'));
        engine = await openEngine(directory, now);
      }
      expect((await engine.carryOut(expiry, now)).sequenced).toHaveLength(0);
      await engine.carryOut(expiry, after(now, 40));
      for (const { id } of [...old, refused, young]) expect(await states(engine, id)).toBe('EEE');
      const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
      expect(report.verdict).toBe('UNANCHORED');
      await engine.close();
    });
  });

  it('that was recorded and not carried out is finished by the next start', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      await engine.close();
      const now = after(startMs, 14);
      await dieAfterEntries(store, directory, { order: expiry, nowMs: now });
      engine = await openEngine(directory, now);
      expect(await states(engine, id)).toBe('EEP');
      await engine.close();
      const kept = await inVault(directory, async (vault) => {
        const days = await Promise.all(groups.map((group) => vault.daysBefore(group, 2 ** 31 - 1)));
        return groups.filter((_, i) => days[i].length > 0);
      });
      expect(kept).toEqual(['ops']);
    });
  });
});

describe('retention', () => {
  it('leaves no byte of the day key, which alone opens what lies under it', async () => {
    await local.inDirectory(async (directory) => {
      let engine = await local.openEngine(directory);
      await passage(engine, startMs);
      await engine.close();
      const database = openDatabase(join(directory, 'vault.db'));
      const rows = database
        .prepare("SELECT wrapped FROM kek WHERE grp = 'identity'")
        .all() as readonly { wrapped: Buffer }[];
      database.close();
      const wrapped = Buffer.from(rows[0].wrapped);
      const present = (): boolean =>
        [...local.filesUnder(directory).values()].some((bytes) =>
          bytes.includes(wrapped.subarray(12)),
        );
      expect(present()).toBe(true);
      engine = await local.openEngine(directory);
      await engine.carryOut(expiry, after(startMs, 7));
      expect(present()).toBe(false);
      await engine.close();
      expect(present()).toBe(false);
    });
  });

  it('counts calendar months, and lets nothing go early where a month is short', () => {
    const kept = (iso: string, count: number): string =>
      new Date(firstKeptDay(Date.parse(iso), count) * 86_400_000).toISOString().slice(0, 10);
    expect(kept('2026-11-24T12:00:00Z', 6)).toBe('2026-05-24');
    expect(kept('2026-08-31T00:00:00Z', 6)).toBe('2026-02-28');
    expect(kept('2028-03-31T23:59:59Z', 1)).toBe('2028-02-29');
    expect(kept('2027-01-15T00:00:00Z', 13)).toBe('2025-12-15');
    expect(firstKeptDay(startMs, 0)).toBe(dayOf(startMs / 1_000));
  });
});

describe.each(stores)('a grant in $name', ({ inDirectory, openEngine }) => {
  const until = startMs / 1_000 + 3_600;
  const grant = (id: string): CustodyOrder & { kind: 'grant' } => ({
    ...signed,
    kind: 'grant',
    reader: 'key-9',
    passageIds: [id],
    groups: ['content'],
    until,
    reason: 'yearly audit',
  });

  it('opens the named groups of the named passages to one key, until its time is over', async () => {
    await inDirectory(async (directory) => {
      let engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      const other = await passage(engine, startMs);
      const [entry] = (await engine.carryOut(grant(id), startMs)).sequenced;
      for (const round of ['before', 'rebuilt']) {
        expect(engine.grantedGroups(id, 'key-9', startMs), round).toEqual(['content']);
        expect(engine.grantedGroups(id, 'key-9', until * 1_000 - 1)).toEqual(['content']);
        expect(engine.grantedGroups(id, 'key-9', until * 1_000)).toEqual([]);
        expect(engine.grantedGroups(id, 'key-8', startMs)).toEqual([]);
        expect(engine.grantedGroups(other.id, 'key-9', startMs)).toEqual([]);
        await engine.close();
        rmSync(join(directory, 'index.db'));
        engine = await openEngine(directory);
      }
      const withdraw = { ...signed, kind: 'withdraw', grantId: entry.id, reason: 'done' } as const;
      await engine.carryOut(withdraw, startMs);
      expect(engine.grantedGroups(id, 'key-9', startMs)).toEqual([]);
      expect(await refusal(() => engine.carryOut(withdraw, startMs))).toBe('unknown_grant');
      await engine.close();
      engine = await openEngine(directory);
      expect(engine.grantedGroups(id, 'key-9', startMs)).toEqual([]);
      await engine.close();
    });
  });

  it('is refused without an end, or with one that is past or years away', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const { id } = await passage(engine, startMs);
      const ends = [startMs / 1_000, until + 0.5, Number.NaN, until + 400 * 86_400];
      for (const end of ends) {
        const order = { ...grant(id), until: end };
        expect(await refusal(() => engine.carryOut(order, startMs))).toBe('order_invalid');
      }
      await engine.close();
    });
  });
});
