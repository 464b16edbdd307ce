import { type S3Bucket, type StoredAs, eachInFlight, limits, toHex } from '#base';
import { LedgerError } from '../errors.ts';
import {
  type WantedFrame,
  dateOf,
  formatFrameHead,
  frameHeadBytes,
  frameMagic,
  hasBlobs,
  parseFrameHead,
  readBlobs,
} from '../payload-frame.ts';
import type { PayloadFound, PayloadPlace, PayloadStore, SealedRecord } from '../storage.ts';
import { asking, storeFailure } from './object-failure.ts';

const folder = 'payload/';
const storedAs: StoredAs = {
  contentType: 'application/octet-stream',
  cacheControl: 'private, no-store',
};
/** Each is held in memory a second time while it is sent. */
const objectsAtOnce = 4;

interface Planned {
  readonly segment: string;
  readonly pieces: Uint8Array[];
  bytes: number;
}

/**
 * Sealed blobs in immutable objects, `payload/<YYYY-MM-DD>/<hex of the first record id>`: one for
 * each batch, or a few when it is large. Frames are those of the segment files, so an index over
 * the store can be made anew from the objects alone. An object is there whole or not at all.
 */
export class ObjectPayloads implements PayloadStore {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async append(day: number, records: readonly SealedRecord[]): Promise<readonly PayloadPlace[]> {
    const planned: Planned[] = [];
    const places = records.map(({ id, payload }): PayloadPlace => {
      const length = payload.reduce((sum, blob) => sum + blob.length, 0);
      const object = objectFor(planned, frameHeadBytes + length, `${dateOf(day)}/${toHex(id)}`);
      const offset = object.bytes;
      object.pieces.push(formatFrameHead(id, length), ...payload);
      object.bytes += frameHeadBytes + length;
      return { segment: object.segment, offset };
    });
    await eachInFlight(planned, objectsAtOnce, ({ segment, pieces }) => this.#put(segment, pieces));
    return places;
  }

  async read(
    place: PayloadPlace,
    recordId: Uint8Array,
    lengths: readonly number[],
  ): Promise<readonly Uint8Array[] | undefined> {
    return readBlobs((frame) => this.#read(place, frame), recordId, lengths);
  }

  async has(
    place: PayloadPlace,
    recordId: Uint8Array,
    lengths: readonly number[],
  ): Promise<boolean> {
    return hasBlobs((frame) => this.#read(place, frame), recordId, lengths);
  }

  async *scan(day: number): AsyncGenerator<PayloadFound> {
    try {
      for await (const { key, bytes } of this.#bucket.list(`${folder}${dateOf(day)}/`)) {
        const segment = key.slice(folder.length);
        if (isSegment(segment)) yield* this.#frames(segment, bytes);
      }
    } catch (error) {
      throw storeFailure('read the sealed texts', error);
    }
  }

  /** The bucket is closed by whoever opened it. */
  async close(): Promise<void> {}

  async #put(segment: string, pieces: readonly Uint8Array[]): Promise<void> {
    const created = await asking('write the sealed texts', () =>
      this.#bucket.create(`${folder}${segment}`, Buffer.concat(pieces), storedAs),
    );
    // Record ids are random: another object of this name is a fault that must not be built upon.
    if (created === 'different') {
      throw new LedgerError('failed', 'write the sealed texts', { detail: folder + segment });
    }
  }

  async #read(
    { segment, offset }: PayloadPlace,
    { total, wanted }: WantedFrame,
  ): Promise<Buffer | undefined> {
    if (!isSegment(segment)) return undefined;
    const found = await asking('read the sealed texts', () =>
      this.#bucket.get(`${folder}${segment}`, {
        range: { offset, bytes: wanted },
        maxBytes: wanted,
      }),
    );
    if (found === undefined || found.bytes.length < wanted) return undefined;
    return found.totalBytes < offset + frameHeadBytes + total ? undefined : found.bytes;
  }

  /** Follows the frames; behind bytes that are none it looks for the next. */
  async *#frames(segment: string, objectBytes: number): AsyncGenerator<PayloadFound> {
    for (let start = 0; start + frameHeadBytes <= objectBytes;) {
      const bytes = Math.min(limits.payloadScanBytes, objectBytes - start);
      // oxlint-disable-next-line no-await-in-loop -- where the next window is depends on this one
      const found = await this.#bucket.get(`${folder}${segment}`, {
        range: { offset: start, bytes },
        maxBytes: bytes,
      });
      if (found === undefined || found.bytes.length < frameHeadBytes) return;
      const window = found.bytes;
      let at = 0;
      while (at + frameHeadBytes <= window.length) {
        const head = parseFrameHead(window, at);
        if (head !== undefined) {
          yield { recordId: head.recordId, segment, offset: start + at };
          at += frameHeadBytes + head.length;
          continue;
        }
        const next = window.indexOf(frameMagic, at + 1);
        at = next === -1 ? window.length - frameMagic.length + 1 : next;
      }
      start += at;
    }
  }
}

/** The last object while it has room, or a new one. */
function objectFor(planned: Planned[], frameBytes: number, segment: string): Planned {
  const last = planned.at(-1);
  if (last !== undefined && last.bytes + frameBytes <= limits.payloadObjectBytes) return last;
  const object: Planned = { segment, pieces: [], bytes: 0 };
  planned.push(object);
  return object;
}

/** Names come back from an index, which may have been another store's. */
function isSegment(segment: string): boolean {
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}\/[0-9a-f]{32}$/.test(segment);
}
