import { join } from 'node:path';
import { type Log, createDirectoryDurably } from '#base';
import {
  formatCheckpointBody,
  formatTilePath,
  parseCheckpointBody,
  splitBundle,
} from '@sekisho/proof';
import { Bundles } from './bundles.ts';
import { restoreCustody } from './custodian.ts';
import { Custody } from './custody.ts';
import { EntryIndex, type IndexState } from './entry-index.ts';
import { LedgerError } from './errors.ts';
import { catchUpIndex } from './index-rebuild.ts';
import { type LogSigner, loadLogSigner, loadRootKey } from './key-files.ts';
import { Lock, type LockedCheckpoint } from './lock.ts';
import { Payloads } from './payloads.ts';
import { writeFinished } from './publication.ts';
import { leafHashOf } from './record.ts';
import { type TileFile, Tiles, fullTileWidth } from './tiles.ts';
import { Tree } from './tree.ts';
import { type KeyVault, SqliteVault } from './vault.ts';
import { Wal } from './wal.ts';

const hashBytes = 32;

/** Everything a log has on disk, opened and in agreement. */
export interface LogFiles {
  readonly wal: Wal;
  readonly tree: Tree;
  readonly bundles: Bundles;
  readonly tiles: Tiles;
  readonly index: EntryIndex;
  readonly payloads: Payloads;
  readonly vault: KeyVault;
  /** What the log says was erased or is held. */
  readonly custody: Custody;
  readonly lock: Lock;
  readonly signer: LogSigner;
  /** The newest checkpoint that may have left the process. */
  readonly locked: LockedCheckpoint | undefined;
}

export interface LogPlace {
  readonly directory: string;
  readonly originName: string;
  readonly log: Log;
}

/**
 * Brings the files of a log into agreement. There is no other start: a clean one merely finds
 * nothing to repair. The write-ahead file is read whole, every tile is written again or compared,
 * and nothing is signed from data that a former checkpoint contradicts.
 * @throws LedgerError, each saying what to do
 */
export async function recoverLog({ directory, originName, log }: LogPlace): Promise<LogFiles> {
  for (const name of ['.', 'wal', 'tile', 'payload', 'keys']) {
    createDirectoryDurably(join(directory, name));
  }
  const lock = Lock.open(join(directory, 'lock.db'), originName);
  const opened: { close(): void }[] = [lock];
  try {
    const locked = lock.read();
    const tiles = new Tiles(join(directory, 'tile'));
    const tree = new Tree((tile) => tiles.read(tile));
    const bundles = new Bundles((tile) => tiles.read(tile));
    const wal = Wal.open(join(directory, 'wal', 'entries.wal'));
    opened.push(wal);
    const indexPath = join(directory, 'index.db');
    let index = EntryIndex.open(indexPath);
    opened.push({ close: () => index?.abandon() });
    const remembered = index?.state();

    const roots = replay({ wal, tree, bundles, tiles }, [locked?.size, remembered?.size], log);
    checkRemembered(remembered, tree.size);
    comparePartialTiles(tiles, [...tree.partialTiles(), ...bundles.partialBundles()]);
    const isNew = tree.size === 0 && locked === undefined && tiles.readCheckpoint() === undefined;
    const keys = join(directory, 'keys');
    const signer = await loadLogSigner(keys, originName, isNew);
    checkCheckpoints({ tiles, signer, originName, locked, roots });

    const vault = SqliteVault.open(join(directory, 'vault.db'), originName, (vaultIsNew) =>
      loadRootKey(keys, vaultIsNew),
    );
    opened.push(vault);
    const payloads = new Payloads(join(directory, 'payload'));
    if (index !== undefined && !describes(remembered, roots)) {
      index.abandon();
      index = undefined;
    }
    index ??= EntryIndex.create(indexPath, tree.size === 0 ? tree.root() : new Uint8Array(32));
    const added = catchUpIndex(index, { bundles, payloads, tree });
    if (added > 0) log.info('ledger_index_rebuilt', { entries: added });
    const orphans = vault.deleteOrphans((id) => index?.byId(id) !== undefined);
    if (orphans > 0) log.warn('ledger_orphan_keys_deleted', { keys: orphans });
    const custody = new Custody();
    restoreCustody({ bundles, payloads, vault, index, tree, custody }, log);
    return { wal, tree, bundles, tiles, index, payloads, vault, custody, lock, signer, locked };
  } catch (error) {
    for (const part of opened.toReversed()) part.close();
    throw error;
  }
}

