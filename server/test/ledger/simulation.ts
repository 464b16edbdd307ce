import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Checkpoint,
  encodeBase64,
  formatTilePath,
  parseCheckpointBody,
  parseNote,
  rootOf,
  splitBundle,
  tileWidth,
} from '@sekisho/proof';
import { expect } from 'vitest';
import { type Draft, stateDraft } from '../../src/ledger/draft.ts';
import type { CustodyOrder } from '../../src/ledger/custody-order.ts';
import { Engine, type Sequenced } from '../../src/ledger/engine.ts';
import { LedgerError } from '../../src/ledger/errors.ts';
import { groups } from '../../src/ledger/fields.ts';
import { dayOf } from '../../src/ledger/index-rebuild.ts';
import { Wal } from '../../src/ledger/local/wal.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import { firstKeptDay } from '../../src/ledger/retention.ts';
import { intent, localPlace, outcome, plain, startMs } from './fixtures.ts';
import { type Random, SimulatedDisk, seededRandom } from './simulated-disk.ts';

const signed = { by: 'key-1', authority: 'Office' } as const;
const months = { identity: 1, content: 1, ops: 1 } as const;

/** An exchange that was acknowledged, and what must be true of it. */
interface Known {
  readonly index: number;
  readonly text: string;
  readonly day: number;
  isErased: boolean;
  /** Acknowledged holds that were not lifted. */
  readonly holds: Set<string>;
  /** An order about it was under way in a crash: either end of it is right. */
  isUncertain: boolean;
}

/**
 * Drives an engine over a disk that crashes, beside a naive model of what a ledger promises. Every
 * step follows from the seed; only ids and keys do not.
 */
export class Simulation {
  readonly #directory: string;
  readonly #holdBack: boolean;
  readonly #random: Random;
  readonly #disk: SimulatedDisk;
  readonly #passages = new Map<string, Known>();
  /** Of acknowledged entries, by index, base64url. */
  readonly #leaves = new Map<number, string>();
  /** Of every entry that was found after a start. */
  #found: readonly string[] = [];
  /** Sizes of checkpoints that were compared with those entries: they may not change any more. */
  readonly #compared = new Set<number>();
  readonly #checkpoints = new Map<number, string>();
  #nowMs = startMs;
  #texts = 0;
  #pending: Promise<void>[] = [];
  #engine: Engine | undefined;
  readonly counts = { appends: 0, crashes: 0, restarts: 0, orders: 0, checkpoints: 0 };

  constructor(directory: string, seed: number) {
    this.#directory = directory;
    this.#random = seededRandom(seed);
    this.#holdBack = this.#random() < 0.3;
    // Keys and databases are on the disk of this machine, which does not crash.
    mkdirSync(join(directory, 'keys'));
    this.#disk = new SimulatedDisk(directory);
    this.#disk.beforeSync = async () => {
      for (let left = this.#below(4); left > 0; left--) await turn();
    };
  }

  async run(steps: number): Promise<void> {
    await this.#start();
    for (let step = 0; step < steps; step++) await this.#step();
    await this.#settle();
    await this.#restart();
    await this.#ledger.close();
  }

