import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { limits } from '#base';
import { ledgerErrors } from '../../src/ledger/errors.ts';
import { readObjectCredentials } from '../../src/ledger/shared/object-credentials.ts';
import { type ObjectStore, openObjectStore } from '../../src/ledger/shared/object-store.ts';
import type { TileFile } from '../../src/ledger/storage.ts';
import { type FakeS3, type S3Habits, startFakeS3 } from '../fakes/s3-server.ts';
import { allOf, describePayloadStore, sealedRecord } from './payload-store-contract.ts';
import { describeTileStore } from './tile-store-contract.ts';

const quick = { pauseMs: 1, attemptMs: 10_000 };
const day = 20_781;
const tileOf = (index: number): TileFile => ({
  tile: { level: 0, index, width: 256 },
  bytes: randomBytes(8_192),
});

async function opened(habits?: S3Habits): Promise<{
  fake: FakeS3;
  store: ObjectStore;
  again: () => Promise<ObjectStore>;
  close: () => Promise<void>;
}> {
  const fake = await startFakeS3(habits);
  const stores: ObjectStore[] = [];
  const again = async (): Promise<ObjectStore> => {
    const store = await openObjectStore(fake.settings, quick);
    stores.push(store);
    return store;
  };
  const store = await again();
  const close = async (): Promise<void> => {
    await Promise.all(stores.map((one) => one.close()));
    await fake.close();
  };
  return { fake, store, again, close };
}

async function using(work: (store: ObjectStore, fake: FakeS3) => Promise<void>): Promise<void> {
  const { store, fake, close } = await opened({ pageSize: 10 });
  try {
    await work(store, fake);
  } finally {
    await close();
  }
}

describeTileStore('tiles in an object store', async () => {
  const { store, again, close } = await opened({ pageSize: 3 });
  return { store: store.tiles, reopen: async () => (await again()).tiles, close };
});

describePayloadStore('sealed texts in an object store', async () => {
  const { store, again, close } = await opened({ pageSize: 1 });
  return { store: store.payloads, reopen: async () => (await again()).payloads, close };
});

const failsWith = (code: string): unknown => expect.objectContaining({ name: 'LedgerError', code });

describe('an object store at the start', () => {
  it('is tried, and nothing of the trial is left', () =>
    using(async (_store, { objects, seen }) => {
      expect([...objects.keys()]).toEqual([]);
      expect(new Set(seen.map(({ method }) => method))).toEqual(
        new Set(['PUT', 'GET', 'HEAD', 'DELETE']),
      );
    }));

  it.each([
    ['ignores the condition', { ignoresCondition: true }, 'store_unsuitable'],
    ['honours it for one writer at a time only', { looksThenWrites: true }, 'store_unsuitable'],
    ['gives back what was there before', { isStale: true }, 'store_unsuitable'],
    ['gives no parts of objects', { ignoresRange: true }, 'store_unsuitable'],
    ['does not let us write', { denies: ['PUT'] }, 'store_refused'],
    ['does not let us read', { denies: ['GET'] }, 'store_refused'],
    ['does not let us list', { denies: ['LIST'] }, 'store_refused'],
    ['does not let us delete', { denies: ['DELETE'] }, 'store_refused'],
  ] as const)('is refused when it %s', async (_how, habits, code) => {
    const fake = await startFakeS3(habits);
    try {
      await expect(openObjectStore(fake.settings, quick)).rejects.toEqual(failsWith(code));
      const isKept = 'denies' in habits && habits.denies[0] === ('DELETE' as string);
      if (!isKept) expect([...fake.objects.keys()]).toEqual([]);
      expect(ledgerErrors[code].en.length * ledgerErrors[code].ja.length).toBeGreaterThan(0);
    } finally {
      await fake.close();
    }
  });

  it.each([
    ['another region', { region: 'jp-test-2' }, 'store_refused'],
    ['another bucket', { bucket: 'others' }, 'store_refused'],
    ['a port where nobody listens', { endpoint: 'http://127.0.0.1:1' }, 'store_unreachable'],
  ] as const)('is refused when the settings name %s', async (_what, settings, code) => {
    const fake = await startFakeS3();
    try {
      const opening = openObjectStore({ ...fake.settings, ...settings }, quick);
      await expect(opening).rejects.toEqual(failsWith(code));
    } finally {
      await fake.close();
    }
  });

  it('is refused when its clock is another', async () => {
    const fake = await startFakeS3();
    const opening = openObjectStore(fake.settings, { ...quick, nowMs: () => Date.now() - 1e6 });
    await expect(opening).rejects.toEqual(failsWith('store_refused'));
    await fake.close();
  });
});

