import { type S3Bucket, S3Error, type StoredAs, eachInFlight, limits } from '#base';
import { type TilePath, formatTilePath, fullTileWidth } from '@sekisho/proof';
import { LedgerError } from '../errors.ts';
import type { PublishedFiles, TileFile, TileStore } from '../storage.ts';
import { asking, storeFailure } from './object-failure.ts';

/**
 * What is under it is what readers are served, under the same names, with the types and lifetimes
 * that C2SP tlog-tiles v0.1.0 asks for: the bucket's owner may open this much to the public.
 */
const folder = 'log/';
const tileAs: StoredAs = {
  contentType: 'application/octet-stream',
  cacheControl: 'public, max-age=31536000, immutable',
};
const checkpointAs: StoredAs = {
  contentType: 'text/plain; charset=utf-8',
  cacheControl: 'public, max-age=1',
};
/** A bundle of the longest entries; a tile of hashes is far smaller. */
const tileBytesMax = fullTileWidth * (2 + limits.entryBytes);

/**
 * The static tree in an object store. Each file is created under the condition that it does not
 * exist, so whoever comes second, this process after a crash or another one, compares instead.
 */
export class ObjectTiles implements TileStore {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async write(files: readonly TileFile[]): Promise<void> {
    await eachInFlight(files, limits.objectWritesAtOnce, async ({ tile, bytes }) => {
      const created = await asking('write the log', () =>
        this.#bucket.create(keyOf(tile), bytes, tileAs),
      );
      if (created === 'different') throw differs(tile);
    });
  }

  async compare({ tile, bytes }: TileFile): Promise<void> {
    const maxBytes = bytes.length;
    const existing = await asking('read the log', () =>
      this.#bucket.get(keyOf(tile), { maxBytes }).catch((error: unknown) => {
        if (error instanceof S3Error && error.code === 'too_large') throw differs(tile);
        throw error;
      }),
    );
    if (existing !== undefined && !existing.bytes.equals(bytes)) throw differs(tile);
  }

  async read(tile: TilePath): Promise<Buffer | undefined> {
    const found = await asking('read the log', () =>
      this.#bucket.get(keyOf(tile), { maxBytes: tileBytesMax }),
    );
    return found?.bytes;
  }

  async partialWidths(tile: Pick<TilePath, 'level' | 'index'>): Promise<readonly number[]> {
    const prefix = partialsOf(tile);
    const keys = await this.#keys(prefix);
    return keys
      .map((key) => key.slice(prefix.length))
      .filter((name) => /^[1-9][0-9]{0,2}$/.test(name))
      .map(Number);
  }

  async dropPartials(tile: Pick<TilePath, 'level' | 'index'>): Promise<void> {
    const keys = await this.#keys(partialsOf(tile));
    await eachInFlight(keys, limits.objectWritesAtOnce, (key) =>
      asking('write the log', () => this.#bucket.delete(key)),
    );
  }

  async readCheckpoint(): Promise<string | undefined> {
    const found = await asking('read the log', () =>
      this.#bucket.get(`${folder}checkpoint`, { maxBytes: limits.checkpointBytes }),
    );
    return found?.bytes.toString('utf8');
  }

  /**
   * The one object that is overwritten, and only by the process that holds the checkpoint lock. An
   * attempt that was given up may still arrive after a later one: readers then see an older note
   * of the same log until the next is published.
   */
  async writeCheckpoint(note: string): Promise<void> {
    await asking('publish the checkpoint', () =>
      this.#bucket.put(`${folder}checkpoint`, Buffer.from(note, 'utf8'), checkpointAs),
    );
  }

  #keys(prefix: string): Promise<readonly string[]> {
    return asking('read the log', async () => {
      const keys: string[] = [];
      for await (const { key } of this.#bucket.list(prefix)) keys.push(key);
      return keys;
    });
  }
}

/** What lies under the part of the prefix that is served. */
export class ObjectPublished implements PublishedFiles {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async *paths(): AsyncGenerator<string> {
    try {
      for await (const { key } of this.#bucket.list(folder)) yield key.slice(folder.length);
    } catch (error) {
      throw storeFailure('read the log', error);
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    const found = await asking('read the log', () =>
      this.#bucket.get(`${folder}${path}`, { maxBytes: tileBytesMax }),
    );
    return found?.bytes;
  }
}

function keyOf(tile: TilePath): string {
  return `${folder}${formatTilePath(tile)}`;
}

function partialsOf({ level, index }: Pick<TilePath, 'level' | 'index'>): string {
  return `${keyOf({ level, index, width: fullTileWidth })}.p/`;
}

function differs(tile: TilePath): LedgerError {
  return new LedgerError('tile_differs', 'write the log', { detail: formatTilePath(tile) });
}
