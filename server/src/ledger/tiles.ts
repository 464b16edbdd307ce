import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createDirectoryDurably, syncDirectory, writeFileDurably, writeFully } from '#base';
import { type TilePath, formatTilePath, tileHeight } from '@sekisho/proof';
import { LedgerError } from './errors.ts';

export const fullTileWidth: number = 2 ** tileHeight;

export interface TileFile {
  readonly tile: TilePath;
  readonly bytes: Uint8Array;
}

/**
 * The static tree exactly as it is served: `checkpoint` and `tile/…` under one folder. Files are
 * immutable; one that exists must hold the same bytes, or two histories have met.
 */
export class Tiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes what is missing and compares what exists. All on disk when it returns. */
  write(files: readonly TileFile[]): void {
    const renamed = new Set<string>();
    for (const { tile, bytes } of files) {
      const path = this.#path(tile);
      if (existsSync(path)) {
        this.compare({ tile, bytes });
        continue;
      }
      createDirectoryDurably(dirname(path));
      writeTemporary(`${path}.tmp`, bytes);
      renameSync(`${path}.tmp`, path);
      renamed.add(dirname(path));
    }
    for (const folder of renamed) syncDirectory(folder);
  }

  /** @throws LedgerError `tile_differs` when the file exists and holds other bytes */
  compare({ tile, bytes }: TileFile): void {
    const existing = this.read(tile);
    if (existing !== undefined && !existing.equals(bytes)) {
      throw new LedgerError('tile_differs', 'write the log', { detail: formatTilePath(tile) });
    }
  }

  read(tile: TilePath): Buffer | undefined {
    const path = this.#path(tile);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** The widths of the partial tiles that exist in place of a full one. */
  partialWidths(tile: Pick<TilePath, 'level' | 'index'>): readonly number[] {
    const folder = this.#partials(tile);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => /^[1-9][0-9]{0,2}$/.test(name))
      .map(Number);
  }

  /** The full tile is durable, and readers fall back to it. */
  dropPartials(tile: Pick<TilePath, 'level' | 'index'>): void {
    rmSync(this.#partials(tile), { recursive: true, force: true });
  }

  readCheckpoint(): string | undefined {
    const path = join(this.#folder, 'checkpoint');
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Publication: a reader sees the old note or the new one. */
  writeCheckpoint(note: string): void {
    writeFileDurably(join(this.#folder, 'checkpoint'), Buffer.from(note, 'utf8'));
  }

  #path(tile: TilePath): string {
    return join(this.#folder, formatTilePath(tile));
  }

  #partials({ level, index }: Pick<TilePath, 'level' | 'index'>): string {
    return `${this.#path({ level, index, width: fullTileWidth })}.p`;
  }
}

function writeTemporary(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeFully(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
