import { formatCheckpointBody } from '@sekisho/proof';
import type { Bundles } from './bundles.ts';
import type { LockedCheckpoint } from './lock.ts';
import type { LogFiles } from './recovery.ts';
import { type TileFile, type Tiles, fullTileWidth } from './tiles.ts';
import type { Tree } from './tree.ts';

/** Writes bundles, then tiles from level 0 up, of what is full; their partial forms may then go. */
export function writeFinished({
  tree,
  bundles,
  tiles,
}: {
  readonly tree: Tree;
  readonly bundles: Bundles;
  readonly tiles: Tiles;
}): void {
  const files: TileFile[] = [...bundles.finishedBundles(), ...byLevel(tree.finishedTiles())];
  if (files.length === 0) return;
  tiles.write(files);
  bundles.forgetFinished();
  tree.forgetFinished();
  for (const { tile } of files) tiles.dropPartials(tile);
}

/**
 * Signs and publishes a checkpoint over everything the log holds. The tiles come first, so that no
 * checkpoint asks for one that is not there; the lock comes before the file, so that no checkpoint
 * leaves the process that the lock does not know.
 * @param locked the newest checkpoint so far
 */
export function publishCheckpoint(
  files: Omit<LogFiles, 'locked'>,
  originName: string,
  locked: LockedCheckpoint | undefined,
): LockedCheckpoint {
  const { tree, bundles, tiles, lock, signer } = files;
  writeFinished(files);
  tiles.write([...bundles.partialBundles(), ...byLevel(tree.partialTiles())]);
  const body = formatCheckpointBody({ origin: originName, size: tree.size, root: tree.root() });
  const next = { size: tree.size, note: signer.sign(body) };
  if (next.note !== locked?.note) lock.compareAndSet(locked, next);
  if (tiles.readCheckpoint() !== next.note) tiles.writeCheckpoint(next.note);
  return next;
}

/** Whether a tree of this size holds the tile. */
export function isPublished({ level, index, width }: TileFile['tile'], size: number): boolean {
  const leavesPerItem = level === 'entries' ? 1 : fullTileWidth ** level;
  return (index * fullTileWidth + width) * leavesPerItem <= size;
}

function byLevel(files: readonly TileFile[]): readonly TileFile[] {
  return files.toSorted((a, b) => Number(a.tile.level) - Number(b.tile.level));
}