  get #ledger(): Engine {
    return this.#engine!;
  }

  /** The first day whose passages no expiry has asked for. */
  #expiredBelow = 0;

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  async #step(): Promise<void> {
    const dice = this.#below(100);
    if (dice < 48) this.#append();
    else if (dice < 58) this.#ask(() => this.#publish());
    else if (dice < 64) this.#ask(() => this.#erase());
    else if (dice < 70) this.#ask(() => this.#hold());
    else if (dice < 75) this.#ask(() => this.#release());
    else if (dice < 77) this.#ask(() => this.#expire());
    else if (dice < 83) this.#ask(() => this.#adopt());
    else if (dice < 88) this.#nowMs += this.#below(3) * 20_000_000;
    else if (dice < 92) await this.#settle();
    else if (dice < 97) await this.#crash();
    else await this.#restart();
    for (let left = this.#below(3); left > 0; left--) await turn();
  }

  /** Starts a piece of work beside others. Only a crash may make it fail. */
  #ask(work: () => Promise<void>): void {
    const { crashes } = this.counts;
    const done = work().catch((error: unknown) => {
      if (this.counts.crashes === crashes) throw error;
    });
    // Heard of when it is waited for, which may be some turns later.
    done.catch(() => undefined);
    this.#pending.push(done);
  }

  async #settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }

  #append(): void {
    const text = `text ${this.#texts++}`;
    const kind = this.#below(10);
    let drafts: readonly Draft[];
    if (kind < 6) drafts = [intent(text), outcome('#0', text)];
    else if (kind < 8) drafts = Array.from({ length: 1 + this.#below(40) }, () => plain);
    else if (kind < 9) drafts = [intent(text)];
    else drafts = [plain, { ...plain, id: 'not an id' }];
    const nowMs = this.#nowMs;
    this.counts.appends++;
    this.#ask(async () => {
      const [result] = await this.#ledger.append([drafts.map(stateDraft)], nowMs);
      if (result === undefined || 'error' in result) {
        expect(kind, String(result?.error)).toBe(9);
        return;
      }
      expect(kind).not.toBe(9);
      this.#acknowledge(result.sequenced);
      const [{ id, index }] = result.sequenced;
      const day = dayOf(nowMs / 1_000);
      // An expiry that was asked for while this was under way may or may not have taken it along.
      const isUncertain = day < this.#expiredBelow;
      const found = { index, text, isErased: false, holds: new Set<string>(), isUncertain };
      if (kind < 6) this.#passages.set(id, { ...found, day });
    });
  }

  #acknowledge(sequenced: readonly Sequenced[]): void {
    for (const { index, leafHash } of sequenced) {
      expect(this.#leaves.has(index), `index ${index} twice`).toBe(false);
      this.#leaves.set(index, leafHash);
    }
  }

  async #publish(): Promise<void> {
    await this.#ledger.publish();
    this.#see();
  }

  /** Remembers what may have left the process. */
  #see(): void {
    for (const checkpoint of [this.#ledger.signed, this.#ledger.published]) {
      if (checkpoint === undefined) continue;
      const { size, root } = bodyOf(checkpoint.note);
      const known = this.#checkpoints.get(size);
      if (known !== undefined) expect(encodeBase64(root), `checkpoint of ${size}`).toBe(known);
      this.#checkpoints.set(size, encodeBase64(root));
    }
  }

  async #adopt(): Promise<void> {
    const isQuorum = this.#random() < 0.6;
    const { note, size } = this.#ledger.signed;
    const line = Buffer.alloc(76, String(this.#below(9))).toString('base64');
    await this.#ledger.adopt(`${note}— w${this.#below(3)}.example ${line}\n`, isQuorum);
    if (isQuorum) expect(this.#ledger.published!.size).toBeGreaterThanOrEqual(size);
    this.#see();
  }

  /** @returns what was recorded, or the code of the refusal */
  async #order(order: CustodyOrder, about: readonly Known[]): Promise<string> {
    this.counts.orders++;
    const was = about.map((passage) => passage.isUncertain);
    for (const passage of about) passage.isUncertain = true;
    const done = (): void => {
      for (const [i, passage] of about.entries()) passage.isUncertain = was[i]!;
    };
    try {
      const { sequenced } = await this.#ledger.carryOut(order, this.#nowMs);
      this.#acknowledge(sequenced);
      done();
      return sequenced[0]?.id ?? '';
    } catch (error) {
      if (!(error instanceof LedgerError) || ['failed', 'closed'].includes(error.code)) throw error;
      done();
      return error.code;
    }
  }

  #any(): [id: string, passage: Known] | undefined {
    const all = [...this.#passages].filter(([, { isUncertain }]) => !isUncertain);
    return all[this.#below(all.length)];
  }

  async #erase(): Promise<void> {
    const [id, passage] = this.#any() ?? [];
    if (id === undefined || passage === undefined) return;
    const order = { ...signed, kind: 'erase', passageIds: [id], groups, basis: 'x' } as const;
    const { isErased } = passage;
    const isHeld = passage.holds.size > 0;
    const said = await this.#order(order, [passage]);
    if (isHeld) expect(said).toBe('held');
    else if (isErased) expect(said).toBe('already_erased');
    else {
      expect(said).toMatch(/^[0-9a-f]{32}$/);
      passage.isErased = true;
    }
  }

  async #hold(): Promise<void> {
    const [id, passage] = this.#any() ?? [];
    if (id === undefined || passage === undefined) return;
    const order = { ...signed, kind: 'hold', passageIds: [id], reason: 'case' } as const;
    const holdId = await this.#order(order, [passage]);
    expect(holdId).toMatch(/^[0-9a-f]{32}$/);
    passage.holds.add(holdId);
  }

  async #release(): Promise<void> {
    const held = [...this.#passages.values()].filter(
      ({ holds, isUncertain }) => holds.size > 0 && !isUncertain,
    );
    const passage = held[this.#below(held.length)];
    if (passage === undefined) return;
    const [holdId = ''] = passage.holds;
    const order = { ...signed, kind: 'release', holdId, reason: 'closed' } as const;
    const said = await this.#order(order, [passage]);
    expect(said).toMatch(/^[0-9a-f]{32}$/);
    passage.holds.delete(holdId);
  }

  /** Moves the clock on and lets go of what is due. */
  async #expire(): Promise<void> {
    // Its entries would come between those that are under way, and so would the clock.
    const before = this.#pending;
    await Promise.allSettled(before);
    this.#nowMs += this.#below(40) * 86_400_000;
    const firstKept = firstKeptDay(this.#nowMs, months.content);
    this.#expiredBelow = Math.max(this.#expiredBelow, firstKept);
    const due = [...this.#passages.values()].filter(({ day }) => day < firstKept);
    const free = due.filter(({ holds, isUncertain }) => holds.size === 0 && !isUncertain);
    await this.#order({ ...signed, kind: 'expire', months }, due);
    for (const passage of free) passage.isErased = true;
  }

  async #crash(): Promise<void> {
    this.counts.crashes++;
    // Apart, since how many numbers it takes depends on how long the entries are.
    this.#disk.crash(seededRandom(this.#below(2 ** 31)));
    const engine = this.#ledger;
    // A checkpoint may have been signed just before.
    this.#see();
    await engine.abandon();
    await this.#settle();
    await this.#start();
  }

  async #restart(): Promise<void> {
    await this.#settle();
    this.counts.restarts++;
    this.#see();
    await this.#ledger.close();
    this.#see();
    await this.#start();
  }

  async #start(): Promise<void> {
    const place = localPlace(this.#directory, this.#disk);
    this.#engine = await Engine.open({ ...place, holdBack: this.#holdBack }, this.#nowMs);
    this.#see();
    const entries = await this.#entries();
    const leaves = entries.map((entry) => leafHashOf(entry).toString('base64url'));
    for (const [index, leaf] of this.#leaves) expect(leaves[index], `entry ${index}`).toBe(leaf);
    const kept = Math.max(0, ...this.#compared);
    expect(leaves.slice(0, kept)).toEqual(this.#found.slice(0, kept));
    for (const [size, root] of this.#checkpoints) {
      if (this.#compared.has(size)) continue;
      expect(await rootAt(leaves, size), `checkpoint of ${size}`).toBe(root);
      this.#compared.add(size);
    }
    this.counts.checkpoints = this.#checkpoints.size;
    this.#found = leaves;
    await this.#checkTiles(entries);
    await this.#checkPassages();
  }

  async #entries(): Promise<readonly Buffer[]> {
    const wal = (await Wal.openReadOnly(this.#disk, join(this.#directory, 'wal/entries.wal')))!;
    const entries: Buffer[] = [];
    for await (const batch of wal.read()) entries.push(...batch.entries.map((e) => Buffer.from(e)));
    return entries;
  }

  /** Every tile that the published checkpoint asks for, against the tree of all its entries. */
  async #checkTiles(entries: readonly Buffer[]): Promise<void> {
    const published = this.#ledger.published;
    if (published === undefined) return;
    const { size } = published;
    const tile = async (level: number | 'entries', index: number): Promise<Uint8Array> => {
      const width = tileWidth(size, level === 'entries' ? 0 : level, index);
      const bytes = await this.#ledger.tile(formatTilePath({ level, index, width }));
      expect(bytes, `tile ${level}/${index} of ${size}`).toBeDefined();
      return bytes!;
    };
    const hashes = this.#found.map((leaf) => Buffer.from(leaf, 'base64url'));
    for (let index = 0; index * 256 < size; index++) {
      const [from, to] = [index * 256, Math.min(size, index * 256 + 256)];
      const level = Buffer.from(await tile(0, index));
      expect(level.equals(Buffer.concat(hashes.slice(from, to))), `tile 0/${index}`).toBe(true);
      const bundle = splitBundle(await tile('entries', index))!.map((entry) => Buffer.from(entry));
      expect(bundle.length).toBe(to - from);
      for (const [i, entry] of bundle.entries()) {
        expect(entry.equals(entries[from + i]), `entry ${from + i}`).toBe(true);
      }
    }
    if (size < 256) return;
    const above = Buffer.from(await tile(1, 0));
    for (let index = 0; (index + 1) * 256 <= size; index++) {
      const root = Buffer.from(await rootOf(hashes.slice(index * 256, index * 256 + 256)));
      expect(above.subarray(index * 32, index * 32 + 32).equals(root), `tile 1/0 at ${index}`).toBe(
        true,
      );
    }
  }

  async #checkPassages(): Promise<void> {
    for (const [id, known] of this.#passages) {
      const found = await this.#ledger.passage(id, { content: true });
      expect(found, id).toMatchObject({ intentIndex: known.index, end: 'complete' });
      const isErased = found!.contentState === 'ERASED';
      if (known.isErased) expect(found!.contentState, known.text).toBe('ERASED');
      else if (!known.isUncertain) expect(found!.contentState, known.text).toBe('PRESENT');
      expect(found!.contentState).not.toBe('MISSING');
      const told = JSON.stringify(found!.intentFields);
      expect(told.includes(`"${known.text}"`), known.text).toBe(!isErased);
      // What is gone stays gone, whoever was told of it.
      if (isErased) known.isErased = true;
      if (!known.isUncertain) expect(found!.held).toBe(known.holds.size > 0);
    }
  }
}

function bodyOf(note: string): Checkpoint {
  return parseCheckpointBody(parseNote(note)!.text)!;
}

async function rootAt(leaves: readonly string[], size: number): Promise<string> {
  expect(size).toBeLessThanOrEqual(leaves.length);
  const hashes = leaves.slice(0, size).map((leaf) => Buffer.from(leaf, 'base64url'));
  return encodeBase64(await rootOf(hashes));
}