describe('tiles in an object store', () => {
  it('lie under the names, types and lifetimes that readers of the log expect', () =>
    using(async ({ tiles }, { objects }) => {
      await tiles.write([
        tileOf(1_234_067),
        { tile: { level: 'entries', index: 0, width: 3 }, bytes: randomBytes(30) },
      ]);
      await tiles.writeCheckpoint('log.example/a\n1\n');
      const described = [...objects].map(([key, { contentType, cacheControl }]) => ({
        [key]: `${contentType}; ${cacheControl}`,
      }));
      const immutable = 'application/octet-stream; public, max-age=31536000, immutable';
      expect(Object.assign({}, ...described)).toEqual({
        'tenant/a/log/tile/0/x001/x234/067': immutable,
        'tenant/a/log/tile/entries/000.p/3': immutable,
        'tenant/a/log/checkpoint': 'text/plain; charset=utf-8; public, max-age=1',
      });
    }));

  it('go up under the condition, the checkpoint without', () =>
    using(async ({ tiles }, { seen }) => {
      const before = seen.length;
      await tiles.write([tileOf(0)]);
      await tiles.writeCheckpoint('note\n');
      const conditions = seen.slice(before).map(({ headers }) => headers['if-none-match']);
      expect(conditions).toEqual(['*', undefined]);
    }));

  it('are sent side by side, sixteen at most', () =>
    using(async ({ tiles }, fake) => {
      const files = [...Array(60).keys()].map(tileOf);
      let release = (): void => {};
      let waiting = 0;
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      fake.play(() => {
        if (++waiting === limits.objectWritesAtOnce) setTimeout(release, 50);
        return { kind: 'held', until };
      });
      await tiles.write(files);
      expect(fake.mostAtOnce()).toBe(limits.objectWritesAtOnce);
      for (const file of files) await tiles.compare(file);
    }));

  it('survive a store that loses answers, is busy or resets, without a second object', () =>
    using(async ({ tiles }, fake) => {
      const kinds = ['reset-after', 'reset-before', 'busy', undefined] as const;
      let asked = 0;
      fake.play(() => {
        const kind = kinds[asked++ % kinds.length];
        if (kind === undefined) return undefined;
        return kind === 'busy' ? { kind: 'status', status: 503, code: 'SlowDown' } : { kind };
      });
      const files = [...Array(8).keys()].map(tileOf);
      for (const file of files) await tiles.write([file]);
      fake.play(() => undefined);
      for (const file of files) await tiles.compare(file);
      expect(fake.objects.size).toBe(files.length);
    }));

  it('are not taken for equal when the store gives back wrong bytes', () =>
    using(async ({ tiles }, fake) => {
      await tiles.write([tileOf(0)]);
      const file = tileOf(1);
      await tiles.write([file]);
      fake.play(({ method }) => (method === 'GET' ? { kind: 'corrupt' } : undefined));
      await expect(tiles.write([file])).rejects.toEqual(failsWith('tile_differs'));
      await expect(tiles.compare(file)).rejects.toEqual(failsWith('tile_differs'));
    }));

  it('fail with a code and write nothing further when the store stays away', () =>
    using(async ({ tiles }, fake) => {
      fake.play(() => ({ kind: 'reset-before' }));
      const files = [...Array(60).keys()].map(tileOf);
      await expect(tiles.write(files)).rejects.toEqual(failsWith('store_unreachable'));
      await expect(tiles.readCheckpoint()).rejects.toEqual(failsWith('store_unreachable'));
      await expect(tiles.partialWidths(files[0].tile)).rejects.toEqual(
        failsWith('store_unreachable'),
      );
      expect(fake.objects.size).toBe(0);
      expect(new Set(fake.seen.map(({ key }) => key)).size).toBeLessThan(files.length);
    }));
});

