import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limits, nodeDisk } from '#base';
import {
  type Checkpoint,
  EntryChain,
  type VerifierKey,
  formatTilePath,
  fullTileWidth,
  openCheckpoint,
  parseCheckpointBody,
  parseEntry,
  parseNote,
  parseVerifierKey,
  splitBundle,
  tileWidth,
} from '@sekisho/proof';
import { Bundles } from './bundles.ts';
import { type Finding, Findings } from './fsck-findings.ts';
import { PromiseCheck } from './fsck-promises.ts';
import { SealedCheck, type SealedCounts } from './fsck-sealed.ts';
import { StaticCheck } from './fsck-static.ts';
import { loadLogSigner } from './key-files.ts';
import { trustOfSecondKey } from './postquantum/log-key.ts';
import { FileTiles } from './local/file-tiles.ts';
import { Wal } from './local/wal.ts';
import { leafHashOf } from './record.ts';
import type { SequenceEnd, TileStore } from './storage.ts';
import { Tree } from './tree.ts';

/** What a check of a ledger folder saw. */
export interface LedgerCheck {
  readonly verdict: 'SOUND' | 'DAMAGED';
  /** From the published checkpoint. */
  readonly origin: string | undefined;
  readonly publishedEntries: number;
  readonly entries: number;
  readonly files: number;
  readonly writers: number;
  readonly intents: number;
  readonly outcomes: number;
  /** Indexes of intents without an outcome, the oldest first, and how many there are. */
  readonly openIntents: { readonly total: number; readonly first: readonly number[] };
  readonly sealed: SealedCounts;
  /** A batch that was never acknowledged stands at the end of the write-ahead file. */
  readonly unfinishedBatch: boolean;
  readonly findings: { readonly total: number; readonly first: readonly Finding[] };
}

/** Enough to act on; the total is told beside them. */
const shownIntents = 20;

export interface CheckOptions {
  /** About how many seals to open; `all` for each of them. */
  readonly seals: number | 'all';
  /** Promises the log once signed, each by the name it is to be reported under. */
  readonly promises?: ReadonlyMap<string, string>;
}

/**
 * Checks a ledger folder against itself, without writing to it and without its lock, so it works
 * beside a running checkpoint: what is published is looked at first and the write-ahead file, which
 * is always ahead of it, afterwards.
 */
export async function checkLedger(directory: string, options: CheckOptions): Promise<LedgerCheck> {
  const findings = new Findings();
  const { checkpoint, key } = await readPublished(directory, findings);
  const promises = await PromiseCheck.open(options.promises ?? new Map(), key, findings);
  const size = checkpoint?.size ?? 0;
  const published = new StaticCheck(join(directory, 'tile'), size, findings);
  const stride = options.seals === 'all' ? 1 : Math.ceil((3 * size + 1) / options.seals);
  const sealed = new SealedCheck(directory, { stride, findings });
  const walk = new Walk({ findings, published, sealed, promises, checkpoint });
  const end = await readWriteAheadFile(join(directory, 'wal', 'entries.wal'), walk, findings);
  if (walk.size < size) {
    if (end === 'clean' || end === 'torn') findings.add('wal_short', `entry ${walk.size}`);
    await readBundles(new FileTiles(nodeDisk, join(directory, 'tile')), size, walk, findings);
  }
  walk.finish();
  promises.finish();
  if (walk.size < size) findings.add('checkpoint_size', `entry ${walk.size}`);
  const { chain } = walk;
  const open = chain.openIntents();
  const counts = await sealed.finish();
  return {
    verdict: findings.total === 0 ? 'SOUND' : 'DAMAGED',
    origin: checkpoint?.origin,
    publishedEntries: size,
    entries: walk.size,
    files: published.files,
    writers: chain.writers,
    intents: chain.intents,
    outcomes: chain.outcomes,
    openIntents: { total: open.length, first: open.slice(0, shownIntents) },
    sealed: counts,
    unfinishedBatch: end === 'torn',
    findings: { total: findings.total, first: findings.kept },
  };
}

/** @returns the checkpoint even when its signature does not hold: its size is still a claim */
async function readPublished(
  directory: string,
  findings: Findings,
): Promise<{ readonly checkpoint?: Checkpoint; readonly key?: VerifierKey }> {
  const path = join(directory, 'tile', 'checkpoint');
  if (!existsSync(path)) {
    findings.add('checkpoint_missing', 'tile/checkpoint');
    return {};
  }
  const bytes = new Uint8Array(readFileSync(path));
  const note = parseNote(bytes);
  const checkpoint = note === undefined ? undefined : parseCheckpointBody(note.text);
  if (checkpoint === undefined) {
    findings.add('checkpoint_form', 'tile/checkpoint');
    return {};
  }
  try {
    const signer = await loadLogSigner(join(directory, 'keys'), checkpoint.origin, false);
    const key = await parseVerifierKey(signer.verifierKey);
    const second = await trustOfSecondKey(join(directory, 'keys'), checkpoint.origin);
    const keys = key === undefined ? [] : [key, ...second.keys];
    if ((await openCheckpoint(bytes, keys, second.options)) === undefined) {
      findings.add('checkpoint_signature', 'tile/checkpoint');
    }
    return { checkpoint, ...(key === undefined ? {} : { key }) };
  } catch {
    findings.add('log_key_unusable', 'keys/log.key');
  }
  return { checkpoint };
}

