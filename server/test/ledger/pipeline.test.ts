import { join } from 'node:path';
import { parseEntry, verifyReceipt } from '@sekisho/proof';
import { describe, expect, it } from 'vitest';
import { type Disk, type DiskFile, nodeDisk } from '#base';
import { type Draft, stateDraft } from '../../src/ledger/draft.ts';
import type { AppendResult, Engine } from '../../src/ledger/engine.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import * as local from './fixtures.ts';
import { accepted, append, intent, localPlace, outcome, plain, startMs } from './fixtures.ts';
import { ledgerStores } from './ledger-stores.ts';

const stores = await ledgerStores();

function ask(engine: Engine, drafts: readonly Draft[]): Promise<AppendResult> {
  return engine.append([drafts.map(stateDraft)], startMs).then(([result]) => result);
}

/** The disk of this machine, whose syncs of one file a test may keep waiting or let fail. */
class HeldDisk {
  /** What a ledger is given. */
  readonly disk: Disk = {
    ...nodeDisk,
    open: async (path) => this.#held(path, await nodeDisk.open(path)),
    create: async (path) => this.#held(path, await nodeDisk.create(path))!,
  };
  beforeSync: (path: string) => Promise<void> = async () => undefined;

  #held(path: string, file: DiskFile | undefined): DiskFile | undefined {
    if (file === undefined) return undefined;
    return {
      size: () => file.size(),
      read: (into, position) => file.read(into, position),
      write: (bytes, position) => file.write(bytes, position),
      truncate: (length) => file.truncate(length),
      sync: async () => {
        await this.beforeSync(path);
        await file.sync();
      },
      close: () => file.close(),
    };
  }
}

/** A door that is shut until it is opened. */
function door(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

async function openOn(directory: string, { disk }: HeldDisk): Promise<Engine> {
  return local.openEngine(directory, startMs, localPlace(directory, disk));
}

describe.each(stores)('batches in flight together, in $name', (store) => {
  const { inDirectory, openEngine, entriesOf } = store;

  it('keep the order of the calls, the chain and the counter, with a refusal in between', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const wanted = Array.from({ length: 120 }, (_, i): readonly Draft[] =>
        i % 10 === 7 ? [{ ...plain, id: 'not an id' }] : [intent(`n ${i}`), outcome('#0', 'm')],
      );
      const results = await Promise.all(wanted.map((drafts) => ask(engine, drafts)));
      const indexes: number[] = [];
      for (const [i, result] of results.entries()) {
        expect('error' in result, `call ${i}`).toBe(i % 10 === 7);
        if ('sequenced' in result) indexes.push(...result.sequenced.map(({ index }) => index));
      }
      expect(indexes).toEqual(Array.from({ length: indexes.length }, (_, i) => i + 1));
      await engine.close();
      const entries = await entriesOf(directory);
      let before = '';
      for (const [i, bytes] of entries.entries()) {
        expect(parseEntry(bytes)!.writerSequence).toBe(i);
        expect((JSON.parse(String(bytes)) as { prev_w: string }).prev_w).toBe(before);
        before = leafHashOf(bytes).toString('base64url');
      }
      expect(entries).toHaveLength(indexes.length + 1);
    });
  });

  it('know the ids and the outcomes of one another', async () => {
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const id = 'ab'.repeat(16);
      const [open] = await append(engine, [intent('a')]);
      const results = await Promise.all([
        ask(engine, [{ ...plain, id }]),
        ask(engine, [{ ...plain, id }]),
        ask(engine, [outcome(open.leafHash, 'b')]),
        ask(engine, [outcome(open.leafHash, 'c')]),
      ]);
      expect(results.map((result) => 'error' in result)).toEqual([false, true, false, true]);
      expect('error' in (await ask(engine, [{ ...plain, id }]))).toBe(true);
      await engine.close();
    });
  });
});

