import { setImmediate as turn } from 'node:timers/promises';
import { type Disk, limits } from '#base';
import type { Group } from '../fields.ts';
import type { RootKey } from '../root-key.ts';
import type { KeyVault, VaultDay, VaultPlace, VaultRecord } from '../storage.ts';
import { SqliteVault } from './sqlite-vault.ts';
import { VaultJournal, readJournal } from './vault-journal.ts';

/** Where the database lies, and the journal before it. */
export interface VaultFiles {
  readonly database: string;
  readonly journal: string;
}

/**
 * A vault that takes keys into a journal and moves them into its database some hundreds at a time.
 * A commit of the database writes a page or two for each record, and waits for the disk in this
 * thread: for the few entries of a batch under light load, that was the dearest part of an entry.
 * Whatever reads or destroys sees the database only, with everything in it.
 */
export class JournaledVault implements KeyVault {
  readonly #vault: SqliteVault;
  readonly #journal: VaultJournal;
  /** Rows that are in the journal and not yet in the database. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #failure: { readonly error: unknown } | undefined;

  private constructor(vault: SqliteVault, journal: VaultJournal) {
    this.#vault = vault;
    this.#journal = journal;
  }

  /** @param rootKey asked for once it is known whether the vault already holds keys */
  static async open(
    disk: Disk,
    { database, journal: path }: VaultFiles,
    from: { readonly tenant: string; readonly rootKey: (vaultIsNew: boolean) => RootKey },
  ): Promise<JournaledVault> {
    const vault = SqliteVault.open(database, from.tenant, from.rootKey);
    try {
      const journal = await VaultJournal.open(disk, path);
      const left = Buffer.concat(await journal.read());
      // A crash may have come between the two, and a key that was destroyed keeps its row.
      if (left.length > 0) vault.insert(left, 'maybe');
      await journal.clear();
      return new JournaledVault(vault, journal);
    } catch (error) {
      await vault.abandon();
      throw error;
    }
  }

  /** For a look at the keys beside the process that writes them. The database must exist. */
  static openReadOnly(
    disk: Disk,
    { database, journal }: VaultFiles,
    rootKey: RootKey,
  ): Pick<KeyVault, 'get' | 'close'> {
    const vault = SqliteVault.openReadOnly(database, rootKey);
    const inJournal = async (place: VaultPlace): Promise<Uint8Array | undefined> => {
      const { rowBytes } = vault;
      for (const rows of await readJournal(disk, journal)) {
        for (let at = 0; at + rowBytes <= rows.length; at += rowBytes) {
          const key = vault.unpack(rows.subarray(at, at + rowBytes), place);
          if (key !== undefined) return key;
        }
      }
      return undefined;
    };
    return {
      // The writer may have moved it between the first look and the second.
      get: async (recordId, group) =>
        (await vault.get(recordId, group)) ??
        (await inJournal({ recordId, group })) ??
        vault.get(recordId, group),
      close: () => vault.abandon(),
    };
  }

  async put(records: readonly VaultRecord[]): Promise<void> {
    this.#assertWhole();
    if (records.length === 0) return;
    const rows = Buffer.from(this.#vault.pack(records));
    this.#waiting.push(rows);
    this.#waitingBytes += rows.length;
    const appended = this.#journal.append(rows);
    if (this.#waitingBytes >= limits.vaultJournalRows * this.#vault.rowBytes) {
      // Whatever comes of it is heard below; while the disk is busy with it, the rows move on.
      appended.catch(() => undefined);
      await turn();
      this.#move();
    }
    await appended;
  }

  async get(recordId: Uint8Array, group: Group): Promise<Uint8Array | undefined> {
    this.#move();
    return this.#vault.get(recordId, group);
  }

  async has(recordId: Uint8Array, group: Group): Promise<boolean> {
    this.#move();
    return this.#vault.has(recordId, group);
  }

  async deleteOrphans(isKnown: (recordId: Uint8Array) => boolean): Promise<number> {
    await this.#empty();
    return this.#vault.deleteOrphans(isKnown);
  }

  async recordsOf(subject: Uint8Array): Promise<readonly Uint8Array[]> {
    this.#move();
    return this.#vault.recordsOf(subject);
  }

  async destroy(places: readonly VaultPlace[]): Promise<void> {
    await this.#empty();
    await this.#vault.destroy(places);
  }

  async destroyDays(days: readonly VaultDay[]): Promise<void> {
    await this.#empty();
    await this.#vault.destroyDays(days);
  }

  daysBefore(group: Group, day: number): Promise<readonly VaultDay[]> {
    return this.#vault.daysBefore(group, day);
  }

  async hold(places: readonly (VaultPlace & { readonly day: number })[]): Promise<void> {
    await this.#empty();
    await this.#vault.hold(places);
  }

  async unhold(places: readonly VaultPlace[]): Promise<void> {
    await this.#empty();
    await this.#vault.unhold(places);
  }

  async close(): Promise<void> {
    try {
      await this.#empty();
    } finally {
      await this.#journal.close();
      await this.#vault.close();
    }
  }

  async abandon(): Promise<void> {
    await this.#journal.close();
    await this.#vault.abandon();
  }

  /** Rows that a batch under way has just written may move too: they are durable then as well. */
  #move(): void {
    this.#assertWhole();
    if (this.#waiting.length === 0) return;
    try {
      this.#vault.insert(Buffer.concat(this.#waiting));
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#journal.restart();
  }

  /** What will be destroyed is then in one place only. */
  async #empty(): Promise<void> {
    this.#move();
    await this.#journal.clear();
  }

  /** What failed once is not tried again: the disk may lie. */
  #assertWhole(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
