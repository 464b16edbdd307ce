import {
  type TilePath,
  formatTilePath,
  fullTileWidth,
  parseTilePath,
  splitBundle,
  tileWidth,
} from '@sekisho/proof';
import type { Findings } from './fsck-findings.ts';
import type { PublishedFiles, TileFile } from './storage.ts';

const hashBytes = 32;

/**
 * The published files as they stood when the check began, ticked off one after another as the
 * entries make them anew.
 */
export class StaticCheck {
  readonly #files: PublishedFiles;
  readonly #findings: Findings;
  /** Partial widths by the path of the full tile; 256 stands for the full tile itself. */
  readonly #seen = new Map<string, Set<number>>();
  readonly #size: number;
  #compared = 0;

  private constructor(files: PublishedFiles, size: number, findings: Findings) {
    this.#files = files;
    this.#findings = findings;
    this.#size = size;
  }

  /** @param size of the published checkpoint, read before this */
  static async open(files: PublishedFiles, size: number, findings: Findings): Promise<StaticCheck> {
    const check = new StaticCheck(files, size, findings);
    for await (const path of files.paths()) {
      const tile = parseTilePath(path);
      // An interrupted write leaves a temporary file, which no reader is told of.
      if (path === 'checkpoint' || path.endsWith('.tmp')) continue;
      if (tile === undefined) findings.add('tile_unexpected', path);
      else check.#widths(tile).add(tile.width);
    }
    return check;
  }

  /** How many published files were compared. */
  get files(): number {
    return this.#compared;
  }

  /**
   * Compares one tile or bundle, and its partial forms, with what the entries make.
   * @param made full, or the unfinished one at the end of the log
   */
  async compare(made: TileFile): Promise<void> {
    const { tile } = made;
    const widths = this.#widths(tile);
    this.#seen.delete(fullPath(tile));
    const needed = tileWidth(this.#size, tile.level, tile.index);
    if (needed > 0 && ![...widths].some((width) => width >= needed)) {
      this.#findings.add('tile_missing', formatTilePath({ ...tile, width: needed }));
    }
    for (const width of widths) await this.#compareOne(made, width);
  }

  /** What no tile of the log accounts for. */
  finish(): void {
    for (const path of this.#seen.keys()) this.#findings.add('tile_unexpected', path);
  }

  async #compareOne({ tile, bytes }: TileFile, width: number): Promise<void> {
    const path = formatTilePath({ ...tile, width });
    const found = await this.#files.read(path);
    // A partial tile goes once the full one is there, also while we look.
    if (found === undefined) {
      const isFull = width === fullTileWidth;
      if (!isFull && (await this.#files.read(fullPath(tile))) !== undefined) return;
      this.#findings.add('tile_missing', path);
      return;
    }
    this.#compared++;
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
