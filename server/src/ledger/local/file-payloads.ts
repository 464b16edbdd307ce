import { join } from 'node:path';
import { type Disk, type DiskFile, Scratch } from '#base';
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

const scanBytes = 1 << 20;
const flushBytes = 4 << 20;

/**
 * Sealed blobs in append-only segment files, one for each UTC day. A frame names its record, so
 * that the index over the segments can be made anew from them. What an interrupted batch leaves at
 * the end of a segment is never referred to and is stepped over.
 */
export class FilePayloads implements PayloadStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #scratch = new Scratch();
  #segment: { readonly name: string; readonly file: DiskFile; end: number } | undefined;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** One sync for the whole batch. */
  async append(day: number, records: readonly SealedRecord[]): Promise<readonly PayloadPlace[]> {
    const name = nameOf(day);
    const segment = this.#segment?.name === name ? this.#segment : await this.#open(name);
    const places: PayloadPlace[] = [];
    const writes: Promise<void>[] = [];
    let start = 0;
    let { end } = segment;
    while (start < records.length) {
      // A batch may hold many large payloads: they are not all copied into one buffer.
      const some = takeSome(records, start);
      const bytes = this.#scratch.take(some.reduce((sum, record) => sum + frameBytes(record), 0));
      let at = 0;
      for (const { id, payload } of some) {
        places.push({ segment: segment.name, offset: end + at });
        bytes.set(formatFrameHead(id, blobBytes(payload)), at);
        at += frameHeadBytes;
        for (const blob of payload) {
          bytes.set(blob, at);
          at += blob.length;
        }
      }
      writes.push(segment.file.write(bytes, end));
      start += some.length;
      end += at;
    }
    await Promise.all(writes);
    await segment.file.sync();
    segment.end = end;
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
    const segment = nameOf(day);
    const file = await this.#disk.openReadOnly(join(this.#folder, segment));
    if (file === undefined) return;
    try {
      for await (const { recordId, offset } of scanSegment(file)) {
        yield { recordId, segment, offset };
      }
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.file.close();
  }

  async #read(
    { segment, offset }: PayloadPlace,
    { wanted }: WantedFrame,
  ): Promise<Buffer | undefined> {
    const file = await this.#disk.openReadOnly(join(this.#folder, segment));
    if (file === undefined) return undefined;
    const frame = Buffer.allocUnsafe(wanted);
    try {
      return (await file.read(frame, offset)) < frame.length ? undefined : frame;
    } finally {
      await file.close();
    }
  }

  async #open(name: string): Promise<{ readonly file: DiskFile; name: string; end: number }> {
    await this.close();
    const path = join(this.#folder, name);
    const existing = await this.#disk.open(path);
    const file = existing ?? (await this.#disk.create(path));
    if (existing === undefined) {
      await file.sync();
      await this.#disk.syncFolder(this.#folder);
    }
    this.#segment = { name, file, end: await file.size() };
    return this.#segment;
  }
}

function blobBytes(payload: readonly Uint8Array[]): number {
  return payload.reduce((sum, blob) => sum + blob.length, 0);
}

function frameBytes({ payload }: SealedRecord): number {
  return frameHeadBytes + blobBytes(payload);
}

/** The next records that fit into one write, and one at least. */
function takeSome(records: readonly SealedRecord[], start: number): readonly SealedRecord[] {
  let end = start + 1;
  let bytes = frameBytes(records[start]!);
  while (end < records.length) {
    bytes += frameBytes(records[end]!);
    if (bytes > flushBytes) break;
    end++;
  }
  return records.slice(start, end);
}

/** @param day UTC day, counted from 1970-01-01 */
function nameOf(day: number): string {
  return `${dateOf(day)}.seg`;
}

/**
 * Follows the frames, and looks for the next one behind bytes that are none. A head alone is not
 * trusted with its length: an interrupted batch may have left it without its blobs, and what was
 * appended later would be skipped.
 */
async function* scanSegment(
  file: DiskFile,
): AsyncGenerator<{ recordId: Uint8Array; offset: number }> {
  const fileBytes = await file.size();
  for (let at: number | undefined = 0; at !== undefined && at < fileBytes;) {
    const frame = await readHead(file, at);
    if (frame !== undefined) yield { recordId: frame.recordId, offset: at };
    const end: number = frame?.end ?? fileBytes;
    const follows =
      frame !== undefined && (end === fileBytes || (await readHead(file, end)) !== undefined);
    at = follows ? end : await nextMagic(file, at + 1);
  }
}

async function readHead(
  file: DiskFile,
  at: number,
): Promise<{ recordId: Uint8Array; end: number } | undefined> {
  const header = Buffer.alloc(frameHeadBytes);
  await file.read(header, at);
  const head = parseFrameHead(header, 0);
  return head && { recordId: head.recordId, end: at + frameHeadBytes + head.length };
}

async function nextMagic(file: DiskFile, from: number): Promise<number | undefined> {
  const chunk = Buffer.alloc(scanBytes);
  for (let at = from; ; at += chunk.length - frameMagic.length) {
    const got = await file.read(chunk, at);
    const hit = chunk.subarray(0, got).indexOf(frameMagic);
    if (hit !== -1) return at + hit;
    if (got < chunk.length) return undefined;
  }
}
