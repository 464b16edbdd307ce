import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sequenced } from '../../src/ledger/engine.ts';
import { LedgerError, type LedgerErrorCode } from '../../src/ledger/errors.ts';
import {
  append,
  filesUnder,
  inDirectory,
  intent,
  openEngine,
  outcome,
  ownEntries,
  plain,
  temporaryDirectory,
} from './fixtures.ts';

/**
 * A log with every kind of file: full and partial tiles, payloads, a closed and an open exchange.
 */
const made = temporaryDirectory();
const older = join(made.path, 'older');
const newer = join(made.path, 'newer');
let acknowledged: readonly Sequenced[] = [];

beforeAll(async () => {
  let engine = await openEngine(older);
  const first = await append(engine, [intent('a'), outcome('#0', 'b')]);
  await append(
    engine,
    Array.from({ length: 254 }, () => plain),
  );
  await engine.close();
  cpSync(older, newer, { recursive: true });
  engine = await openEngine(newer);
  const second = await append(engine, [intent('c'), outcome('#0', 'd')]);
  await engine.close();
  acknowledged = [...first, ...second];
});
afterAll(() => made.remove());

/** Runs on a copy of the newer log. */
function onCopy<T>(work: (directory: string) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    cpSync(newer, directory, { recursive: true });
    return work(directory);
  });
}

