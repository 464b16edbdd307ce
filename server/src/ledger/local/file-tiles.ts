import { dirname, join } from 'node:path';
import { type Disk, eachInFlight, makeFolderDurably, replaceFile } from '#base';
import { type TilePath, formatTilePath, fullTileWidth } from '@sekisho/proof';
import { LedgerError } from '../errors.ts';
import type { TileFile, TileStore } from '../storage.ts';

/** Files written at once: their syncs then share one commit of the file system's journal. */
const together = 2;

/** `checkpoint` and `tile/…` under one folder, which any web server can serve. */
export class FileTiles implements TileStore {
  readonly #disk: Disk;
  readonly #folder: string;
  /** Folders known to be there, so that each is asked for once. */
  readonly #folders = new Set<string>();

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  async write(files: readonly TileFile[]): Promise<void> {
    const renamed = new Set<string>();
    await eachInFlight(files, together, async (file) => {
      const path = this.#path(file.tile);
      if (await this.#isThere(path, file)) return;
      await this.#makeFolder(dirname(path));
      await replaceFile(this.#disk, path, file.bytes);
      renamed.add(dirname(path));
    });
    for (const folder of renamed) await this.#disk.syncFolder(folder);
  }

  async compare(file: TileFile): Promise<void> {
    await this.#isThere(this.#path(file.tile), file);
  }

  read(tile: TilePath): Promise<Buffer | undefined> {
    return this.#disk.readFile(this.#path(tile));
  }

  async partialWidths(tile: Pick<TilePath, 'level' | 'index'>): Promise<readonly number[]> {
    const names = await this.#disk.list(this.#partials(tile));
    return names.filter((name) => /^[1-9][0-9]{0,2}$/.test(name)).map(Number);
  }

  async dropPartials(tile: Pick<TilePath, 'level' | 'index'>): Promise<void> {
    const folder = this.#partials(tile);
    this.#folders.delete(folder);
    await this.#disk.remove(folder);
  }

  async readCheckpoint(): Promise<string | undefined> {
    return (await this.#disk.readFile(join(this.#folder, 'checkpoint')))?.toString('utf8');
  }

  async writeCheckpoint(note: string): Promise<void> {
    await replaceFile(this.#disk, join(this.#folder, 'checkpoint'), Buffer.from(note, 'utf8'));
    await this.#disk.syncFolder(this.#folder);
  }

  async #isThere(path: string, { tile, bytes }: TileFile): Promise<boolean> {
    const existing = await this.#disk.readFile(path);
    if (existing === undefined) return false;
    if (!existing.equals(bytes)) {
      throw new LedgerError('tile_differs', 'write the log', { detail: formatTilePath(tile) });
    }
    return true;
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await makeFolderDurably(this.#disk, folder);
    this.#folders.add(folder);
  }

  #path(tile: TilePath): string {
    return join(this.#folder, formatTilePath(tile));
  }

  #partials({ level, index }: Pick<TilePath, 'level' | 'index'>): string {
    return `${this.#path({ level, index, width: fullTileWidth })}.p`;
  }
}
