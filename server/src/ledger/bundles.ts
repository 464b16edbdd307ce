import assert from 'node:assert/strict';
import { type TilePath, formatEntryBundle, fullTileWidth, splitBundle } from '@sekisho/proof';
import type { TileFile } from './storage.ts';

const cachedBundles = 16;

/** Entry bytes by index: the newest from memory, older ones from the full bundles on disk. */
export class Bundles {
  readonly #readTile: (tile: TilePath) => Promise<Uint8Array | undefined>;
  /** Entries from the first one that is not in a written full bundle. */
  #recent: Uint8Array[] = [];
  #recentStart = 0;
  readonly #cache = new Map<number, readonly Uint8Array[]>();

  constructor(readTile: (tile: TilePath) => Promise<Uint8Array | undefined>) {
    this.#readTile = readTile;
  }

  append(entry: Uint8Array): void {
    this.#recent.push(entry);
  }

  /** @param index of an entry that was appended */
  async entry(index: number): Promise<Uint8Array> {
    const recent = this.#recent[index - this.#recentStart];
    if (recent !== undefined) return recent;
    const bundle = Math.floor(index / fullTileWidth);
    const entry = (await this.#bundle(bundle))[index - bundle * fullTileWidth];
    assert.ok(entry, 'an entry below the size is in memory or in a bundle');
    return entry;
  }

  /** The full bundles not yet written. */
  finishedBundles(): readonly TileFile[] {
    const files: TileFile[] = [];
    for (let from = 0; from + fullTileWidth <= this.#recent.length; from += fullTileWidth) {
      files.push(this.#file(from, fullTileWidth));
    }
    return files;
  }

  /** The unfinished bundle at the end, if there is one. */
  partialBundles(): readonly TileFile[] {
    const width = this.#recent.length % fullTileWidth;
    return width === 0 ? [] : [this.#file(this.#recent.length - width, width)];
  }

  /** Frees what is in full bundles below a size once they are on disk. */
  forgetFinished(size: number): void {
    const full = size - (size % fullTileWidth) - this.#recentStart;
    if (full <= 0) return;
    // Copies, since the entries may be views of a far larger buffer they were read into.
    this.#recent = this.#recent.slice(full).map((entry) => Uint8Array.from(entry));
    this.#recentStart += full;
  }

  #file(from: number, width: number): TileFile {
    const index = (this.#recentStart + from) / fullTileWidth;
    const entries = this.#recent.slice(from, from + width);
    return { tile: { level: 'entries', index, width }, bytes: formatEntryBundle(entries) };
  }

  async #bundle(index: number): Promise<readonly Uint8Array[]> {
    const kept = this.#cache.get(index);
    if (kept !== undefined) return kept;
    const bytes = await this.#readTile({ level: 'entries', index, width: fullTileWidth });
    const entries = bytes === undefined ? undefined : splitBundle(bytes);
    assert.equal(entries?.length, fullTileWidth, 'a full bundle below the edge is on disk');
    if (this.#cache.size >= cachedBundles) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(index, entries);
    return entries;
  }
}
