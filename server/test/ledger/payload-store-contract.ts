import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PayloadFound, PayloadStore, SealedRecord } from '../../src/ledger/storage.ts';

export interface OpenPayloadStore {
  readonly store: PayloadStore;
  /** Another view of the same place, as after a restart. */
  readonly reopen: () => Promise<PayloadStore>;
  readonly close: () => Promise<void>;
}

const day = 20_781;

/** @param lengths of its blobs in bytes */
export function sealedRecord(...lengths: readonly number[]): SealedRecord {
  return { id: randomBytes(16), payload: lengths.map((length) => randomBytes(length)) };
}

export async function allOf(found: AsyncIterable<PayloadFound>): Promise<PayloadFound[]> {
  const list: PayloadFound[] = [];
  for await (const one of found) list.push(one);
  return list;
}

const byId = (found: readonly { readonly recordId: Uint8Array }[]): readonly string[] =>
  found.map(({ recordId }) => Buffer.from(recordId).toString('hex')).toSorted();

/** What every payload store does, wherever it keeps the sealed blobs. */
export function describePayloadStore(name: string, open: () => Promise<OpenPayloadStore>): void {
  const using = async (work: (opened: OpenPayloadStore) => Promise<void>): Promise<void> => {
    const opened = await open();
    try {
      await work(opened);
    } finally {
      await opened.close();
    }
  };
  const lengthsOf = ({ payload }: SealedRecord): readonly number[] =>
    payload.map(({ length }) => length);
  const expectHeld = async (
    store: PayloadStore,
    records: readonly SealedRecord[],
    places: readonly { readonly segment: string; readonly offset: number }[],
  ): Promise<void> => {
    expect(places.length).toBe(records.length);
    for (const [i, record] of records.entries()) {
      const blobs = await store.read(places[i], record.id, lengthsOf(record));
      expect(blobs?.length).toBe(record.payload.length);
      for (const [j, blob] of record.payload.entries()) {
        expect(Buffer.from(blob).equals(blobs![j])).toBe(true);
      }
      expect(await store.has(places[i], record.id, lengthsOf(record))).toBe(true);
    }
  };

  describe(name, () => {
    it('gives back every blob of every batch, also after a restart', () =>
      using(async ({ store, reopen }) => {
        const batches = [
          [sealedRecord(100, 0, 3_000), sealedRecord(), sealedRecord(1)],
          [sealedRecord(70_000)],
        ];
        const places = [];
        for (const batch of batches) places.push(await store.append(day, batch));
        expect(await store.append(day, [])).toEqual([]);
        for (const view of [store, await reopen()]) {
          for (const [i, batch] of batches.entries()) await expectHeld(view, batch, places[i]);
        }
      }));

    it('does not give a record away under another id, place or length', () =>
      using(async ({ store }) => {
        const records = [sealedRecord(100, 50), sealedRecord(200)];
        const [first, second] = await store.append(day, records);
        const { id } = records[0];
        const elsewhere = { segment: first.segment, offset: first.offset + 1 };
        const beyond = { segment: first.segment, offset: 1_000_000 };
        for (const [place, recordId, lengths] of [
          [first, records[1].id, [100, 50]],
          [second, id, [100, 50]],
          [elsewhere, id, [100, 50]],
          [beyond, id, [100, 50]],
          [first, id, [100, 51]],
          [first, id, [100]],
        ] as const) {
          expect(await store.read(place, recordId, lengths)).toBeUndefined();
          expect(await store.has(place, recordId, lengths)).toBe(false);
        }
      }));

    it('finds every record of one day again, at its place', () =>
      using(async ({ store, reopen }) => {
        const [one, two] = [[sealedRecord(10), sealedRecord(2_000_000, 5)], [sealedRecord(7)]];
        const other = [sealedRecord(9)];
        await store.append(day, one);
        await store.append(day, two);
        await store.append(day + 1, other);
        const view = await reopen();
        const found = await allOf(view.scan(day));
        const records = [...one, ...two];
        expect(byId(found)).toEqual(byId(records.map(({ id }) => ({ recordId: id }))));
        for (const record of records) {
          const place = found.find(({ recordId }) => Buffer.from(recordId).equals(record.id));
          await expectHeld(view, [record], [place!]);
        }
        expect(byId(await allOf(view.scan(day + 1)))).toEqual(byId([{ recordId: other[0].id }]));
        expect(await allOf(view.scan(day + 2))).toEqual([]);
      }));

    it('does not take a blob that looks like a frame for the way to the next record', () =>
      using(async ({ store }) => {
        const decoy = Buffer.concat([Buffer.from('SKP1'), randomBytes(60)]);
        const records = [{ id: randomBytes(16), payload: [decoy] }, sealedRecord(40)];
        await store.append(day, records);
        const found = await allOf(store.scan(day));
        expect(byId(found)).toEqual(byId(records.map(({ id }) => ({ recordId: id }))));
      }));
  });
}
