import { join } from 'node:path';
import { limits } from '#base';
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
import { loadLogSigner, readLogName } from './key-files.ts';
import type { StorageSettings } from './open-storage.ts';
import { trustOfSecondKey } from './postquantum/log-key.ts';
import {
  type FilesReading,
  type OrderReading,
  openFilesReading,
  openOrderReading,
} from './reading.ts';
import { leafHashOf } from './record.ts';
import type { SequenceEnd } from './storage.ts';
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
  /** What lies elsewhere than in the folder. */
  readonly storage?: StorageSettings;
}

/**
 * Checks a ledger against itself, without writing to it and without its lock, so it works beside a
 * running checkpoint: what is published is looked at first and the order of the entries, which is
 * always ahead of it, afterwards.
 * @throws LedgerError when a store cannot be used at all, which says nothing about the ledger
 */
export async function checkLedger(directory: string, options: CheckOptions): Promise<LedgerCheck> {
  const { storage = {} } = options;
  const files = await openFilesReading(directory, storage);
  try {
    const origin = readLogName(join(directory, 'keys'));
    const order = await openOrderReading(directory, storage, origin);
    try {
      return await check(directory, { files, order }, options);
    } finally {
      await order.close();
    }
  } finally {
    await files.close();
  }
}

async function check(
  directory: string,
  { files, order }: { readonly files: FilesReading; readonly order: OrderReading },
  options: CheckOptions,
): Promise<LedgerCheck> {
  const findings = new Findings();
  const keys = join(directory, 'keys');
  const { checkpoint, key } = await readPublished(keys, files, findings);
  const promises = await PromiseCheck.open(options.promises ?? new Map(), key, findings);
  const size = checkpoint?.size ?? 0;
  const published = await StaticCheck.open(files.published, size, findings);
  const stride = options.seals === 'all' ? 1 : Math.ceil((3 * size + 1) / options.seals);
  const sealed = await SealedCheck.open(files, { order, keys }, { stride, findings });
  const checkpointName = files.checkpointName;
  const walk = new Walk({ findings, published, sealed, promises, checkpoint, checkpointName });
  const end = await readOrder(order, walk, findings);
  if (walk.size < size) {
    if (end === 'clean' || end === 'torn') findings.add('wal_short', `entry ${walk.size}`);
    await readBundles(files, size, walk, findings);
  }
  await walk.finish();
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
  keys: string,
  { tiles, checkpointName: name }: FilesReading,
  findings: Findings,
): Promise<{ readonly checkpoint?: Checkpoint; readonly key?: VerifierKey }> {
  const text = await tiles.readCheckpoint();
  if (text === undefined) {
    findings.add('checkpoint_missing', name);
    return {};
  }
  const bytes = Buffer.from(text, 'utf8');
  const note = parseNote(bytes);
  const checkpoint = note === undefined ? undefined : parseCheckpointBody(note.text);
  if (checkpoint === undefined) {
    findings.add('checkpoint_form', name);
    return {};
  }
  try {
    const signer = await loadLogSigner(keys, checkpoint.origin, false);
    const key = await parseVerifierKey(signer.verifierKey);
    const second = await trustOfSecondKey(keys, checkpoint.origin);
    const trusted = key === undefined ? [] : [key, ...second.keys];
    if ((await openCheckpoint(bytes, trusted, second.options)) === undefined) {
      findings.add('checkpoint_signature', name);
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
  readonly checkpointName: string;
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
      findings.add('checkpoint_root', this.#on.checkpointName);
    }
    if (this.size % fullTileWidth !== 0) return;
    const tiles = this.#tree.finishedTiles();
    for (const file of this.#bundles.finishedBundles()) await published.compare(file);
    for (const file of tiles) await published.compare(file);
    this.#bundles.forgetFinished(this.size);
    this.#tree.forgetFinished(tiles.map(({ tile }) => tile));
  }

  async finish(): Promise<void> {
    const { published } = this.#on;
    for (const file of this.#bundles.partialBundles()) await published.compare(file);
    for (const file of this.#tree.partialTiles()) await published.compare(file);
    published.finish();
  }
}

/** @returns how the order ends, or undefined when there is none */
async function readOrder(
  order: OrderReading,
  walk: Walk,
  findings: Findings,
): Promise<SequenceEnd | undefined> {
  let isRootTold = false;
  for (;;) {
    const before = walk.size;
    const sequence = await order.sequence();
    if (sequence === undefined) {
      findings.add('wal_missing', order.names.sequence);
      return undefined;
    }
    const batches = sequence.read();
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
    await sequence.close();
    // A running checkpoint may have committed the batch that looked broken, and the next one, while
    // we read. Damage does not go away by looking again.
    if (step.value === 'damaged' && walk.size > before) continue;
    if (step.value === 'damaged') findings.add('wal_damaged', `entry ${walk.size}`);
    return step.value;
  }
}

/** Goes on where the order cannot: the published bundles hold the same entries. */
async function readBundles(
  { tiles }: FilesReading,
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
