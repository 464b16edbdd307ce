import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { silentLog } from '#base';
import { groups } from '../../src/ledger/fields.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import { openPostgresParts } from '../../src/ledger/shared/postgres-parts.ts';
import { type PostgresServer, noPostgres, startPostgres } from '../postgres-server.ts';
import { filesUnder } from './fixtures.ts';
import { day, vaultRecord } from './vault-contract.ts';

/** As the manual advises, and as a server comes. */
const advised = await startPostgres({ wal_recycle: 'off' });
const ordinary = await startPostgres({ wal_init_zero: 'on' });
afterAll(async () => {
  await advised?.stop();
  await ordinary?.stop();
});

const placesOf = (recordId: Uint8Array) => groups.map((group) => ({ recordId, group, day }));

/** How many of the needles lie in any file of a table, and how many in the server's log. */
function countByPlace(directory: string, needles: readonly Buffer[]): Record<string, number> {
  const files = [...filesUnder(directory)];
  const count = (inLog: boolean): number => {
    const searched = files.filter(([path]) => path.startsWith('pg_wal') === inLog);
    return needles.filter((needle) => searched.some(([, bytes]) => bytes.includes(needle))).length;
  };
  return { tables: count(false), log: count(true) };
}

/** The wrapped keys of some records, and their tags, as the server holds them. */
async function storedBytes(
  server: PostgresServer,
  origin: string,
  ids: readonly Uint8Array[],
): Promise<Buffer[]> {
  const [log] = await server.ask('SELECT log_id FROM sekisho.log WHERE origin = $1', [origin]);
  const rows = await server.ask(
    `SELECT identity, content, ops, subject FROM sekisho.keys_${String(log['log_id'])}_${day}
     WHERE record_id = ANY ($1::uuid[])`,
    [ids.map((id) => Buffer.from(id).toString('hex'))],
  );
  return rows
    .flatMap((row) => Object.values(row) as (Buffer | null)[])
    .filter((bytes) => bytes !== null);
}

async function destroySome(server: PostgresServer): Promise<Record<string, unknown>> {
  const origin = randomUUID();
  const options = { log: silentLog, onLost: () => undefined };
  const parts = await openPostgresParts(server.url, origin, options);
  const rootKey = new RootKey(randomBytes(32));
  const vault = await parts.openVault(() => rootKey);
  const records = Array.from({ length: 240 }, () => vaultRecord({ subject: randomBytes(32) }));
  for (let at = 0; at < 240; at += 30) await vault.put(records.slice(at, at + 30));
  const gone = records.filter((_, i) => i % 3 === 0).map(({ recordId }) => recordId);
  const held = gone.slice(0, 20);
  const living = records.filter((_, i) => i % 3 !== 0).map(({ recordId }) => recordId);
  const needles = await storedBytes(server, origin, gone);
  const others = await storedBytes(server, origin, living);
  await vault.hold(held.flatMap(placesOf));
  const heldRows = await server.ask('SELECT wrapped FROM sekisho.held_key');
  // Wrapping is deterministic, but under another day key each held key has another form.
  needles.push(...heldRows.map(({ wrapped }) => wrapped as Buffer));
  const directory = server.directory!;
  await server.ask('CHECKPOINT');
  const before = countByPlace(directory, needles);
  await vault.destroy(gone.flatMap(placesOf));
  const after = countByPlace(directory, needles);
  expect(countByPlace(directory, others)['tables']).toBe(others.length);
  const keks = (await server.ask('SELECT wrapped FROM sekisho.kek WHERE wrapped IS NOT NULL')).map(
    ({ wrapped }) => wrapped as Buffer,
  );
  await vault.destroyDays(
    groups.flatMap((group) =>
      (['r1', 'r3'] as const).map((evidenceClass) => ({ group, evidenceClass, day })),
    ),
  );
  const afterDays = countByPlace(directory, keks);
  await vault.close();
  await parts.close();
  return { needles: needles.length, before, after, keks: keks.length, afterDays };
}

const absent = advised === undefined || ordinary === undefined;

describe.skipIf(absent)('a key that was destroyed in PostgreSQL', () => {
  test('is in no file of the server that lets its log go', async () => {
    const found = await destroySome(advised!);
    process.stdout.write(`destroyed keys found, wal_recycle=off: ${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({
      before: { tables: 380 },
      after: { tables: 0, log: 0 },
      afterDays: { tables: 0, log: 0 },
    });
  });

  test('is in no table, and stays in the log of a server that keeps it for reuse', async () => {
    const found = await destroySome(ordinary!);
    process.stdout.write(`destroyed keys found, wal_recycle=on: ${JSON.stringify(found)}\n`);
    expect(found).toMatchObject({ after: { tables: 0 }, afterDays: { tables: 0 } });
  });

  test('is forgotten later when a backup holds the table, and the next start does it', async () => {
    const server = advised!;
    const origin = randomUUID();
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (event: string) => void warnings.push(event) };
    let parts = await openPostgresParts(server.url, origin, { log, onLost: () => undefined });
    const rootKey = new RootKey(randomBytes(32));
    let vault = await parts.openVault(() => rootKey);
    const record = vaultRecord();
    await vault.put([record]);
    const needles = await storedBytes(server, origin, [record.recordId]);
    // A dump takes its locks at the beginning and keeps them until it ends.
    const dump = server.ask(
      `WITH seen AS (SELECT count(*) AS n FROM sekisho.kek, sekisho.record, sekisho.held_key)
       SELECT pg_sleep(7) FROM seen`,
    );
    const [logRow] = await server.ask('SELECT log_id FROM sekisho.log WHERE origin = $1', [origin]);
    const table = `sekisho.keys_${String(logRow['log_id'])}_${day}`;
    const dumpOfDay = server.ask(`SELECT pg_sleep(7) FROM ${table}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await vault.destroy(placesOf(record.recordId));
    expect(warnings).toContain('vault_scrub_postponed');
    expect(await vault.has(record.recordId, 'ops')).toBe(false);
    await vault.close();
    await parts.close();
    await Promise.all([dump, dumpOfDay]);
    parts = await openPostgresParts(server.url, origin, { log, onLost: () => undefined });
    vault = await parts.openVault(() => rootKey);
    expect(countByPlace(server.directory!, needles)).toEqual({ tables: 0, log: 0 });
    await vault.close();
    await parts.close();
  });

  test('says at the start what may outlive it on this server', async () => {
    const traces = async (server: PostgresServer): Promise<unknown> => {
      const options = { log: silentLog, onLost: () => undefined };
      const parts = await openPostgresParts(server.url, randomUUID(), options);
      await parts.close();
      return parts.traces;
    };
    const none = { checkpointRefused: false, walRecycled: false, archived: false, slots: 0 };
    expect(await traces(advised!)).toEqual(none);
    expect(await traces(ordinary!)).toEqual({ ...none, walRecycled: true });
  });
});

test('PostgreSQL', ({ skip }) => {
  if (absent) skip(`forgetting in PostgreSQL ${noPostgres}`);
  expect(existsSync(advised!.directory!)).toBe(true);
});
