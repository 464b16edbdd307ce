import { join } from 'node:path';
import { type Disk, type Log, makeFolderDurably } from '#base';
import {
  formatCheckpointBody,
  formatTilePath,
  fullTileWidth,
  parseCheckpointBody,
  parseNote,
} from '@sekisho/proof';
import { Bundles } from './bundles.ts';
import { restoreCustody } from './custodian.ts';
import { Custody } from './custody.ts';
import { EntryIndex, type IndexState } from './entry-index.ts';
import { LedgerError } from './errors.ts';
import { prefixOf } from './fsck-static.ts';
import { catchUpIndex } from './index-rebuild.ts';
import { type LogSigner, loadLogSigner, loadRootKey } from './key-files.ts';
import { loadPostQuantumKey, postQuantumLine, wrongKey } from './postquantum/log-key.ts';
import { type PostQuantumSigner, openPostQuantumSigner } from './postquantum/signer.ts';
import { writeFinished } from './publication.ts';
import { leafHashOf } from './record.ts';
import type { RootKey } from './root-key.ts';
import type { KeyVault, LockedCheckpoint, Storage, TileFile, TileStore } from './storage.ts';
import { Tree } from './tree.ts';

/** Everything a log has, opened and in agreement. */
export interface LogFiles extends Pick<Storage, 'sequence' | 'lock' | 'tiles' | 'payloads'> {
  readonly storage: Storage;
  readonly tree: Tree;
  readonly bundles: Bundles;
  readonly index: EntryIndex;
  readonly vault: KeyVault;
  readonly rootKey: RootKey;
  /** What the log says was erased or is held. */
  readonly custody: Custody;
  readonly signer: LogSigner;
  /** Makes the second line of checkpoints, where that is switched on. */
  readonly postQuantum: PostQuantumSigner | undefined;
  /** The newest checkpoint that may have left the process. */
  readonly locked: LockedCheckpoint | undefined;
}

export interface LogPlace {
  /** Of keys and index; and of everything else where the storage is local. */
  readonly directory: string;
  readonly originName: string;
  readonly disk: Disk;
  /** @throws LedgerError `in_use` when another process has it open */
  readonly openStorage: () => Promise<Storage>;
  /** Checkpoints are signed with ML-DSA-44 too. */
  readonly postQuantum?: boolean;
  readonly log: Log;
}

/**
 * Brings what a log is kept in into agreement. There is no other start: a clean one merely finds
 * nothing to repair. The sequence is read whole, every tile is written again or compared, and
 * nothing is signed from data that a former checkpoint contradicts.
 * @throws LedgerError, each saying what to do
 */
export async function recoverLog(place: LogPlace): Promise<LogFiles> {
  const { directory, originName, disk, log } = place;
  const keys = join(directory, 'keys');
  await makeFolderDurably(disk, keys);
  const storage = await place.openStorage();
  const opened: { close(): void | Promise<void> }[] = [storage];
  try {
    const { sequence, lock, tiles, payloads } = storage;
    const locked = await lock.read();
    const tree = new Tree((tile) => tiles.read(tile));
    const bundles = new Bundles((tile) => tiles.read(tile));
    const indexPath = join(directory, 'index.db');
    let index = EntryIndex.open(indexPath);
    opened.push({ close: () => index?.abandon() });
    const remembered = index?.state();

    const grown = { sequence, tree, bundles, tiles };
    const roots = await replay(grown, [locked?.size, remembered?.size], log);
    checkRemembered(remembered, tree.size);
    await comparePartialTiles(tiles, [...tree.partialTiles(), ...bundles.partialBundles()]);
    const isNew =
      tree.size === 0 && locked === undefined && (await tiles.readCheckpoint()) === undefined;
    const signer = await loadLogSigner(keys, originName, isNew);
    await checkCheckpoints({ tiles, signer, originName, locked, roots });
    const published = await tiles.readCheckpoint();
    const postQuantum = await openPostQuantum(place, { locked: locked?.note, published });
    if (postQuantum !== undefined) opened.push(postQuantum);

    let rootKey: RootKey | undefined;
    const vault = await storage.openVault((isEmpty) => (rootKey = loadRootKey(keys, isEmpty)));
    opened.push(vault);
    if (index !== undefined && !describes(remembered, roots)) {
      index.abandon();
      index = undefined;
    }
    index ??= EntryIndex.create(indexPath, tree.size === 0 ? tree.root() : new Uint8Array(32));
    const added = await catchUpIndex(index, { bundles, payloads, tree });
    if (added > 0) log.info('ledger_index_rebuilt', { entries: added });
    const orphans = await vault.deleteOrphans((id) => index?.byId(id) !== undefined);
    if (orphans > 0) log.warn('ledger_orphan_keys_deleted', { records: orphans });
    const files: LogFiles = {
      storage,
      sequence,
      lock,
      tiles,
      payloads,
      tree,
      bundles,
      index,
      vault,
      rootKey: rootKey!,
      custody: new Custody(),
      signer,
      postQuantum,
      locked,
    };
    await restoreCustody(files, log);
    return files;
  } catch (error) {
    for (const part of opened.toReversed()) await part.close();
    throw error;
  }
}

