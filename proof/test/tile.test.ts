import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type TilePath,
  encodeUtf8,
  formatEntryBundle,
  concatBytes,
  formatTilePath,
  hashLeaf,
  keyTypes,
  openCheckpoint,
  openNote,
  parseCheckpointBody,
  parseTilePath,
  parseVerifierKey,
  rootNodes,
  rootOf,
  splitBundle,
  splitTile,
  tileSlice,
  tileWidth,
} from '../src/index.ts';
import { NaiveLog } from './naive-log.ts';
import {
  hasVectors,
  listVectors,
  readVector,
  readVectorJson,
  readVectorText,
  reportPassed,
  vectorsTitle,
} from './vectors.ts';

const paths: readonly [TilePath, string][] = [
  [{ level: 0, index: 0, width: 1 }, 'tile/0/000.p/1'],
  [{ level: 0, index: 1234067, width: 256 }, 'tile/0/x001/x234/067'],
  [{ level: 63, index: 999, width: 255 }, 'tile/63/999.p/255'],
  [{ level: 'entries', index: 1000, width: 5 }, 'tile/entries/x001/000.p/5'],
  [{ level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }, 'tile/0/x009/x007/x199/x254/x740/991'],
];

describe('a tile path', () => {
  it.each(paths)('%j is written %s', (tile, path) => {
    expect(formatTilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    '',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/x000/000',
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/data/000',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/0/000/',
    'tile/0/x1/000',
    'tile/0/٠٠٠',
    'TILE/0/000',
    'tile/1e1/000',
    'tile/0/x009/x007/x199/x254/x740/992',
  ])('%j is none', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('is read back as it was written', () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const));
    const tiles = fc.record({
      level,
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) => {
        expect(parseTilePath(formatTilePath(tile))).toEqual(tile);
      }),
    );
  });

  it('is refused for numbers that are no tile', () => {
    for (const index of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => formatTilePath({ level: 0, index, width: 1 })).toThrow(RangeError);
    }
    for (const width of [0, 257, 1.5]) {
      expect(() => formatTilePath({ level: 0, index: 0, width })).toThrow(RangeError);
    }
    expect(() => formatTilePath({ level: 64, index: 0, width: 1 })).toThrow(RangeError);
  });

  it.skipIf(!hasVectors)(vectorsTitle('follows the cases of the Go checksum database'), () => {
    const { tilePathSeeds } = readVectorJson<{ tilePathSeeds: string[] }>('golang-mod/tlog.json');
    // Go writes the height as a first element, which C2SP tlog-tiles drops, and `data` for entries.
    const read = tilePathSeeds.map((path) =>
      parseTilePath(path.replace(/^tile\/[0-9]+\//, 'tile/').replace('/data/', '/entries/')),
    );
    expect(read).toEqual([
      { level: 0, index: 1, width: 256 },
      { level: 0, index: 1, width: 5 },
      { level: 5, index: 123456078, width: 256 },
      { level: 5, index: 123456078, width: 2 },
      { level: 0, index: 3057500, width: 256 },
      undefined,
      undefined,
      { level: 'entries', index: 3057500, width: 256 },
    ]);
    reportPassed('golang-mod tile paths', read.length);
  });
});

describe('the width of a tile', () => {
  it('follows the worked example of 70,000 leaves', () => {
    const widths = [
      [0, 272, 256],
      [0, 273, 112],
      [0, 274, 0],
      [1, 0, 256],
      [1, 1, 17],
      [1, 2, 0],
      [2, 0, 1],
      [3, 0, 0],
    ] as const;
    for (const [level, index, width] of widths) {
      expect(tileWidth(70_000, level, index)).toBe(width);
    }
    expect([tileWidth(256, 0, 0), tileWidth(256, 1, 0), tileWidth(256, 2, 0)]).toEqual([256, 1, 0]);
    expect(tileWidth(300, 'entries', 1)).toBe(44);
    expect(tileWidth(0, 0, 0)).toBe(0);
  });

  it('holds at the largest size there is', () => {
    expect(tileWidth(2 ** 53 - 1, 0, 2 ** 45 - 1)).toBe(255);
    expect(tileWidth(2 ** 53 - 1, 6, 0)).toBe(31);
    expect(tileWidth(2 ** 53 - 1, 7, 0)).toBe(0);
    expect(tileWidth(2 ** 53 - 1, 63, 0)).toBe(0);
  });

  it('agrees with counting, for every size up to 70,000 in steps', () => {
    for (let size = 0; size <= 70_000; size += 97) {
      for (let level = 0; level < 4; level++) {
        let full = size;
        for (let i = 0; i < level; i++) full = (full - (full % 256)) / 256;
        const index = (full - (full % 256)) / 256;
        expect(tileWidth(size, level, index)).toBe(full % 256);
      }
    }
  });
});

