import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TileFile, TileStore } from '../../src/ledger/storage.ts';

export interface OpenTileStore {
  readonly store: TileStore;
  /** Another view of the same place, as after a restart or in another process. */
  readonly reopen: () => Promise<TileStore>;
  readonly close: () => Promise<void>;
}

const files: readonly TileFile[] = [
  { tile: { level: 'entries', index: 0, width: 256 }, bytes: randomBytes(70_000) },
  { tile: { level: 0, index: 0, width: 256 }, bytes: randomBytes(8_192) },
  { tile: { level: 0, index: 1_234_067, width: 256 }, bytes: randomBytes(8_192) },
  { tile: { level: 0, index: 1, width: 3 }, bytes: randomBytes(96) },
  { tile: { level: 1, index: 0, width: 1 }, bytes: randomBytes(32) },
];

/** What every tile store does, wherever it keeps its files. */
export function describeTileStore(name: string, open: () => Promise<OpenTileStore>): void {
  const using = async (work: (opened: OpenTileStore) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      await work(opened);
    } finally {
      await opened.close();
    }
  };

  describe(name, () => {
    it('gives back what was written, also after a restart, and nothing else', () =>
      using(async ({ store, reopen }) => {
        await store.write([]);
        await store.write(files);
        for (const view of [store, await reopen()]) {
          for (const { tile, bytes } of files) {
            const read = await view.read(tile);
            expect(read?.equals(bytes), JSON.stringify(tile)).toBe(true);
          }
          expect(await view.read({ level: 0, index: 1, width: 2 })).toBeUndefined();
          expect(await view.read({ level: 0, index: 2, width: 256 })).toBeUndefined();
        }
      }));

    it('takes the same file twice, and with others that are new', () =>
      using(async ({ store }) => {
        await store.write(files.slice(0, 2));
        await store.write(files);
        for (const file of files) await store.compare(file);
        expect((await store.read(files[4].tile))?.equals(files[4].bytes)).toBe(true);
      }));

    it.each([
      ['one bit', (bytes: Buffer) => bytes.fill(bytes[0] ^ 1, 0, 1)],
      ['a byte less', (bytes: Buffer) => bytes.subarray(1)],
      ['a byte more', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ])('refuses a file that differs by %s, and leaves the first alone', (_by, change) =>
      using(async ({ store }) => {
        await store.write(files);
        for (const { tile, bytes } of files) {
          const other = { tile, bytes: change(Buffer.from(bytes)) };
          const refusal = expect.objectContaining({ code: 'tile_differs' });
          await expect(store.compare(other)).rejects.toEqual(refusal);
          await expect(store.write([other])).rejects.toEqual(refusal);
          expect((await store.read(tile))?.equals(bytes)).toBe(true);
        }
      }),
    );

    it('has nothing against a file that is not there yet', () =>
      using(async ({ store }) => {
        await store.compare(files[0]);
        expect(await store.read(files[0].tile)).toBeUndefined();
      }));

    it('knows its partial files, and drops those of one full file only', () =>
      using(async ({ store }) => {
        const partial = (index: number, width: number): TileFile => ({
          tile: { level: 0, index, width },
          bytes: randomBytes(32 * width),
        });
        const widths = [1, 2, 17, 255];
        const full = partial(1, 256);
        await store.write(widths.map((width) => partial(1, width)));
        await store.write([partial(10, 9), partial(0, 8), full]);
        const known = await store.partialWidths(full.tile);
        expect(known.toSorted((a, b) => a - b)).toEqual(widths);
        await store.dropPartials(full.tile);
        expect(await store.partialWidths(full.tile)).toEqual([]);
        expect(await store.read({ ...full.tile, width: 17 })).toBeUndefined();
        expect((await store.read(full.tile))?.equals(full.bytes)).toBe(true);
        expect(await store.partialWidths({ level: 0, index: 10 })).toEqual([9]);
        expect(await store.partialWidths({ level: 0, index: 0 })).toEqual([8]);
        await store.dropPartials({ level: 0, index: 5 });
      }));

    it('replaces the checkpoint whole', () =>
      using(async ({ store, reopen }) => {
        expect(await store.readCheckpoint()).toBeUndefined();
        await store.writeCheckpoint('log.example/a\n1\n…\n\n— 署名\n');
        await store.writeCheckpoint('log.example/a\n2\n');
        expect(await store.readCheckpoint()).toBe('log.example/a\n2\n');
        expect(await (await reopen()).readCheckpoint()).toBe('log.example/a\n2\n');
      }));
  });
}
