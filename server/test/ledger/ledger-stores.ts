import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { silentLog } from '#base';
import type { Engine, EnginePlace } from '../../src/ledger/engine.ts';
import { type StorageSettings, openStorage } from '../../src/ledger/open-storage.ts';
import type { LogPlace } from '../../src/ledger/recovery.ts';
import type { KeyVault } from '../../src/ledger/storage.ts';
import { type FakeS3, startFakeS3 } from '../fakes/s3-server.ts';
import { type PostgresServer, noPostgres, startEmptyPostgres } from '../postgres-server.ts';
import * as fixtures from './fixtures.ts';

/**
 * A place to keep ledgers in, and what a test does to it behind the ledger's back. Its members are
 * functions that stand alone: a suite takes those it needs by name.
 */
export interface LedgerStore {
  readonly name: string;
  /** A log of its own, with the folder of its keys and index; both are gone afterwards. */
  readonly inDirectory: <T>(work: (directory: string) => Promise<T>) => Promise<T>;
  /** What `openLedger` is given for it. */
  readonly settings: (directory: string) => StorageSettings;
  readonly place: (directory: string) => LogPlace;
  readonly openEngine: (
    directory: string,
    nowMs?: number,
    more?: Partial<EnginePlace>,
  ) => Promise<Engine>;
  /** The checkpoint as readers of the static tree get it. */
  readonly published: (directory: string) => string | undefined;
  readonly publish: (directory: string, note: string) => void;
  /** The entries of a closed ledger, in their order. */
  readonly entriesOf: (directory: string) => Promise<readonly Buffer[]>;
  /** Looks into the vault of a closed ledger. */
  readonly inVault: <T>(directory: string, work: (vault: KeyVault) => Promise<T>) => Promise<T>;
  /** Everything that is kept anywhere, by names that tell where. */
  readonly everything: (directory: string) => Promise<ReadonlyMap<string, Buffer>>;
}

/**
 * The stores that one suite runs against: files and SQLite; and PostgreSQL with object storage,
 * where this machine has it. Where it has not, a test that is skipped says so.
 */
export async function ledgerStores(): Promise<readonly LedgerStore[]> {
  const server = await startEmptyPostgres();
  if (server === undefined) {
    describe('PostgreSQL and object storage', () => {
      test('keep a ledger as files do', ({ skip }) => skip(`shared storage ${noPostgres}`));
    });
    return [new LocalStore()];
  }
  const fake = await startFakeS3({ pageSize: 50 });
  afterAll(async () => {
    await fake.close();
    await server.stop();
  });
  return [new LocalStore(), new SharedStore(server, fake)];
}

class LocalStore implements LedgerStore {
  readonly name: string = 'files and SQLite';

  readonly inDirectory: LedgerStore['inDirectory'] = (work) => fixtures.inDirectory(work);

  readonly settings: LedgerStore['settings'] = () => ({});

  readonly place: LedgerStore['place'] = (directory) => {
    const { origin } = fixtures;
    const settings = this.settings(directory);
    const options = { settings, log: silentLog, onLost: () => undefined };
    return {
      ...fixtures.localPlace(directory),
      openStorage: () => openStorage(directory, origin, options),
    };
  };

  readonly openEngine: LedgerStore['openEngine'] = (directory, nowMs, more) =>
    fixtures.openEngine(directory, nowMs, { ...this.place(directory), ...more });

  readonly published: LedgerStore['published'] = (directory) => {
    try {
      return readFileSync(join(directory, 'tile', 'checkpoint'), 'utf8');
    } catch {
      return undefined;
    }
  };

  readonly publish: LedgerStore['publish'] = (directory, note) =>
    writeFileSync(join(directory, 'tile', 'checkpoint'), note);

  readonly entriesOf: LedgerStore['entriesOf'] = async (directory) => {
    const storage = await this.place(directory).openStorage();
    const entries: Buffer[] = [];
    for await (const batch of storage.sequence.read()) {
      entries.push(...batch.entries.map((entry) => Buffer.from(entry)));
    }
    await storage.close();
    return entries;
  };

  readonly inVault: LedgerStore['inVault'] = async (directory, work) => {
    const storage = await this.place(directory).openStorage();
    const vault = await storage.openVault(() => fixtures.rootKeyOf(directory));
    try {
      return await work(vault);
    } finally {
      await vault.close();
      await storage.close();
    }
  };

  readonly everything: LedgerStore['everything'] = async (directory) =>
    fixtures.filesUnder(directory);
}

class SharedStore extends LocalStore {
  override readonly name = 'PostgreSQL and object storage';
  readonly #server: PostgresServer;
  readonly #fake: FakeS3;
  /** One bucket serves them all. */
  readonly #prefixes = new Map<string, string>();

  constructor(server: PostgresServer, fake: FakeS3) {
    super();
    this.#server = server;
    this.#fake = fake;
  }

  override readonly inDirectory: LedgerStore['inDirectory'] = (work) =>
    fixtures.inDirectory(async (directory) => {
      this.#prefixes.set(directory, `log-${this.#prefixes.size}/`);
      try {
        return await work(directory);
      } finally {
        // The next test has a log of the same name, and finds none.
        await this.#server.ask(
          `UPDATE sekisho.log SET origin = origin || ' ' || log_id WHERE origin = $1`,
          [fixtures.origin],
        );
      }
    });

  override readonly settings: LedgerStore['settings'] = (directory) => {
    const prefix = this.#prefixes.get(directory)!;
    return { databaseUrl: this.#server.url, objects: { ...this.#fake.settings, prefix } };
  };

  override readonly published: LedgerStore['published'] = (directory) =>
    this.#fake.objects.get(this.#checkpointKey(directory))?.bytes.toString('utf8');

  override readonly publish: LedgerStore['publish'] = (directory, note) => {
    const key = this.#checkpointKey(directory);
    const object = this.#fake.objects.get(key)!;
    this.#fake.objects.set(key, { ...object, bytes: Buffer.from(note) });
  };

  override readonly everything: LedgerStore['everything'] = async (directory) => {
    const all = new Map(fixtures.filesUnder(directory));
    const prefix = this.#prefixes.get(directory)!;
    for (const [key, { bytes }] of this.#fake.objects) {
      if (key.startsWith(prefix)) all.set(`s3:${key}`, bytes);
    }
    if (this.#server.directory === undefined) return all;
    await this.#server.ask('CHECKPOINT');
    for (const folder of ['base', 'pg_wal']) {
      const files = fixtures.filesUnder(join(this.#server.directory, folder));
      for (const [path, bytes] of files) all.set(`postgres:${folder}/${path}`, bytes);
    }
    return all;
  };

  #checkpointKey(directory: string): string {
    return `${this.#prefixes.get(directory)}log/checkpoint`;
  }
}
