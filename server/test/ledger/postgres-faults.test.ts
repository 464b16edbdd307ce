import { randomBytes, randomUUID } from 'node:crypto';
import { type Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { Postgres, silentLog } from '#base';
import { LedgerError } from '../../src/ledger/errors.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import { type PostgresParts, openPostgresParts } from '../../src/ledger/shared/postgres-parts.ts';
import { noPostgres, startPostgres } from '../postgres-server.ts';
import { batchesOf, readAll } from './sequence-contract.ts';
import { vaultRecord } from './vault-contract.ts';

const server = await startPostgres();
afterAll(async () => server?.stop());

interface Opened extends PostgresParts {
  readonly origin: string;
  /** Settled when the lock was lost. */
  readonly lost: Promise<LedgerError>;
}

async function open(origin: string = randomUUID(), url: string = server!.url): Promise<Opened> {
  let onLost = (_error: LedgerError): void => {};
  const lost = new Promise<LedgerError>((resolve) => {
    onLost = resolve;
  });
  const parts = await openPostgresParts(url, origin, { log: silentLog, onLost });
  return { ...parts, origin, lost };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

/** Cuts the sessions that hold advisory locks, as a network or an operator would. */
async function cutLocks(): Promise<void> {
  await server!.ask(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted",
  );
}

/** Stands between the ledger and the server, and can swallow what the server answers. */
async function startProxy(
  port: number,
): Promise<{ port: number; swallow(): void; cut(): void; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let swallows = false;
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far);
    far.on('data', (bytes) => {
      if (!swallows) near.write(bytes);
    });
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (proxy.address() as AddressInfo).port,
    swallow: () => {
      swallows = true;
    },
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe.skipIf(server === undefined)('a log in PostgreSQL', () => {
  test('is taken over when its holder was cut off, who then changes nothing', async () => {
    const first = await open();
    const rootKey = new RootKey(randomBytes(32));
    const firstVault = await first.openVault(() => rootKey);
    const [a, b, c] = batchesOf([[10, 20], [30], [40]]);
    const [one, two, three] = [1, 2, 3].map((size) => ({ size, note: `note ${size}` }));
    await readAll(first.sequence);
    await first.sequence.append(a);
    await first.lock.compareAndSet(undefined, one);
    expect(await codeOf(open(first.origin))).toBe('in_use');

    await cutLocks();
    expect((await first.lost).code).toBe('database_lost');
    const second = await open(first.origin);
    expect(await codeOf(first.sequence.append(b))).toBe('database_lost');
    expect(await codeOf(first.lock.compareAndSet(one, two))).toBe('database_lost');
    expect(await codeOf(firstVault.put([vaultRecord()]))).toBe('database_lost');
    expect((await readAll(second.sequence)).batches.length).toBe(1);
    await second.sequence.append({ ...c, size: 3 });
    await second.lock.compareAndSet(one, three);
    await first.close();
    await second.close();
  });

  test('is kept from a holder who does not know yet that another came', async () => {
    const first = await open();
    const rootKey = new RootKey(randomBytes(32));
    const vault = await first.openVault(() => rootKey);
    const kept = vaultRecord();
    await vault.put([kept]);
    await readAll(first.sequence);
    const places = [{ recordId: kept.recordId, group: 'ops' as const, day: kept.day }];
    // What a new holder does first, while the old one's session still looks alive to it.
    await server!.ask('UPDATE sekisho.log SET epoch = epoch + 1 WHERE origin = $1', [first.origin]);
    const [batch] = batchesOf([[10]]);
    const works: (() => Promise<unknown>)[] = [
      () => first.sequence.append(batch),
      () => first.lock.compareAndSet(undefined, { size: 1, note: 'a' }),
      () => vault.put([vaultRecord()]),
      () => vault.put([vaultRecord({ day: kept.day + 9 })]),
      () => vault.destroy(places),
      () => vault.destroyDays([{ group: 'ops', evidenceClass: 'r1', day: kept.day }]),
      () => vault.hold(places),
      () => vault.unhold(places),
    ];
    for (const work of works) expect(await codeOf(work())).toBe('fenced');
    expect(await vault.has(kept.recordId, 'ops')).toBe(true);
    await first.close();
    for (const work of works.slice(1)) {
      const again = await open(first.origin);
      await server!.ask('UPDATE sekisho.log SET epoch = epoch + 1 WHERE origin = $1', [
        first.origin,
      ]);
      await again.close();
      expect(await codeOf(work())).toBe('fenced');
    }
    const last = await open(first.origin);
    expect(await readAll(last.sequence)).toEqual({ batches: [], end: 'clean' });
    expect(await last.lock.read()).toBeUndefined();
    await last.close();
  });

  test('writes nothing more when a connection dies in the middle of an append', async () => {
    const first = await open();
    await readAll(first.sequence);
    const [a, b] = batchesOf([[10, 20], [30]]);
    const [c] = batchesOf([[40]], 2);
    await first.sequence.append(a);
    // A lock of ours keeps the append waiting until its own session is ended.
    const other = await Postgres.open(server!.url);
    let append: Promise<string> | undefined;
    await other.transaction(async (query) => {
      await query.query('SELECT FROM sekisho.log WHERE origin = $1 FOR UPDATE', [first.origin]);
      append = codeOf(first.sequence.append(b));
      for (let cut = 0; cut === 0;) {
        const rows = await server!.ask(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE wait_event_type = 'Lock' AND query LIKE '%WITH moved%'`,
        );
        cut = rows.length;
      }
    });
    await other.close();
    expect(await append).toBe('database_lost');
    expect(await codeOf(first.sequence.append(c))).toBe('database_lost');
    await first.close();
    const second = await open(first.origin);
    const { batches, end } = await readAll(second.sequence);
    expect([batches.length, end]).toEqual([1, 'clean']);
    await second.close();
  });

  test('keeps none of a batch of keys when one of them was there, and writes no more', async () => {
    const first = await open();
    const rootKey = new RootKey(randomBytes(32));
    const vault = await first.openVault(() => rootKey);
    const [old, ...fresh] = [vaultRecord(), vaultRecord(), vaultRecord({ day: 9 })];
    await vault.put([old]);
    expect(await codeOf(vault.put([...fresh, old]))).toBe('database_failed');
    expect(await codeOf(vault.put([vaultRecord()]))).toBe('database_failed');
    await first.close();
    const second = await open(first.origin);
    const again = await second.openVault(() => rootKey);
    for (const { recordId } of fresh) expect(await again.has(recordId, 'ops')).toBe(false);
    expect(await again.has(old.recordId, 'ops')).toBe(true);
    await second.close();
  });

  test('holds the whole batch or none of it when the answer to a commit is lost', async ({
    skip,
  }) => {
    if (server?.tcp === undefined) {
      skip('the named server is not reached through a proxy');
      return;
    }
    const { port, password } = server.tcp;
    const proxy = await startProxy(port);
    const secret = encodeURIComponent(password);
    const url = `postgres://sekisho:${secret}@127.0.0.1:${proxy.port}/postgres`;
    const first = await open(randomUUID(), url);
    await readAll(first.sequence);
    const [a, b] = batchesOf([[10], [30, 16_384, 7]]);
    const [c] = batchesOf([[40]], 1);
    await first.sequence.append(a);
    proxy.swallow();
    const append = codeOf(first.sequence.append(b));
    const sizeOf = async (): Promise<unknown> => {
      const rows = await server.ask('SELECT size FROM sekisho.log WHERE origin = $1', [
        first.origin,
      ]);
      return Number(rows[0]['size']);
    };
    while ((await sizeOf()) !== 4) await new Promise((resolve) => setTimeout(resolve, 10));
    proxy.cut();
    expect(await append).toBe('database_lost');
    expect((await first.lost).code).toBe('database_lost');
    expect(await codeOf(first.sequence.append(c))).toBe('database_lost');
    await first.close();
    await proxy.stop();
    const second = await open(first.origin);
    const { batches, end } = await readAll(second.sequence);
    expect(end).toBe('clean');
    expect(batches.map(({ entries }) => entries.map(text))).toEqual(
      [a, b].map(({ entries }) => entries.map(text)),
    );
    await second.close();
  });

  const damages: readonly (readonly [what: string, statement: string])[] = [
    ['a missing batch', 'DELETE FROM sekisho.batch WHERE log_id = $1 AND first_index = 2'],
    ['a missing last batch', 'DELETE FROM sekisho.batch WHERE log_id = $1 AND first_index = 3'],
    ['a size that moved', 'UPDATE sekisho.log SET size = 5 WHERE log_id = $1'],
    [
      'another byte',
      `UPDATE sekisho.batch SET entries = set_byte(entries, 5, get_byte(entries, 5) # 1)
       WHERE log_id = $1 AND first_index = 2`,
    ],
    [
      'another root',
      `UPDATE sekisho.batch SET root = set_byte(root, 5, get_byte(root, 5) # 1)
       WHERE log_id = $1 AND first_index = 2`,
    ],
    [
      'a batch at another place',
      'UPDATE sekisho.batch SET first_index = 9, size = 10 WHERE log_id = $1 AND first_index = 3',
    ],
    [
      'a batch of a later holder',
      'UPDATE sekisho.batch SET epoch = 99 WHERE log_id = $1 AND first_index = 3',
    ],
  ];
  test.each(damages)('with %s is damaged', async (_what, statement) => {
    const first = await open();
    await readAll(first.sequence);
    for (const batch of batchesOf([[10, 20], [30], [40]])) await first.sequence.append(batch);
    await first.close();
    const rows = await server!.ask('SELECT log_id FROM sekisho.log WHERE origin = $1', [
      first.origin,
    ]);
    await server!.ask(statement, [rows[0]['log_id']]);
    const second = await open(first.origin);
    expect((await readAll(second.sequence)).end).toBe('damaged');
    await second.close();
  });
});

test('PostgreSQL', ({ skip }) => {
  if (server === undefined) skip(`PostgreSQL ${noPostgres}`);
});
