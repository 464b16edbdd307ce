import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type TilePath,
  formatTilePath,
  fullTileWidth,
  parseTilePath,
  splitBundle,
  tileWidth,
} from '@sekisho/proof';
import type { Findings } from './fsck-findings.ts';
import type { TileFile } from './storage.ts';

const hashBytes = 32;

/**
 * The published files as they stood when the check began, ticked off one after another as the
 * entries make them anew.
 */
export class StaticCheck {
  readonly #folder: string;
  readonly #findings: Findings;
  /** Partial widths by the path of the full tile; 256 stands for the full tile itself. */
  readonly #seen = new Map<string, Set<number>>();
  #size = 0;
  #files = 0;

  /** @param size of the published checkpoint, read before this */
  constructor(folder: string, size: number, findings: Findings) {
    this.#folder = folder;
    this.#findings = findings;
    this.#size = size;
    for (const path of filesUnder(folder)) {
      const tile = parseTilePath(path);
      // An interrupted write leaves a temporary file, which no reader is told of.
      if (path === 'checkpoint' || path.endsWith('.tmp')) continue;
      if (tile === undefined) findings.add('tile_unexpected', path);
      else this.#widths(tile).add(tile.width);
    }
  }

  /** How many published files were compared. */
  get files(): number {
    return this.#files;
  }

  /**
   * Compares one tile or bundle, and its partial forms, with what the entries make.
   * @param made full, or the unfinished one at the end of the log
   */
  compare(made: TileFile): void {
    const { tile } = made;
    const widths = this.#widths(tile);
    this.#seen.delete(fullPath(tile));
    const needed = tileWidth(this.#size, tile.level, tile.index);
    if (needed > 0 && ![...widths].some((width) => width >= needed)) {
      this.#findings.add('tile_missing', formatTilePath({ ...tile, width: needed }));
    }
    for (const width of widths) this.#compareOne(made, width);
  }

  /** What no tile of the log accounts for. */
  finish(): void {
    for (const path of this.#seen.keys()) this.#findings.add('tile_unexpected', path);
  }

  #compareOne({ tile, bytes }: TileFile, width: number): void {
    const path = formatTilePath({ ...tile, width });
    const found = this.#read(path);
    // A partial tile goes once the full one is there, also while we look.
    if (found === undefined) {
      if (width < fullTileWidth && this.#read(fullPath(tile)) !== undefined) return;
      this.#findings.add('tile_missing', path);
      return;
    }
    this.#files++;
    if (width > tile.width) this.#findings.add('tile_unexpected', path);
    else if (!found.equals(prefixOf({ tile, bytes }, width))) {
      this.#findings.add('tile_differs', path);
    }
  }

  #widths(tile: TilePath): Set<number> {
    const path = fullPath(tile);
    const widths = this.#seen.get(path) ?? new Set();
    this.#seen.set(path, widths);
    return widths;
  }

  #read(path: string): Buffer | undefined {
    const full = join(this.#folder, path);
    return existsSync(full) ? readFileSync(full) : undefined;
  }
}

/** The first hashes or entries of a tile file. */
export function prefixOf({ tile, bytes }: TileFile, width: number): Uint8Array {
  if (width === tile.width) return bytes;
  if (tile.level !== 'entries') return bytes.subarray(0, width * hashBytes);
  const entries = splitBundle(bytes)!.slice(0, width);
  return bytes.subarray(
    0,
    entries.reduce((sum, entry) => sum + 2 + entry.length, 0),
  );
}

function fullPath({ level, index }: TilePath): string {
  return formatTilePath({ level, index, width: fullTileWidth });
}

function filesUnder(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.split('\\').join('/'));
}
