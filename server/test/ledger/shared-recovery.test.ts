import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import type { Engine, Sequenced } from '../../src/ledger/engine.ts';
import { LedgerError, type LedgerErrorCode } from '../../src/ledger/errors.ts';
import { openStorage } from '../../src/ledger/open-storage.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3-server.ts';
import { noPostgres, startEmptyPostgres } from '../postgres-server.ts';
import {
  append,
  inDirectory,
  intent,
  openEngine,
  origin,
  outcome,
  plain,
  startMs,
} from './fixtures.ts';

// What recovery.test.ts does to the files of one machine is done here to a database and a bucket.

const server = await startEmptyPostgres();
afterAll(async () => server?.stop());

let fake: FakeS3;
const base = 'tenant/a/';
/** Log ids are given in the order of the tests. */
let logId = 0;
/** The checkpoint that was published before the newest. */
let olderNote = '';

function open(directory: string): Promise<Engine> {
  const settings = { databaseUrl: server!.url, objects: fake.settings };
  return openEngine(directory, startMs, {
    openStorage: () =>
      openStorage(directory, origin, { settings, log: silentLog, onLost: () => undefined }),
  });
}

async function refusal(directory: string): Promise<LedgerErrorCode | 'opened'> {
  try {
    await (await open(directory)).close();
    return 'opened';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

/** A log with every kind of object: full and partial tiles, payloads, closed exchanges. */
async function made(directory: string): Promise<readonly Sequenced[]> {
  const engine = await open(directory);
  const first = await append(engine, [intent('a'), outcome('#0', 'b')]);
  await append(
    engine,
    Array.from({ length: 254 }, () => plain),
  );
  await engine.publish();
  olderNote = engine.published!.note;
  const second = await append(engine, [intent('c'), outcome('#0', 'd')]);
  await engine.close();
  const rows = await server!.ask('SELECT log_id FROM sekisho.log WHERE origin = $1', [origin]);
  logId = Number(rows[0]['log_id']);
  return [...first, ...second];
}

async function expectAll(directory: string, acknowledged: readonly Sequenced[]): Promise<void> {
  const engine = await open(directory);
  for (const { id, index, leafHash } of acknowledged.filter((_, i) => i % 2 === 0)) {
    expect(await engine.passage(id, { content: true })).toMatchObject({
      intentIndex: index,
      leafHashes: { intent: leafHash },
      end: 'complete',
      contentState: 'PRESENT',
    });
  }
  await engine.close();
}

const sql = (text: string): Promise<unknown> => server!.ask(text.replaceAll('$log', String(logId)));

const objectsUnder = (folder: string): readonly string[] =>
  [...fake.objects.keys()].filter((key) => key.startsWith(`${base}${folder}`));

async function withMade(
  work: (directory: string, acknowledged: readonly Sequenced[]) => Promise<void>,
): Promise<void> {
  fake = await startFakeS3({ pageSize: 50 });
  try {
    await inDirectory(async (directory) => work(directory, await made(directory)));
  } finally {
    await fake.close();
    await server!.ask(`UPDATE sekisho.log SET origin = origin || ' ' || log_id WHERE origin = $1`, [
      origin,
    ]);
  }
}

describe('recovery from a database and a bucket', () => {
  beforeEach(({ skip }) => {
    if (server === undefined) skip(`recovery from shared storage ${noPostgres}`);
  });

  it('loses nothing at an ordinary restart, and changes no object of the published log', () =>
    withMade(async (directory, acknowledged) => {
      const before = new Map(fake.objects);
      await expectAll(directory, acknowledged);
      expect(fake.objects).toEqual(before);
    }));

  it.each([
    ['the index', true, ''],
    ['the static tree', false, 'log/tile'],
    ['the checkpoint', false, 'log/checkpoint'],
    ['the index and all of the tree', true, 'log/'],
  ])('makes %s anew from the database', (_, indexLost, folder) =>
    withMade(async (directory, acknowledged) => {
      const before = new Map(fake.objects);
      if (indexLost) rmSync(join(directory, 'index.db'));
      if (folder !== '') for (const key of objectsUnder(folder)) fake.objects.delete(key);
      await expectAll(directory, acknowledged);
      for (const [key, { bytes }] of fake.objects) {
        expect(bytes.equals(before.get(key)!.bytes), key).toBe(true);
      }
      expect(objectsUnder('log/').map((key) => key.slice(base.length))).toEqual(
        expect.arrayContaining([
          'log/checkpoint',
          'log/tile/0/000',
          'log/tile/entries/000',
          'log/tile/1/000.p/1',
        ]),
      );
    }),
  );

  it.each([
    'tile/0/000',
    'tile/entries/000',
    'tile/0/001.p/3',
    'tile/entries/001.p/3',
    'tile/1/000.p/1',
    'checkpoint',
  ])('refuses to start when the object of %s was tampered with', (path) =>
    withMade(async (directory) => {
      const object = fake.objects.get(`${base}log/${path}`)!;
      const bytes = Buffer.from(object.bytes);
      bytes[bytes.length - 3] ^= 1;
      fake.objects.set(`${base}log/${path}`, { ...object, bytes });
      expect(await refusal(directory)).toBe('tile_differs');
      expect(fake.objects.get(`${base}log/${path}`)!.bytes).toEqual(bytes);
    }),
  );

  it.each([
    ['a batch is gone', 'DELETE FROM sekisho.batch WHERE log_id = $log AND first_index = 1'],
    [
      'the last batch is gone',
      'DELETE FROM sekisho.batch WHERE log_id = $log AND first_index = 257',
    ],
    [
      'an entry of a batch was changed',
      `UPDATE sekisho.batch SET entries = set_byte(entries, 200, get_byte(entries, 200) # 1)
       WHERE log_id = $log AND first_index = 3`,
    ],
    ['a row was moved', 'UPDATE sekisho.batch SET size = size + 1 WHERE log_id = $log'],
    ['a later process wrote a row', 'UPDATE sekisho.batch SET epoch = 99 WHERE log_id = $log'],
    ['the log says it is longer', 'UPDATE sekisho.log SET size = 260 WHERE log_id = $log'],
  ])('refuses to start when %s', (_, statement) =>
    withMade(async (directory) => {
      await sql(statement);
      expect(await refusal(directory)).toBe('damaged');
    }),
  );

  it('refuses a database that went back in time, once the bucket or the lock knows better', () =>
    withMade(async (directory) => {
      await sql('DELETE FROM sekisho.batch WHERE log_id = $log AND first_index = 257');
      await sql('UPDATE sekisho.log SET size = 257 WHERE log_id = $log');
      rmSync(join(directory, 'index.db'));
      expect(await refusal(directory)).toBe('rolled_back');
      // The lock goes back with it, so only what was published contradicts.
      await server!.ask('UPDATE sekisho.checkpoint SET size = 257, note = $1 WHERE log_id = $2', [
        olderNote,
        logId,
      ]);
      expect(await refusal(directory)).toBe('rolled_back');
    }));

  it('refuses a log whose lock is gone while its checkpoint is published', () =>
    withMade(async (directory) => {
      await sql('DELETE FROM sekisho.checkpoint WHERE log_id = $log');
      expect(await refusal(directory)).toBe('lock_missing');
    }));

  it.each(['log.key', 'root.key'])('refuses to make a second %s, or to use another', (name) =>
    withMade(async (directory) => {
      rmSync(join(directory, 'keys', name));
      expect(await refusal(directory)).toBe('key_missing');
      await inDirectory(async (other) => {
        await (await openEngine(other)).close();
        cpSync(join(other, 'keys', name), join(directory, 'keys', name));
        expect(await refusal(directory)).toBe('wrong_key');
      });
    }),
  );

  it('refuses a second opener until the first has closed', () =>
    withMade(async (directory) => {
      const engine = await open(directory);
      expect(await refusal(directory)).toBe('in_use');
      await append(engine, [plain]);
      await engine.close();
      expect(await refusal(directory)).toBe('opened');
    }));

  it('on another machine needs the keys folder and nothing else', () =>
    withMade(async (directory, acknowledged) => {
      await inDirectory(async (standby) => {
        cpSync(join(directory, 'keys'), join(standby, 'keys'), { recursive: true });
        await expectAll(standby, acknowledged);
      });
    }));

  it('says MISSING, and nothing else, of content whose sealed object is gone', () =>
    withMade(async (directory, [{ id }]) => {
      for (const key of objectsUnder('payload/')) fake.objects.delete(key);
      const engine = await open(directory);
      expect(await engine.passage(id, { content: true })).toMatchObject({
        contentState: 'MISSING',
        intentFields: {},
      });
      await engine.close();
    }));

  it('removes the keys of a batch that never reached the log, and reuses its indexes', () =>
    withMade(async (directory, acknowledged) => {
      const engine = await open(directory);
      const [lost] = await append(engine, [intent('never acknowledged'), outcome('#0', 'nor it')]);
      await engine.abandon();
      // As if the process had died between the vault's commit and the log's.
      await sql('DELETE FROM sekisho.batch WHERE log_id = $log AND first_index = 259');
      await sql('UPDATE sekisho.log SET size = 259 WHERE log_id = $log');
      rmSync(join(directory, 'index.db'));
      const again = await open(directory);
      expect(await again.passage(lost.id, { content: false })).toBeUndefined();
      const [next] = await append(again, [intent('next')]);
      expect(next.index).toBe(lost.index);
      await again.close();
      await expectAll(directory, acknowledged);
    }));
});