describe('batches in flight together', () => {
  const { inDirectory, openEngine } = local;

  it.each(['entries.wal', '.seg'])(
    'acknowledge nothing after a failed sync of %s',
    async (name) => {
      await inDirectory(async (directory) => {
        const disk = new HeldDisk();
        const engine = await openOn(directory, disk);
        let syncs = 0;
        disk.beforeSync = async (path) => {
          if (path.endsWith(name) && ++syncs === 3) throw new Error('the disk is gone');
        };
        const asked = Array.from({ length: 8 }, (_, i) => ask(engine, [intent(`n ${i}`)]));
        const results = await Promise.allSettled(asked);
        const kept = results.flatMap((result) =>
          result.status === 'fulfilled' ? accepted(result.value) : [],
        );
        expect(results.map(({ status }) => status)).toEqual(
          Array.from({ length: 8 }, (_, i) => (i < kept.length ? 'fulfilled' : 'rejected')),
        );
        expect(kept.length).toBeLessThan(3);
        expect(engine.failed).toBe(true);
        await expect(ask(engine, [plain])).rejects.toMatchObject({ code: 'failed' });
        await expect(engine.publish()).rejects.toMatchObject({ code: 'failed' });
        await engine.close();
        const again = await openEngine(directory);
        for (const { id, index } of kept) {
          const found = (await again.passage(id, { content: true }))!;
          expect(found).toMatchObject({ intentIndex: index, contentState: 'PRESENT' });
        }
        await again.close();
      });
    },
  );
});

describe('a checkpoint', () => {
  const { inDirectory } = local;

  it('is never signed over an entry that is not durable yet', async () => {
    await inDirectory(async (directory) => {
      const disk = new HeldDisk();
      const engine = await openOn(directory, disk);
      const { opened, open } = door();
      const reached = door();
      disk.beforeSync = async (path) => {
        if (!path.endsWith('entries.wal')) return;
        reached.open();
        await opened;
      };
      const slow = ask(engine, [plain, plain]);
      await reached.opened;
      const published = engine.publish();
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(engine.signed.size).toBe(1);
      open();
      await Promise.all([slow, published]);
      expect(engine.signed.size).toBe(3);
      // The failure of a batch under way reaches whoever wanted a checkpoint over it.
      disk.beforeSync = async () => Promise.reject(new Error('the disk is gone'));
      const lost = ask(engine, [plain]);
      await expect(engine.publish()).rejects.toMatchObject({ code: 'failed' });
      await expect(lost).rejects.toMatchObject({ code: 'failed' });
      expect(engine.signed.size).toBe(3);
      await engine.close();
    });
  });

  it('is on disk before the log is let go of', async () => {
    await inDirectory(async (directory) => {
      const disk = new HeldDisk();
      const engine = await openOn(directory, disk);
      await append(engine, [plain]);
      const { opened, open } = door();
      const reached = door();
      disk.beforeSync = async (path) => {
        if (!path.endsWith('checkpoint.tmp')) return;
        reached.open();
        await opened;
      };
      const published = engine.publish();
      await reached.opened;
      let isClosed = false;
      const closing = engine.close().then(() => (isClosed = true));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(isClosed).toBe(false);
      await expect(ask(engine, [plain])).rejects.toMatchObject({ code: 'closed' });
      open();
      await Promise.all([published, closing]);
      const note = await nodeDisk.readFile(join(directory, 'tile/checkpoint'));
      expect(String(note).split('\n')[1]).toBe('2');
    });
  });

  it('that is signed and not yet shown is waited for by whoever asks for a receipt', async () => {
    await inDirectory(async (directory) => {
      const disk = new HeldDisk();
      const engine = await openOn(directory, disk);
      const [done] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      let receipt: Promise<string | undefined> | undefined;
      disk.beforeSync = async (path) => {
        if (path.endsWith('checkpoint.tmp')) receipt ??= engine.receipt(done.id, ['ops']);
      };
      await engine.publish();
      const report = await verifyReceipt((await receipt)!, { verifierKeys: [engine.verifierKey] });
      expect(report.verdict).toBe('UNANCHORED');
      await engine.close();
    });
  });

  it('made for a receipt leaves out the outcome that came while it was made', async () => {
    await inDirectory(async (directory) => {
      const disk = new HeldDisk();
      const engine = await openOn(directory, disk);
      const [open] = await append(engine, [intent('a')]);
      let late: Promise<AppendResult> | undefined;
      disk.beforeSync = async (path) => {
        if (!path.endsWith('checkpoint.tmp') || late !== undefined) return;
        late = ask(engine, [outcome(open.leafHash, 'b')]);
        await late;
      };
      const receipt = (await engine.receipt(open.id, ['ops']))!;
      await late;
      const report = await verifyReceipt(receipt, { verifierKeys: [engine.verifierKey] });
      expect(report.verdict).toBe('UNANCHORED');
      expect((JSON.parse(receipt) as { entries: unknown[] }).entries).toHaveLength(1);
      await engine.close();
    });
  });
});