describe('sealed texts in an object store', () => {
  it('are one object for a batch, named by its first record, and not for the public', () =>
    using(async ({ payloads }, { objects }) => {
      const records = [sealedRecord(10), sealedRecord(20, 30)];
      const places = await payloads.append(day, records);
      const hex = Buffer.from(records[0].id).toString('hex');
      expect([...objects.keys()]).toEqual([`tenant/a/payload/2026-11-24/${hex}`]);
      expect([...objects.values()][0].cacheControl).toBe('private, no-store');
      expect(places).toEqual([
        { segment: `2026-11-24/${hex}`, offset: 0 },
        { segment: `2026-11-24/${hex}`, offset: 42 },
      ]);
    }));

  it('are divided when a batch is large, and found again', () =>
    using(async ({ payloads }, { objects }) => {
      const half = limits.payloadObjectBytes / 2;
      const records = [sealedRecord(half), sealedRecord(half), sealedRecord(3 * half)];
      const places = await payloads.append(day, records);
      expect(objects.size).toBe(3);
      const blobs = await payloads.read(places[2], records[2].id, [3 * half]);
      expect(Buffer.from(records[2].payload[0]).equals(blobs![0])).toBe(true);
      expect((await allOf(payloads.scan(day))).length).toBe(3);
    }));

  it('are found behind a head that was damaged', () =>
    using(async ({ payloads }, { objects }) => {
      const records = [sealedRecord(10), sealedRecord(2_000_000), sealedRecord(30)];
      const places = await payloads.append(day, records);
      const [{ bytes }] = objects.values();
      bytes[places[1].offset + 25] ^= 1;
      const found = await allOf(payloads.scan(day));
      expect(found.map(({ offset }) => offset)).toEqual([places[0].offset, places[2].offset]);
      expect(await payloads.has(places[1], records[1].id, [2_000_000])).toBe(false);
    }));

  it('are not there when the object is shorter than its frame says', () =>
    using(async ({ payloads }, { objects }) => {
      const record = sealedRecord(100);
      const [place] = await payloads.append(day, [record]);
      const [[key, object]] = objects;
      objects.set(key, { ...object, bytes: object.bytes.subarray(0, 100) });
      expect(await payloads.read(place, record.id, [100])).toBeUndefined();
      expect(await payloads.has(place, record.id, [100])).toBe(false);
    }));

  it('are asked for under names of this store only', () =>
    using(async ({ payloads }, { seen }) => {
      const before = seen.length;
      for (const segment of ['', '../log/checkpoint', '2026-11-24.seg', '20781']) {
        const place = { segment, offset: 0 };
        expect(await payloads.read(place, randomBytes(16), [1])).toBeUndefined();
        expect(await payloads.has(place, randomBytes(16), [1])).toBe(false);
      }
      expect(seen.length).toBe(before);
    }));

  it('are never stored over others', () =>
    using(async ({ payloads }) => {
      const record = sealedRecord(10);
      const places = await payloads.append(day, [record]);
      expect(await payloads.append(day, [record])).toEqual(places);
      const other = { id: record.id, payload: [randomBytes(10)] };
      await expect(payloads.append(day, [other])).rejects.toEqual(failsWith('failed'));
    }));

  it('fail with a code when the store stays away', () =>
    using(async ({ payloads }, fake) => {
      const [place] = await payloads.append(day, [sealedRecord(1)]);
      fake.play(() => ({ kind: 'status', status: 503, code: 'SlowDown' }));
      const failure = failsWith('store_unreachable');
      await expect(payloads.append(day, [sealedRecord(1)])).rejects.toEqual(failure);
      await expect(payloads.read(place, randomBytes(16), [1])).rejects.toEqual(failure);
      await expect(allOf(payloads.scan(day))).rejects.toEqual(failure);
    }));
});

describe('the credentials of an object store', () => {
  const contents: Readonly<Record<string, string>> = {
    '/s/id': 'file-id\n',
    '/s/key': ' file-key ',
  };
  const read = (path: string): string => {
    const text = contents[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  const ours = { SEKISHO_S3_ACCESS_KEY_ID: 'our-id', SEKISHO_S3_SECRET_ACCESS_KEY: 'our-key' };
  const aws = {
    AWS_ACCESS_KEY_ID: 'aws-id',
    AWS_SECRET_ACCESS_KEY: 'aws-key',
    AWS_SESSION_TOKEN: 'aws-token',
  };
  const files = { accessKeyIdFile: '/s/id', secretAccessKeyFile: '/s/key' };

  it.each([
    ['files', files, { ...ours, ...aws }, { accessKeyId: 'file-id', secretAccessKey: 'file-key' }],
    ['ours', {}, { ...ours, ...aws }, { accessKeyId: 'our-id', secretAccessKey: 'our-key' }],
    [
      'those of AWS',
      {},
      { ...aws, SEKISHO_S3_ACCESS_KEY_ID: ' ' },
      { accessKeyId: 'aws-id', secretAccessKey: 'aws-key', sessionToken: 'aws-token' },
    ],
  ])('come whole from one place: %s', (_place, named, environment, expected) => {
    expect(readObjectCredentials(named, environment, read)).toEqual(expected);
  });

  it.each([
    ['nothing is set', {}, {}, 'SEKISHO_S3_ACCESS_KEY_ID is not set'],
    [
      'one half is elsewhere',
      {},
      { ...aws, SEKISHO_S3_ACCESS_KEY_ID: 'our-id' },
      'SEKISHO_S3_SECRET_ACCESS_KEY is not set',
    ],
    ['a file is missing', { ...files, accessKeyIdFile: '/s/none' }, ours, '/s/none cannot be read'],
    ['one file is not named', { accessKeyIdFile: '/s/id' }, ours, 'secretAccessKeyFile is not set'],
    [
      'it is no credential',
      {},
      { ...ours, SEKISHO_S3_SECRET_ACCESS_KEY: 'a\nb' },
      'SEKISHO_S3_SECRET_ACCESS_KEY does not hold a credential',
    ],
  ])('are asked for by name when %s', (_when, named, environment, words) => {
    expect(() => readObjectCredentials(named, environment, read)).toThrow(
      expect.objectContaining({ code: 'store_refused', message: expect.stringContaining(words) }),
    );
  });
});
