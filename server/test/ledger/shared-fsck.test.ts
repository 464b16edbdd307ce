import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '#base';
import { type LedgerCheck, checkLedger, exportLog, reportCoverage } from '#ledger';
import type { Engine } from '../../src/ledger/engine.ts';
import { type StorageSettings, openStorage } from '../../src/ledger/open-storage.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3-server.ts';
import { noPostgres, startEmptyPostgres } from '../postgres-server.ts';
import {
  append,
  filesUnder,
  inDirectory,
  intent,
  openEngine,
  origin,
  outcome,
  plain,
  startMs,
} from './fixtures.ts';

const server = await startEmptyPostgres();
afterAll(async () => server?.stop());

interface Ledger {
  readonly directory: string;
  readonly storage: StorageSettings;
  readonly fake: FakeS3;
  open(): Promise<Engine>;
}

/** A log of two passages and enough plain entries for full and partial tiles, closed. */
async function withLedger(work: (ledger: Ledger) => Promise<void>): Promise<void> {
  const fake = await startFakeS3({ pageSize: 50 });
  try {
    await inDirectory(async (directory) => {
      const storage = { databaseUrl: server!.url, objects: fake.settings };
      const options = { settings: storage, log: silentLog, onLost: () => undefined };
      const open = (): Promise<Engine> =>
        openEngine(directory, startMs, {
          openStorage: () => openStorage(directory, origin, options),
        });
      const engine = await open();
      await append(engine, [intent('a'), outcome('#0', 'b')]);
      await append(
        engine,
        Array.from({ length: 300 }, () => plain),
      );
      await append(engine, [intent('c'), outcome('#0', 'd')]);
      await engine.close();
      await work({ directory, storage, fake, open });
    });
  } finally {
    await fake.close();
    await server!.ask(`UPDATE sekisho.log SET origin = origin || ' ' || log_id WHERE origin = $1`, [
      origin,
    ]);
  }
}

const check = ({ directory, storage }: Ledger): Promise<LedgerCheck> =>
  checkLedger(directory, { seals: 'all', storage });

const codesOf = ({ findings }: LedgerCheck): readonly string[] => [
  ...new Set(findings.first.map(({ code }) => code)),
];

const ofLog = `log_id = (SELECT log_id FROM sekisho.log WHERE origin = '${origin}')`;

