import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import { type AppendEvent, type Ledger, LedgerError, openLedger } from '#ledger';
import * as local from './fixtures.ts';
import { intent, origin, outcome, plain, startMs } from './fixtures.ts';
import { type LedgerStore, ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

function open(
  directory: string,
  {
    nowMs = () => startMs,
    onFatal,
    store,
  }: {
    nowMs?: () => number;
    onFatal?: (error: LedgerError) => void;
    store?: LedgerStore;
  } = {},
): Promise<Ledger> {
  return openLedger({
    directory,
    originName: origin,
    checkpointMs: 10,
    clock: { nowMs, monotonicMs: () => 0 },
    log: silentLog,
    ...(store === undefined ? {} : { storage: store.settings(directory) }),
    ...(onFatal === undefined ? {} : { onFatal }),
  });
}

describe.each(stores)('the open ledger in $name', (store) => {
  const { inDirectory } = store;

  it('acknowledges in the order asked, tells its listeners, and publishes by itself', async () => {
    await inDirectory(async (directory) => {
      const ledger = await open(directory, { store });
      const events: AppendEvent[] = [];
      const stop = ledger.onAppend((event) => events.push(event));
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => ledger.append([intent(`n ${i}`), outcome('#0', 'm')])),
      );
      expect(answers.map(([first, last]) => [first.index, last.index])).toEqual(
        Array.from({ length: 50 }, (_, i) => [1 + 2 * i, 2 + 2 * i]),
      );
      await new Promise((resolve) => setImmediate(resolve));
      expect(events).toHaveLength(100);
      expect(events[1]).toEqual({
        type: 'outcome',
        id: answers[0][1].id,
        index: 2,
        intentId: answers[0][0].id,
      });
      stop();
      await ledger.append([plain]);
      await waitUntil(async () => (await ledger.checkpoint())!.startsWith(`${origin}\n102\n`));
      expect(await ledger.tile('tile/0/000.p/102')).toHaveLength(32 * 102);
      expect(events).toHaveLength(100);
      expect(await ledger.append([])).toEqual([]);
      expect(await ledger.passages({ limit: 2, before: 99 })).toMatchObject([
        { intentIndex: 97 },
        { intentIndex: 95 },
      ]);
      await ledger.close();
      await ledger.close();
      await expect(ledger.append([plain])).rejects.toMatchObject({ code: 'closed' });
    });
  });

  it('refuses what cannot be recorded with a code, and records the rest', async () => {
    await inDirectory(async (directory) => {
      const ledger = await open(directory, { store });
      const bad = [
        ledger.append([{ ...plain, id: 'short' }]),
        ledger.append([{ ...plain, fields: { 'key.event': 'of another type' } }]),
        ledger.append(Array.from({ length: 1_025 }, () => plain)),
        // @ts-expect-error -- what a caller without our types could pass
        ledger.append([intent('a', { fields: { 'actor.id': undefined } })]),
      ];
      const good = ledger.append([plain]);
      for (const refused of await Promise.allSettled(bad)) {
        expect(refused.status === 'rejected' && refused.reason).toBeInstanceOf(LedgerError);
        expect(refused).toMatchObject({ reason: { code: 'draft_invalid' } });
      }
      expect(await good).toMatchObject([{ index: 1 }]);
      await ledger.close();
    });
  });
});

describe('the open ledger', () => {
  const { inDirectory } = local;

  it('tells its owner once when it can no longer record, and rejects all that waits', async () => {
    await inDirectory(async (directory) => {
      const fatal: LedgerError[] = [];
      let nowMs = startMs;
      const onFatal = (error: LedgerError): void => void fatal.push(error);
      const ledger = await open(directory, { nowMs: () => nowMs, onFatal });
      // The next day's segment has nowhere to go.
      rmSync(join(directory, 'payload'), { recursive: true });
      nowMs += 86_400_000;
      const waiting = [ledger.append([intent('a')]), ledger.append([plain])];
      for (const refused of await Promise.allSettled(waiting)) {
        expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'failed' } });
      }
      await expect(ledger.append([plain])).rejects.toMatchObject({ code: 'failed' });
      await expect(ledger.checkpoint()).rejects.toMatchObject({ code: 'failed' });
      expect(fatal.map(({ code }) => code)).toEqual(['failed']);
      await ledger.close();
      const again = await open(directory);
      expect(await again.append([intent('b')])).toMatchObject([{ index: 1 }]);
      await again.close();
    });
  });

  it('says why it cannot be opened, and lets go of the directory', async () => {
    await inDirectory(async (directory) => {
      await (await open(directory)).close();
      writeFileSync(join(directory, 'wal/entries.wal'), '');
      await expect(open(directory)).rejects.toThrow(/couldn't .+: .+/);
      await expect(open(directory)).rejects.not.toMatchObject({ code: 'in_use' });
    });
  });
});

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
