import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { syncDirectory, writeFully } from '#base';

/** Where the sealed blobs of one record lie. */
export interface PayloadPlace {
  /** UTC day, counted from 1970-01-01: one segment file each. */
  readonly day: number;
  /** Of the frame in the segment. */
  readonly offset: number;
}

export interface PayloadFound extends PayloadPlace {
  readonly recordId: Uint8Array;
}

const magic = Buffer.from('SKP1', 'ascii');
/** magic, record id, u64 length of the blobs, CRC-32 of the three. */
const headerBytes = 4 + 16 + 8 + 4;
const scanBytes = 1 << 20;
const flushBytes = 4 << 20;

/**
 * Sealed blobs in append-only segment files, one for each UTC day. A frame names its record, so
 * that the index over the segments can be made anew from them. What an interrupted batch leaves at
 * the end of a segment is never referred to and is stepped over.
 */
export class Payloads {
  readonly #folder: string;
  #segment: { readonly day: number; readonly fd: number; end: number } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * One write and one sync for the whole batch; on disk when it returns.
   * @returns the place of each record, in the order given
   */
  append(
    day: number,
    records: readonly { readonly id: Uint8Array; readonly payload: readonly Uint8Array[] }[],
  ): readonly PayloadPlace[] {
    const segment = this.#open(day);
    const places: PayloadPlace[] = [];
    let pieces: Uint8Array[] = [];
    let pieceBytes = 0;
    let { end } = segment;
    const flush = (): void => {
      writeFully(segment.fd, Buffer.concat(pieces), end - pieceBytes);
      pieces = [];
      pieceBytes = 0;
    };
    for (const { id, payload } of records) {
      const length = payload.reduce((sum, blob) => sum + blob.length, 0);
      places.push({ day, offset: end });
      pieces.push(head(id, length), ...payload);
      pieceBytes += headerBytes + length;
      end += headerBytes + length;
      // A batch may hold many large payloads: they are not all copied into one buffer.
      if (pieceBytes >= flushBytes) flush();
    }
    flush();
    fdatasyncSync(segment.fd);
    segment.end = end;
    return places;
  }

  /** @param lengths of the blobs, in order @returns undefined when the record is not there */
  read(
    place: PayloadPlace,
    recordId: Uint8Array,
    lengths: readonly number[],
  ): readonly Uint8Array[] | undefined {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const frame = this.#frame(place, { recordId, total, wanted: headerBytes + total });
    let start = headerBytes;
    return frame && lengths.map((length) => frame.subarray(start, (start += length)));
  }

  /** Whether the record is where the index says; its blobs are not looked at. */
  has(place: PayloadPlace, recordId: Uint8Array, lengths: readonly number[]): boolean {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    return this.#frame(place, { recordId, total, wanted: headerBytes }) !== undefined;
  }

  /** Finds every record in the segment of one day. */
  *scan(day: number): Generator<PayloadFound> {
    const path = this.#path(day);
    if (!existsSync(path)) return;
    const fd = openSync(path, 'r');
    try {
      for (const { recordId, offset } of scanSegment(fd)) yield { recordId, day, offset };
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    if (this.#segment !== undefined) closeSync(this.#segment.fd);
    this.#segment = undefined;
  }

  #frame(
    { day, offset }: PayloadPlace,
    { recordId, total, wanted }: { recordId: Uint8Array; total: number; wanted: number },
  ): Buffer | undefined {
    const path = this.#path(day);
    if (!existsSync(path)) return undefined;
    const frame = Buffer.alloc(wanted);
    const fd = openSync(path, 'r');
    try {
      if (readFully(fd, frame, offset) < frame.length) return undefined;
    } finally {
      closeSync(fd);
    }
    return frame.subarray(0, headerBytes).equals(head(recordId, total)) ? frame : undefined;
  }

  #open(day: number): { readonly fd: number; end: number } {
    if (this.#segment?.day === day) return this.#segment;
    this.close();
    const path = this.#path(day);
    const isNew = !existsSync(path);
    const fd = openSync(path, isNew ? 'wx+' : 'r+', 0o600);
    if (isNew) {
      fsyncSync(fd);
      syncDirectory(this.#folder);
    }
    this.#segment = { day, fd, end: fstatSync(fd).size };
    return this.#segment;
  }

  #path(day: number): string {
    return join(this.#folder, `${new Date(day * 86_400_000).toISOString().slice(0, 10)}.seg`);
  }
}

function head(recordId: Uint8Array, length: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.set(magic);
  bytes.set(recordId, 4);
  bytes.writeBigUInt64BE(BigInt(length), 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/**
 * Follows the frames, and looks for the next one behind bytes that are none. A head alone is not
 * trusted with its length: an interrupted batch may have left it without its blobs, and what was
 * appended later would be skipped.
 */
function* scanSegment(fd: number): Generator<{ recordId: Uint8Array; offset: number }> {
  const fileBytes = fstatSync(fd).size;
  for (let at: number | undefined = 0; at !== undefined && at < fileBytes;) {
    const frame = readHead(fd, at);
    if (frame !== undefined) yield { recordId: frame.recordId, offset: at };
    const end: number = frame?.end ?? fileBytes;
    const follows = frame !== undefined && (end === fileBytes || readHead(fd, end) !== undefined);
    at = follows ? end : nextMagic(fd, at + 1);
  }
}

function readHead(fd: number, at: number): { recordId: Uint8Array; end: number } | undefined {
  const header = Buffer.alloc(headerBytes);
  if (readFully(fd, header, at) < headerBytes) return undefined;
  const length = Number(header.readBigUInt64BE(20));
  const recordId = Uint8Array.from(header.subarray(4, 20));
  return header.equals(head(recordId, length))
    ? { recordId, end: at + headerBytes + length }
    : undefined;
}

function nextMagic(fd: number, from: number): number | undefined {
  const chunk = Buffer.alloc(scanBytes);
  for (let at = from; ; at += chunk.length - magic.length) {
    const got = readFully(fd, chunk, at);
    const hit = chunk.subarray(0, got).indexOf(magic);
    if (hit !== -1) return at + hit;
    if (got < chunk.length) return undefined;
  }
}

/** @returns how many bytes the file had there, at most the buffer's length */
function readFully(fd: number, into: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < into.length) {
    const got = readSync(fd, into, filled, into.length - filled, position + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}