/** @param sizes whose roots are wanted @returns root by size, for those that end a batch */
function replay(
  { wal, tree, bundles, tiles }: Pick<LogFiles, 'wal' | 'tree' | 'bundles' | 'tiles'>,
  sizes: readonly (number | undefined)[],
  log: Log,
): ReadonlyMap<number, Uint8Array> {
  const roots = new Map<number, Uint8Array>([[0, tree.root()]]);
  const batches = wal.read();
  let step = batches.next();
  for (; step.done !== true; step = batches.next()) {
    const { entries, size, root } = step.value;
    for (const entry of entries) {
      tree.append(leafHashOf(entry));
      bundles.append(entry);
    }
    if (!tree.root().equals(root)) {
      throw new LedgerError('damaged', 'read the log', { detail: `entries before ${size}` });
    }
    if (sizes.includes(size)) roots.set(size, tree.root());
    writeFinished({ tree, bundles, tiles });
  }
  if (step.value === 'damaged') {
    throw new LedgerError('damaged', 'read the log', { detail: `entries from ${tree.size} on` });
  }
  roots.set(tree.size, tree.root());
  if (step.value === 'torn') {
    // Cut only once it is sure that nobody was told of a larger log.
    const told = Math.max(0, ...sizes.filter((size) => size !== undefined));
    if (told > tree.size) {
      throw new LedgerError('damaged', 'read the log', { detail: `entries from ${tree.size} on` });
    }
    log.warn('ledger_unfinished_batch_cut', { size: tree.size });
    wal.cutTornTail();
  }
  return roots;
}

/** The index is written after the log is synced, so it can never know of more. */
function checkRemembered(remembered: IndexState | undefined, size: number): void {
  if (remembered !== undefined && remembered.size > size) {
    throw new LedgerError('damaged', 'read the log', { detail: `entries from ${size} on` });
  }
}

function describes(
  remembered: IndexState | undefined,
  roots: ReadonlyMap<number, Uint8Array>,
): boolean {
  const root = remembered === undefined ? undefined : roots.get(remembered.size);
  return root !== undefined && Buffer.from(root).equals(remembered!.root);
}

/** @param current the unfinished tile of each level: every published part of it is a prefix */
function comparePartialTiles(tiles: Tiles, current: readonly TileFile[]): void {
  for (const { tile, bytes } of current) {
    for (const width of tiles.partialWidths(tile)) {
      if (width > tile.width) {
        const path = formatTilePath({ ...tile, width });
        throw new LedgerError('rolled_back', 'open the log', { detail: path });
      }
      tiles.compare({ tile: { ...tile, width }, bytes: prefixOf({ tile, bytes }, width) });
    }
    const full = { ...tile, width: fullTileWidth };
    if (tiles.read(full) !== undefined) {
      throw new LedgerError('rolled_back', 'open the log', { detail: formatTilePath(full) });
    }
  }
}

function prefixOf({ tile, bytes }: TileFile, width: number): Uint8Array {
  if (tile.level !== 'entries') return bytes.subarray(0, width * hashBytes);
  const entries = splitBundle(bytes)!.slice(0, width);
  return bytes.subarray(
    0,
    entries.reduce((sum, entry) => sum + 2 + entry.length, 0),
  );
}

/**
 * Refuses data that a signed checkpoint contradicts: to sign on from there would fork the log. The
 * published file is looked at too, since a copy of the data may have come without its lock.
 */
function checkCheckpoints(from: {
  readonly tiles: Tiles;
  readonly signer: LogSigner;
  readonly originName: string;
  readonly locked: LockedCheckpoint | undefined;
  readonly roots: ReadonlyMap<number, Uint8Array>;
}): void {
  const { tiles, signer, originName, locked, roots } = from;
  if (locked !== undefined) {
    const { size, note } = locked;
    const root = roots.get(size);
    const body = bodyOf(note);
    if (root === undefined || body !== formatCheckpointBody({ origin: originName, size, root })) {
      throw new LedgerError('rolled_back', 'open the log', { detail: `size ${size}` });
    }
    // Ed25519 is deterministic, so our key made this note exactly if it makes the same bytes again.
    if (!note.startsWith(signer.sign(body))) {
      throw new LedgerError('wrong_key', 'open the log', { detail: 'log.key' });
    }
  }
  const published = tiles.readCheckpoint();
  if (published === undefined || published === locked?.note) return;
  const checkpoint = parseCheckpointBody(bodyOf(published));
  if (checkpoint === undefined || !published.startsWith(signer.sign(bodyOf(published)))) {
    throw new LedgerError('tile_differs', 'open the log', { detail: 'checkpoint' });
  }
  if (locked === undefined) throw new LedgerError('lock_missing', 'open the log');
  // A crash between lock and file leaves one checkpoint with and without the lines of witnesses.
  if (bodyOf(published) === bodyOf(locked.note)) return;
  if (checkpoint.size >= locked.size) {
    throw new LedgerError('rolled_back', 'open the log', { detail: 'lock.db is older' });
  }
}

function bodyOf(note: string): string {
  return note.slice(0, note.lastIndexOf('\n\n') + 1);
}