interface Observers {
  readonly findings: Findings;
  readonly published: StaticCheck;
  readonly sealed: SealedCheck;
  readonly promises: PromiseCheck;
  readonly checkpoint: Checkpoint | undefined;
}

/** Goes through the entries once and looks at everything that can be said of them. */
class Walk {
  readonly chain = new EntryChain();
  readonly #on: Observers;
  readonly #tree = new Tree(async () => undefined);
  readonly #bundles = new Bundles(async () => undefined);

  constructor(on: Observers) {
    this.#on = on;
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Buffer {
    return this.#tree.root();
  }

  async add(bytes: Uint8Array): Promise<void> {
    const { findings, sealed, promises, checkpoint, published } = this.#on;
    const index = this.size;
    const leafHash = leafHashOf(bytes);
    this.#tree.append(leafHash);
    promises.add(index, leafHash);
    this.#bundles.append(bytes);
    const entry = parseEntry(bytes);
    if (entry === undefined) findings.add('entry_form', `entry ${index}`);
    else {
      const leaf = leafHash.toString('base64url');
      for (const { kind } of this.chain.add(entry, { index, leafHash: leaf })) {
        findings.add(kind, `entry ${index}`);
      }
      await sealed.add(bytes, index);
    }
    if (checkpoint?.size === this.size && !this.root().equals(checkpoint.root)) {
      findings.add('checkpoint_root', 'tile/checkpoint');
    }
    if (this.size % fullTileWidth !== 0) return;
    const tiles = this.#tree.finishedTiles();
    for (const file of this.#bundles.finishedBundles()) published.compare(file);
    for (const file of tiles) published.compare(file);
    this.#bundles.forgetFinished(this.size);
    this.#tree.forgetFinished(tiles.map(({ tile }) => tile));
  }

  finish(): void {
    const { published } = this.#on;
    for (const file of this.#bundles.partialBundles()) published.compare(file);
    for (const file of this.#tree.partialTiles()) published.compare(file);
    published.finish();
  }
}

/** @returns how the file ends, or undefined when there is none */
async function readWriteAheadFile(
  path: string,
  walk: Walk,
  findings: Findings,
): Promise<SequenceEnd | undefined> {
  let isRootTold = false;
  for (;;) {
    const before = walk.size;
    const wal = await Wal.openReadOnly(nodeDisk, path);
    if (wal === undefined) {
      findings.add('wal_missing', 'wal/entries.wal');
      return undefined;
    }
    const batches = wal.read();
    let step = await batches.next();
    for (; step.done !== true; step = await batches.next()) {
      const { entries, size, root } = step.value;
      if (size <= walk.size) continue;
      for (const entry of entries) await walk.add(entry);
      if (!isRootTold && !walk.root().equals(root)) {
        isRootTold = true;
        findings.add('wal_root', `entry ${size - 1}`);
      }
    }
    await wal.close();
    // A running checkpoint may have committed the batch that looked broken, and the next one, while
    // we read. Damage does not go away by looking again.
    if (step.value === 'damaged' && walk.size > before) continue;
    if (step.value === 'damaged') findings.add('wal_damaged', `entry ${walk.size}`);
    return step.value;
  }
}

/** Goes on where the write-ahead file cannot: the published bundles hold the same entries. */
async function readBundles(
  tiles: TileStore,
  size: number,
  walk: Walk,
  findings: Findings,
): Promise<void> {
  while (walk.size < size) {
    const index = Math.floor(walk.size / fullTileWidth);
    const tile = { level: 'entries', index, width: tileWidth(size, 'entries', index) } as const;
    const bytes = (await tiles.read(tile)) ?? (await tiles.read({ ...tile, width: fullTileWidth }));
    const entries = bytes === undefined ? undefined : splitBundle(bytes);
    const missing = walk.size - index * fullTileWidth;
    if (entries === undefined || entries.length < tile.width) {
      findings.add(bytes === undefined ? 'tile_missing' : 'tile_differs', formatTilePath(tile));
      return;
    }
    for (const entry of entries.slice(missing, tile.width)) {
      if (entry.length > limits.entryBytes) findings.add('entry_form', `entry ${walk.size}`);
      await walk.add(entry);
    }
  }
}
