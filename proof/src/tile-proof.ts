import { hashBytes } from './hashing.ts';
import { type TilePath, formatTilePath, fullTileWidth, tileSlice, tileWidth } from './tile.ts';
import { type Subtree, foldRight, inclusionNodes, perfectSubtrees, rootOf } from './tree.ts';
import type { ReadLogFile } from './verify-export.ts';

/** A leaf hash and its path, as the tiles have them. Nothing is verified yet. */
export interface TileProof {
  readonly leafHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

/**
 * Reads the proof of one entry from hash tiles: a few files of 8 kB, however long the log is.
 * @returns undefined when a tile is not there or is too short; `index < size` is required
 */
export async function readTileProof(
  read: ReadLogFile,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<TileProof | undefined> {
  const leafHash = await readNode(read, { start: index, end: index + 1 }, size);
  const hashes: Uint8Array[] = [];
  for (const node of inclusionNodes(index, size)) {
    // oxlint-disable-next-line no-await-in-loop -- at most 53, and the first gap ends it
    const hash = await readNode(read, node, size);
    if (hash === undefined) return undefined;
    hashes.push(hash);
  }
  return leafHash === undefined ? undefined : { leafHash, hashes };
}

async function readNode(
  read: ReadLogFile,
  node: Subtree,
  size: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  for (const perfect of perfectSubtrees(node)) {
    const { level, index, from, to } = tileSlice(perfect);
    const tile: TilePath = { level, index, width: tileWidth(size, level, index) };
    // oxlint-disable-next-line no-await-in-loop -- one tile for each level at most
    const bytes = await readTile(read, tile);
    if (bytes === undefined || bytes.length < to * hashBytes) return undefined;
    const hashes = Array.from({ length: to - from }, (_, i) =>
      bytes.slice((from + i) * hashBytes, (from + i + 1) * hashBytes),
    );
    // oxlint-disable-next-line no-await-in-loop -- as above
    parts.push(await rootOf(hashes));
  }
  return foldRight(parts);
}

/** A partial tile may have given way to the full one, whose beginning it is. */
async function readTile(read: ReadLogFile, tile: TilePath): Promise<Uint8Array | undefined> {
  const exact = await read(formatTilePath(tile));
  if (exact !== undefined || tile.width === fullTileWidth) return exact;
  return read(formatTilePath({ ...tile, width: fullTileWidth }));
}