describe('a check of a ledger in a database and a bucket', () => {
  beforeEach(({ skip }) => {
    if (server === undefined) skip(`a check of shared storage ${noPostgres}`);
  });

  it('finds a whole log sound, also while it is written, and changes nothing', () =>
    withLedger(async (ledger) => {
      const objects = new Map(ledger.fake.objects);
      expect(await check(ledger)).toMatchObject({
        verdict: 'SOUND',
        origin,
        entries: 305,
        publishedEntries: 305,
        intents: 2,
        outcomes: 2,
        openIntents: { total: 0 },
        sealed: { blobsAbsent: 0, keysMissing: 0 },
        findings: { total: 0 },
      });
      expect(ledger.fake.objects).toEqual(objects);
      const engine = await ledger.open();
      const state = { isDone: false };
      const write = async (): Promise<void> => {
        while (!state.isDone) {
          await append(engine, [intent('more'), outcome('#0', 'more')]);
          await engine.publish();
        }
      };
      const writing = write();
      const beside = await check(ledger);
      state.isDone = true;
      await writing;
      await engine.close();
      expect([beside.verdict, beside.findings.first]).toEqual(['SOUND', []]);
      const { sealed } = await check(ledger);
      expect([sealed.sealsOpened, sealed.keysMissing]).toEqual([sealed.sealsTried, 0]);
    }));

  it('tells what an order erased from what is missing', () =>
    withLedger(async (ledger) => {
      const engine = await ledger.open();
      const [{ id }] = await engine.passages({ limit: 1 });
      const order = { by: 'key-1', authority: 'office', basis: 'gdpr-17' } as const;
      const groups = ['content'] as const;
      await engine.carryOut({ ...order, kind: 'erase', passageIds: [id], groups }, startMs);
      await engine.close();
      const after = await check(ledger);
      expect([after.verdict, after.sealed.keysErased]).toEqual(['SOUND', 2]);
      const rows = await server!.ask(`SELECT record_id FROM sekisho.record WHERE ${ofLog}`);
      await server!.ask('DELETE FROM sekisho.record WHERE record_id = $1', [
        rows.at(1)!['record_id'],
      ]);
      expect(codesOf(await check(ledger))).toEqual(['key_missing']);
    }));

  it.each([
    [
      'a batch is gone',
      `DELETE FROM sekisho.batch WHERE first_index = 1 AND ${ofLog}`,
      'wal_damaged',
    ],
    [
      'an entry was changed',
      `UPDATE sekisho.batch SET entries = set_byte(entries, 99, get_byte(entries, 99) # 1)
       WHERE first_index = 303 AND ${ofLog}`,
      'wal_damaged',
    ],
    ['the whole log is gone', `UPDATE sekisho.log SET origin = 'x' WHERE ${ofLog}`, 'wal_missing'],
  ])('finds that %s, and reads on in the bucket', (_, statement, code) =>
    withLedger(async (ledger) => {
      await server!.ask(statement);
      const found = await check(ledger);
      expect(found.verdict).toBe('DAMAGED');
      expect(codesOf(found)).toContain(code);
      expect(found.entries).toBe(305);
      await server!.ask(`DELETE FROM sekisho.log WHERE origin = 'x'`);
    }),
  );

  it.each([
    ['log/tile/0/000', /^tile_differs$/],
    ['log/tile/entries/001.p/49', /^tile_differs$/],
    ['log/checkpoint', /^checkpoint_(form|signature)$/],
    ['payload/', /^payload_differs$/],
  ])('finds one bit of %s changed', (name, code) =>
    withLedger(async (ledger) => {
      const { objects } = ledger.fake;
      const key = [...objects.keys()].find((each) => each.startsWith(`tenant/a/${name}`))!;
      const object = objects.get(key)!;
      const bytes = Buffer.from(object.bytes);
      bytes[bytes.length - 5] ^= 1;
      objects.set(key, { ...object, bytes });
      expect(codesOf(await check(ledger))).toEqual([expect.stringMatching(code)]);
    }),
  );

  it('finds objects that are gone, or that belong to no log', () =>
    withLedger(async (ledger) => {
      const { objects } = ledger.fake;
      const stray = objects.get('tenant/a/log/tile/0/000')!;
      objects.delete('tenant/a/log/tile/0/000');
      objects.set('tenant/a/log/tile/0/007', stray);
      for (const key of objects.keys()) if (key.includes('/payload/')) objects.delete(key);
      expect(codesOf(await check(ledger)).toSorted()).toEqual([
        'payload_missing',
        'tile_missing',
        'tile_unexpected',
      ]);
      objects.delete('tenant/a/log/checkpoint');
      expect(codesOf(await check(ledger))).toContain('checkpoint_missing');
    }));

  it('says when the root key is another, and when a store cannot be asked', () =>
    withLedger(async (ledger) => {
      const { directory, fake, storage } = ledger;
      rmSync(join(directory, 'keys', 'root.key'));
      expect(codesOf(await check(ledger))).toContain('vault_unusable');
      const nowhere = { ...storage, databaseUrl: 'postgres://nobody@127.0.0.1:1/x' };
      await expect(checkLedger(directory, { seals: 10, storage: nowhere })).rejects.toMatchObject({
        code: 'database_unreachable',
      });
      fake.play(() => ({ kind: 'status', status: 403, code: 'AccessDenied' }));
      await expect(check(ledger)).rejects.toMatchObject({ code: 'store_refused' });
    }));

  it('exports and counts what lies in the bucket without the database', () =>
    withLedger(({ directory, fake, storage }) =>
      inDirectory(async (to) => {
        const away = { ...storage, databaseUrl: 'postgres://nobody@127.0.0.1:1/x' };
        const { size } = await exportLog(directory, to, away);
        expect(size).toBe(305);
        for (const [path, bytes] of filesUnder(to)) {
          if (path === 'README.txt') continue;
          expect(fake.objects.get(`tenant/a/log/${path}`)?.bytes.equals(bytes), path).toBe(true);
        }
        const { entries } = await reportCoverage(directory, away);
        expect(entries).toMatchObject({ 'log.genesis': 1, intent: 2, outcome: 2, incident: 300 });
      }),
    ));
});