async function refusal(directory: string): Promise<LedgerErrorCode | 'opened'> {
  try {
    await (await openEngine(directory)).close();
    return 'opened';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

async function expectEverythingAcknowledged(directory: string): Promise<void> {
  const engine = await openEngine(directory);
  for (const { id, index, leafHash } of acknowledged.filter((_, i) => i % 2 === 0)) {
    const passage = await engine.passage(id, { content: true });
    expect(passage).toMatchObject({
      intentIndex: index,
      leafHashes: { intent: leafHash },
      end: 'complete',
      contentState: 'PRESENT',
    });
  }
  await engine.close();
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  writeFileSync(path, bytes);
}

describe('recovery', () => {
  it('loses nothing at an ordinary restart, and changes no file of the published log', async () => {
    await onCopy(async (directory) => {
      const before = filesUnder(join(directory, 'tile'));
      await expectEverythingAcknowledged(directory);
      expect(filesUnder(join(directory, 'tile'))).toEqual(before);
    });
  });

  it.each([
    ['the index', ['index.db']],
    ['the static tree', ['tile']],
    ['the index and the static tree', ['index.db', 'tile']],
  ])('makes %s anew from the log', async (_, lost) => {
    await onCopy(async (directory) => {
      const before = filesUnder(join(directory, 'tile'));
      for (const name of lost) rmSync(join(directory, name), { recursive: true });
      await expectEverythingAcknowledged(directory);
      const after = filesUnder(join(directory, 'tile'));
      for (const [path, bytes] of after) expect(bytes.equals(before.get(path)!), path).toBe(true);
      expect([...after.keys()]).toEqual(
        expect.arrayContaining(['checkpoint', 'tile/0/000', 'tile/entries/000', 'tile/1/000.p/1']),
      );
    });
  });

  it('makes an index anew that no longer fits, or is no database', async () => {
    for (const spoil of [
      (path: string) => writeFileSync(path, 'no database at all'),
      (path: string) => cpSync(join(older, 'index.db'), path),
      (path: string) => truncateSync(path, 8_192),
    ]) {
      await onCopy(async (directory) => {
        spoil(join(directory, 'index.db'));
        await expectEverythingAcknowledged(directory);
      });
    }
  });

  it.each([
    'tile/tile/0/000',
    'tile/tile/entries/000',
    `tile/tile/0/001.p/${2 + ownEntries}`,
    `tile/tile/entries/001.p/${2 + ownEntries}`,
    'tile/tile/1/000.p/1',
    'tile/checkpoint',
  ])('refuses to start when %s was tampered with', async (path) => {
    await onCopy(async (directory) => {
      expect(existsSync(join(directory, path))).toBe(true);
      flip(join(directory, path), -3);
      expect(await refusal(directory)).toBe('tile_differs');
    });
  });

  it('refuses an old copy of the data beside the newest lock', async () => {
    await onCopy(async (directory) => {
      const lock = readFileSync(join(directory, 'lock.db'));
      rmSync(directory, { recursive: true });
      cpSync(older, directory, { recursive: true });
      writeFileSync(join(directory, 'lock.db'), lock);
      expect(await refusal(directory)).toBe('rolled_back');
    });
  });

  it('refuses data that went another way than the checkpoint it signed', async () => {
    await inDirectory(async (directory) => {
      cpSync(older, directory, { recursive: true });
      const engine = await openEngine(directory);
      await append(engine, [plain, plain]);
      await engine.close();
      cpSync(join(newer, 'lock.db'), join(directory, 'lock.db'));
      expect(await refusal(directory)).toBe('rolled_back');
    });
  });

  it('refuses data whose lock is missing or older than what was published', async () => {
    await onCopy(async (directory) => {
      cpSync(join(older, 'lock.db'), join(directory, 'lock.db'));
      expect(await refusal(directory)).toBe('rolled_back');
      rmSync(join(directory, 'lock.db'));
      expect(await refusal(directory)).toBe('lock_missing');
    });
  });

  it.each(['log.key', 'root.key'])(
    'refuses to make a second %s for existing data',
    async (name) => {
      await onCopy(async (directory) => {
        rmSync(join(directory, 'keys', name));
        expect(await refusal(directory)).toBe('key_missing');
      });
    },
  );

  it.each(['log.key', 'root.key'])('refuses the %s of another log', async (name) => {
    await onCopy(async (directory) => {
      await inDirectory(async (other) => {
        await (await openEngine(other)).close();
        cpSync(join(other, 'keys', name), join(directory, 'keys', name));
        expect(await refusal(directory)).toBe('wrong_key');
      });
    });
  });

  it('refuses a second opener until the first has closed', async () => {
    await onCopy(async (directory) => {
      const engine = await openEngine(directory);
      expect(await refusal(directory)).toBe('in_use');
      await append(engine, [plain]);
      await engine.close();
      expect(await refusal(directory)).toBe('opened');
    });
  });

  it('with the write-ahead file cut anywhere recovers or refuses, and never forgets', async () => {
    const length = readFileSync(join(newer, 'wal/entries.wal')).length;
    await onCopy(async (directory) => {
      for (let step = 0; step < 24; step++) {
        const cut = length - 1 - Math.floor((step * (length - 1)) / 23);
        const path = join(directory, 'wal/entries.wal');
        cpSync(join(newer, 'wal/entries.wal'), path);
        truncateSync(path, cut);
        expect(['damaged', 'rolled_back']).toContain(await refusal(directory));
        expect(readFileSync(path)).toHaveLength(cut);
      }
    });
  });

  it('with any bit of the write-ahead file flipped refuses', async () => {
    const length = readFileSync(join(newer, 'wal/entries.wal')).length;
    await onCopy(async (directory) => {
      for (let step = 0; step < 40; step++) {
        const path = join(directory, 'wal/entries.wal');
        cpSync(join(newer, 'wal/entries.wal'), path);
        // The last bytes are the last commit frame, where a flip looks most like a torn batch.
        flip(path, step < 12 ? -1 - step * 4 : Math.floor(((step - 12) * length) / 28));
        expect(['damaged', 'rolled_back']).toContain(await refusal(directory));
      }
    });
  });

  it('cuts a batch that was never acknowledged, with its keys, and reuses its indexes', async () => {
    await onCopy(async (directory) => {
      const path = join(directory, 'wal/entries.wal');
      let engine = await openEngine(directory);
      const whole = readFileSync(path).length;
      const [lost] = await append(engine, [
        intent('never acknowledged'),
        outcome('#0', 'nor this'),
      ]);
      await engine.abandon();
      // What a crash between the vault's commit and the log's leaves: keys and blobs without
      // entries.
      truncateSync(path, whole + 100);
      rmSync(join(directory, 'index.db'));
      engine = await openEngine(directory);
      expect(await engine.passage(lost.id, { content: false })).toBeUndefined();
      const [next] = await append(engine, [intent('next')]);
      expect(next.index).toBe(lost.index);
      expect((await engine.passage(next.id, { content: true }))!.contentState).toBe('PRESENT');
      await engine.close();
      await expectEverythingAcknowledged(directory);
    });
  });

  it('recovers what was committed but not yet indexed or published', async () => {
    await onCopy(async (directory) => {
      const index = readFileSync(join(directory, 'index.db'));
      let engine = await openEngine(directory);
      const [first] = await append(engine, [intent('late'), outcome('#0', 'news')]);
      await engine.abandon();
      for (const suffix of ['-wal', '-shm'])
        rmSync(join(directory, `index.db${suffix}`), { force: true });
      writeFileSync(join(directory, 'index.db'), index);
      engine = await openEngine(directory);
      const passage = (await engine.passage(first.id, { content: true }))!;
      expect(passage.outcomeFields['response.delivered']).toBe('news');
      expect(engine.unsigned).toBe(0);
      await engine.close();
    });
  });

  it('says MISSING, and nothing else, of content whose sealed file is gone', async () => {
    await onCopy(async (directory) => {
      rmSync(join(directory, 'payload/2026-11-24.seg'));
      const engine = await openEngine(directory);
      const { id } = acknowledged[0];
      for (const content of [true, false]) {
        expect(await engine.passage(id, { content })).toMatchObject({
          contentState: 'MISSING',
          intentFields: {},
        });
      }
      await engine.close();
    });
  });

  it('is unusable after a failed write until it is opened again', async () => {
    await onCopy(async (directory) => {
      const engine = await openEngine(directory);
      await append(engine, [plain]);
      rmSync(join(directory, 'tile/tile'), { recursive: true });
      writeFileSync(join(directory, 'tile/tile'), 'a file where a folder should be');
      const failed = expect.objectContaining({ code: 'failed' });
      await expect(engine.publish()).rejects.toThrow(failed);
      await expect(append(engine, [plain])).rejects.toThrow(failed);
      await expect(engine.passages({ limit: 1 })).rejects.toThrow(failed);
      await engine.close();
      rmSync(join(directory, 'tile/tile'));
      await expectEverythingAcknowledged(directory);
    });
  });
});
