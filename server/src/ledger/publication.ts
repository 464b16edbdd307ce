import {
  type Note,
  formatCheckpointBody,
  formatNote,
  fullTileWidth,
  parseCheckpointBody,
  parseNote,
} from '@sekisho/proof';
import type { PostQuantumSigner } from './postquantum/signer.ts';
import type { LogFiles } from './recovery.ts';
import type { LockedCheckpoint, TileFile } from './storage.ts';

type Grown = Pick<LogFiles, 'tree' | 'bundles' | 'tiles'>;

/** The tree at one moment. Entries may be added while it is written out. */
export interface Snapshot {
  readonly size: number;
  readonly root: Uint8Array;
  readonly finished: readonly TileFile[];
  readonly partial: readonly TileFile[];
}

export function takeSnapshot({ tree, bundles }: Pick<Grown, 'tree' | 'bundles'>): Snapshot {
  return {
    size: tree.size,
    root: tree.root(),
    finished: finishedFiles({ tree, bundles }),
    partial: [...bundles.partialBundles(), ...byLevel(tree.partialTiles())],
  };
}

/** Writes bundles, then tiles from level 0 up, of what is full; their partial forms may then go. */
export async function writeFinished(files: Grown): Promise<void> {
  // A start does this behind every batch, and has no use for the tiles that are not full.
  await writeOut(files, { size: files.tree.size, finished: finishedFiles(files) });
}

function finishedFiles({ tree, bundles }: Pick<Grown, 'tree' | 'bundles'>): readonly TileFile[] {
  return [...bundles.finishedBundles(), ...byLevel(tree.finishedTiles())];
}

async function writeOut(
  { tree, bundles, tiles }: Grown,
  { size, finished }: Pick<Snapshot, 'size' | 'finished'>,
): Promise<void> {
  if (finished.length === 0) return;
  await tiles.write(finished);
  bundles.forgetFinished(size);
  tree.forgetFinished(finished.map(({ tile }) => tile));
  for (const { tile } of finished) await tiles.dropPartials(tile);
}

/**
 * Writes out what a checkpoint will ask for, signs it, and takes it through the lock, so that no
 * checkpoint asks for a tile that is not there and none leaves the process that the lock does not
 * know.
 * @param from now: what the log holds, all of it durable; locked: the newest checkpoint so far
 * @returns the checkpoint, which may now be shown to witnesses and readers
 */
export async function signCheckpoint(
  files: Omit<LogFiles, 'locked'>,
  from: {
    readonly now: Snapshot;
    readonly origin: string;
    readonly locked: LockedCheckpoint | undefined;
  },
): Promise<LockedCheckpoint> {
  const { tiles, lock, signer, postQuantum } = files;
  const { now, origin, locked } = from;
  const { size, root } = now;
  await writeOut(files, now);
  await tiles.write(now.partial);
  const signed = signer.sign(formatCheckpointBody({ origin, size, root }));
  // The same tree again: what witnesses have added to its checkpoint stays.
  const isSame = locked?.note.startsWith(signed) === true;
  const note = await withSecondLine(isSame ? locked.note : signed, postQuantum);
  if (note === locked?.note) return locked;
  const next = { size, note };
  await lock.compareAndSet(locked, next);
  return next;
}

/** The Ed25519 line stays the first one: by it the log knows its own checkpoints again. */
async function withSecondLine(
  note: string,
  postQuantum: PostQuantumSigner | undefined,
): Promise<string> {
  const { text, signatures } = parseNote(note)!;
  if (postQuantum === undefined) return note;
  const { name, keyId } = postQuantum.key;
  const isThere = signatures.some(
    (line) => line.name === name && Buffer.from(line.keyId).equals(keyId),
  );
  return isThere ? note : formatNote(text, [...signatures, await postQuantum.line(text)]);
}

/** @returns undefined when nothing was published yet */
export async function readPublished({
  tiles,
}: Pick<LogFiles, 'tiles'>): Promise<LockedCheckpoint | undefined> {
  const note = await tiles.readCheckpoint();
  const size = note === undefined ? undefined : parseCheckpointBody(parseNote(note)!.text)?.size;
  return note === undefined || size === undefined ? undefined : { size, note };
}

/**
 * Adds the lines of witnesses to a checkpoint. The newest one goes through the lock; an older one,
 * which the log has outgrown meanwhile, stays with whoever offered it.
 * @param note a checkpoint this log once signed, with the lines to add
 * @returns the checkpoint with all its lines; undefined when this log did not sign it
 */
export async function adoptCosignatures(
  { lock, signer }: Pick<LogFiles, 'lock' | 'signer'>,
  locked: LockedCheckpoint,
  note: string,
): Promise<LockedCheckpoint | undefined> {
  const offered = parseNote(note);
  const checkpoint = offered === undefined ? undefined : parseCheckpointBody(offered.text);
  // Ed25519 is deterministic, so a note we signed begins with the bytes we would sign again. A
  // second line is not looked at: of whatever else a note carries, the caller has said it is good.
  if (offered === undefined || checkpoint === undefined) return undefined;
  if (!note.startsWith(signer.sign(offered.text))) return undefined;
  if (parseNote(locked.note)?.text !== offered.text) return { size: checkpoint.size, note };
  const next = { size: locked.size, note: merged(locked.note, offered) };
  if (next.note === locked.note) return locked;
  await lock.compareAndSet(locked, next);
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
