import {
  type Note,
  formatCheckpointBody,
  formatNote,
  parseCheckpointBody,
  parseNote,
} from '@sekisho/proof';
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
  const signed = signer.sign(body);
  // The same tree again: what witnesses have added to its checkpoint stays.
  const isSame = locked?.note.startsWith(signed) === true;
  const next = isSame ? locked : { size: tree.size, note: signed };
  if (next.note !== locked?.note) lock.compareAndSet(locked, next);
  if (tiles.readCheckpoint() !== next.note) tiles.writeCheckpoint(next.note);
  return next;
}

/**
 * Adds the lines of witnesses to a checkpoint. The newest one goes through the lock and out again;
 * an older one, which the log has outgrown meanwhile, serves receipts only.
 * @param note a checkpoint this log once signed, with the lines to add
 * @returns the checkpoint with all its lines; undefined when this log did not sign it
 */
export function adoptCosignatures(
  files: Pick<LogFiles, 'tiles' | 'lock' | 'signer'>,
  locked: LockedCheckpoint,
  note: string,
): LockedCheckpoint | undefined {
  const { tiles, lock, signer } = files;
  const offered = parseNote(note);
  const checkpoint = offered === undefined ? undefined : parseCheckpointBody(offered.text);
  // Ed25519 is deterministic, so a note we signed begins with the bytes we would sign again.
  if (offered === undefined || checkpoint === undefined) return undefined;
  if (!note.startsWith(signer.sign(offered.text))) return undefined;
  if (parseNote(locked.note)?.text !== offered.text) return { size: checkpoint.size, note };
  const next = { size: locked.size, note: merged(locked.note, offered) };
  if (next.note === locked.note) return locked;
  lock.compareAndSet(locked, next);
  tiles.writeCheckpoint(next.note);
  return next;
}

/** What is there stays as it is, so a signer is in the note once. */
function merged(note: string, offered: Note): string {
  const { text, signatures } = parseNote(note)!;
  const isNew = (line: Note['signatures'][number]): boolean =>
    !signatures.some(
      ({ name, keyId }) => name === line.name && Buffer.from(keyId).equals(line.keyId),
    );
  return formatNote(text, [...signatures, ...offered.signatures.filter(isNew)]);
}

/** Whether a tree of this size holds the tile. */
export function isPublished({ level, index, width }: TileFile['tile'], size: number): boolean {
  const leavesPerItem = level === 'entries' ? 1 : fullTileWidth ** level;
  return (index * fullTileWidth + width) * leavesPerItem <= size;
}

function byLevel(files: readonly TileFile[]): readonly TileFile[] {
  return files.toSorted((a, b) => Number(a.tile.level) - Number(b.tile.level));
}