describe('a slice of a tile', () => {
  it('gives the hash of every perfect subtree of 600 leaves', async () => {
    const log = new NaiveLog();
    for (let i = 0; i < 600; i++) log.append(encodeUtf8(String(i)));
    for (const size of [1, 2, 255, 256, 257, 511, 512, 513, 600]) {
      for (const node of rootNodes(size)) {
        const { level, index, from, to } = tileSlice(node);
        expect(to).toBeLessThanOrEqual(tileWidth(size, level, index));
        const unit = 256 ** level;
        const hashes = Array.from({ length: to - from }, (_, i) => {
          const start = (index * 256 + from + i) * unit;
          return log.hash({ start, end: start + unit });
        });
        expect(await rootOf(hashes)).toEqual(log.hash(node));
      }
    }
  });
});

describe('a bundle', () => {
  it('is split into the entries it was made of', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (list) => {
        const read = splitBundle(concatBytes(...list.map((entry) => formatEntryBundle([entry]))));
        expect(read?.map((entry) => Array.from(entry))).toEqual(
          list.map((entry) => Array.from(entry)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('is refused when it is empty, cut, or holds more than 256 entries', () => {
    const one = formatEntryBundle([encodeUtf8('entry')]);
    expect(splitBundle(new Uint8Array())).toBeUndefined();
    for (let length = 1; length < one.length; length++) {
      expect(splitBundle(one.subarray(0, length))).toBeUndefined();
    }
    const many = Array.from({ length: 257 }, () => one);
    expect(splitBundle(concatBytes(...many))).toBeUndefined();
    expect(splitBundle(concatBytes(...many.slice(1)))).toHaveLength(256);
  });

  it('holds entries up to 65,535 bytes', () => {
    const largest = new Uint8Array(65_535).fill(9);
    expect(splitBundle(formatEntryBundle([largest]))).toEqual([largest]);
    expect(() => formatEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });
});

describe.skipIf(!hasVectors)(vectorsTitle('logs written by others'), () => {
  it('verify: a log of 15 leaves by Tessera, at every size', async () => {
    interface Keys {
      readonly origin: string;
      readonly vkey: string;
      readonly leaves: readonly string[];
    }
    const { origin, vkey, leaves } = readVectorJson<Keys>('tessera/keys.json');
    const key = (await parseVerifierKey(vkey))!;
    let passed = 0;
    for (let size = 1; size <= leaves.length; size++) {
      const checkpoint = await openCheckpoint(readVector(`tessera/log/checkpoint.${size}`), [key]);
      const hashes = splitTile(readVector(`tessera/log/tile/0/000.p/${size}`))!;
      const entries = splitBundle(readVector(`tessera/log/tile/entries/000.p/${size}`))!;
      expect(checkpoint).toMatchObject({ origin, size, root: await rootOf(hashes) });
      expect(entries).toEqual(leaves.slice(0, size).map(encodeUtf8));
      expect(hashes).toEqual(await Promise.all(entries.map(hashLeaf)));
      passed += 3;
    }
    expect(await openCheckpoint(readVector('tessera/log/checkpoint.0'), [key])).toMatchObject({
      size: 0,
    });
    expect(readVectorText('tessera/log/checkpoint')).toBe(
      readVectorText('tessera/log/checkpoint.15'),
    );
    reportPassed('tessera', passed + 2);
  });

  it('verify: a mirrored log of 300 leaves by Sunlight, and three cosignatures', async () => {
    const folders = ['sunlight/witness/mirror', 'sunlight/witness', 'sunlight/witness2'];
    const files = ['mirror.v0.json', 'witness.v0.json', 'witness.v0.json'];
    let passed = 0;
    for (const [i, folder] of folders.entries()) {
      const path = `${folder}/${files[i]}`;
      const { verifier_keys } = readVectorJson<{ verifier_keys: string[] }>(path);
      const key = (await parseVerifierKey(verifier_keys[0]!))!;
      expect(key.type).toBe(keyTypes.cosignatureV1);
      const checkpoint = listVectors(folder).find(
        (name) =>
          name.endsWith('/checkpoint') && name.split('/').length === folder.split('/').length + 2,
      )!;
      const opened = await openNote(readVector(checkpoint), [key]);
      expect(opened?.verified).toEqual([{ key, time: 0x69546780 }]);
      passed += 1;
      if (i > 0) continue;
      const body = parseCheckpointBody(opened!.text)!;
      const tiles = checkpoint.replace(/checkpoint$/, 'tile');
      const full = splitTile(readVector(`${tiles}/0/000`))!;
      const partial = splitTile(readVector(`${tiles}/0/001.p/44`))!;
      const leaves = Array.from({ length: 300 }, (_, n) => hashLeaf(encodeUtf8(`record ${n}`)));
      expect([...full, ...partial]).toEqual(await Promise.all(leaves));
      expect(splitTile(readVector(`${tiles}/1/000.p/1`))).toEqual([await rootOf(full)]);
      expect(body).toMatchObject({ size: 300, root: await rootOf([...full, ...partial]) });
      passed += 4;
    }
    reportPassed('sunlight', passed);
  });
});