/** @param sizes whose roots are wanted @returns root by size, for those that end a batch */
async function replay(
  files: Pick<LogFiles, 'sequence' | 'tree' | 'bundles' | 'tiles'>,
  sizes: readonly (number | undefined)[],
  log: Log,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { sequence, tree, bundles } = files;
  const roots = new Map<number, Uint8Array>([[0, tree.root()]]);
  const batches = sequence.read();
  let step = await batches.next();
  for (; step.done !== true; step = await batches.next()) {
    const { entries, size, root } = step.value;
    for (const entry of entries) {
      tree.append(leafHashOf(entry));
      bundles.append(entry);
    }
    if (!tree.root().equals(root)) {
      throw new LedgerError('damaged', 'read the log', { detail: `entries before ${size}` });
    }
    if (sizes.includes(size)) roots.set(size, tree.root());
    await writeFinished(files);
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
    await sequence.cutTornTail();
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
async function comparePartialTiles(tiles: TileStore, current: readonly TileFile[]): Promise<void> {
  for (const { tile, bytes } of current) {
    for (const width of await tiles.partialWidths(tile)) {
      if (width > tile.width) {
        const path = formatTilePath({ ...tile, width });
        throw new LedgerError('rolled_back', 'open the log', { detail: path });
      }
      const prefix = prefixOf({ tile, bytes }, width);
      await tiles.compare({ tile: { ...tile, width }, bytes: prefix });
    }
    const full = { ...tile, width: fullTileWidth };
    if ((await tiles.read(full)) !== undefined) {
      throw new LedgerError('rolled_back', 'open the log', { detail: formatTilePath(full) });
    }
  }
}

/**
 * Refuses data that a signed checkpoint contradicts: to sign on from there would fork the log. The
 * published file is looked at too, since a copy of the data may have come without its lock.
 */
async function checkCheckpoints(from: {
  readonly tiles: TileStore;
  readonly signer: LogSigner;
  readonly originName: string;
  readonly locked: LockedCheckpoint | undefined;
  readonly roots: ReadonlyMap<number, Uint8Array>;
}): Promise<void> {
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
  const published = await tiles.readCheckpoint();
  if (published === undefined || published === locked?.note) return;
  const checkpoint = parseCheckpointBody(bodyOf(published));
  const isWhole = checkpoint !== undefined && parseNote(published) !== undefined;
  if (!isWhole || !published.startsWith(signer.sign(bodyOf(published)))) {
    throw new LedgerError('tile_differs', 'open the log', { detail: 'checkpoint' });
  }
  if (locked === undefined) throw new LedgerError('lock_missing', 'open the log');
  // A crash between lock and file leaves one checkpoint with and without the lines of witnesses.
  if (bodyOf(published) === bodyOf(locked.note)) return;
  if (checkpoint.size >= locked.size) {
    throw new LedgerError('rolled_back', 'open the log', { detail: 'the lock is older' });
  }
}

/**
 * Opens the second signer, and looks at what it, or another, has signed before.
 * @throws LedgerError `key_missing`, `wrong_key`, or `tile_differs` for the published file
 */
async function openPostQuantum(
  { directory, originName, postQuantum }: LogPlace,
  {
    locked,
    published,
  }: { readonly locked?: string | undefined; readonly published?: string | undefined },
): Promise<PostQuantumSigner | undefined> {
  if (postQuantum !== true) return undefined;
  const used = locked === undefined ? undefined : postQuantumLine(locked, originName);
  const key = await loadPostQuantumKey(join(directory, 'keys'), originName, used);
  const signer = await openPostQuantumSigner(key);
  // Signed without randomness, so our key made a line exactly if it makes the same bytes again.
  const isOurs = async (note: string): Promise<boolean> => {
    const line = postQuantumLine(note, originName);
    // What is shown may be older than this key, while publication waits for witnesses.
    if (line === undefined || !Buffer.from(line.keyId).equals(key.keyId)) return true;
    const again = await signer.line(bodyOf(note));
    return Buffer.from(again.signature).equals(line.signature);
  };
  try {
    if (locked !== undefined && !(await isOurs(locked))) throw wrongKey();
    if (published === undefined || published === locked || (await isOurs(published))) return signer;
    throw new LedgerError('tile_differs', 'open the log', { detail: 'checkpoint' });
  } catch (error) {
    await signer.close();
    throw error;
  }
}

function bodyOf(note: string): string {
  return note.slice(0, note.lastIndexOf('\n\n') + 1);
}
