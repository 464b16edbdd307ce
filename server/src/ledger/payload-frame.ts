import { crc32 } from 'node:zlib';

/**
 * How sealed blobs lie in a segment or an object: a head, then the blobs of one record. The head
 * is magic, record id (16 bytes), u64 length of the blobs, CRC-32 of the three, big-endian.
 */
export const frameMagic: Buffer = Buffer.from('SKP1', 'ascii');
export const frameHeadBytes: number = 4 + 16 + 8 + 4;

export interface FrameHead {
  readonly recordId: Uint8Array;
  /** Of all blobs of the record together. */
  readonly length: number;
}

/** @param length of all blobs of the record together */
export function formatFrameHead(recordId: Uint8Array, length: number): Buffer {
  const bytes = Buffer.alloc(frameHeadBytes);
  bytes.set(frameMagic);
  bytes.set(recordId, 4);
  bytes.writeBigUInt64BE(BigInt(length), 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** @returns undefined when there is no whole head at that place, or its checksum is wrong */
export function parseFrameHead(bytes: Buffer, at: number): FrameHead | undefined {
  const head = bytes.subarray(at, at + frameHeadBytes);
  if (head.length < frameHeadBytes || !head.subarray(0, 4).equals(frameMagic)) return undefined;
  if (head.readUInt32BE(28) !== crc32(head.subarray(0, 28))) return undefined;
  const length = Number(head.readBigUInt64BE(20));
  if (!Number.isSafeInteger(length)) return undefined;
  return { recordId: Uint8Array.from(head.subarray(4, 20)), length };
}

/** A frame of a record, or its beginning. */
export interface WantedFrame {
  readonly recordId: Uint8Array;
  /** Of all blobs of the record together. */
  readonly total: number;
  /** From the start of the head on. */
  readonly wanted: number;
}

/** Gives what stands at a place, if that is as long as wanted; whose it is shows afterwards. */
export type ReadFrame = (frame: WantedFrame) => Promise<Buffer | undefined>;

/** @param lengths of the blobs, in order @returns undefined when the record is not there */
export async function readBlobs(
  read: ReadFrame,
  recordId: Uint8Array,
  lengths: readonly number[],
): Promise<readonly Uint8Array[] | undefined> {
  const total = totalOf(lengths);
  const frame = await readChecked(read, { recordId, total, wanted: frameHeadBytes + total });
  let start = frameHeadBytes;
  return frame && lengths.map((length) => frame.subarray(start, (start += length)));
}

/** Whether the record is there; its blobs are not looked at. */
export async function hasBlobs(
  read: ReadFrame,
  recordId: Uint8Array,
  lengths: readonly number[],
): Promise<boolean> {
  const frame = { recordId, total: totalOf(lengths), wanted: frameHeadBytes };
  return (await readChecked(read, frame)) !== undefined;
}

async function readChecked(read: ReadFrame, frame: WantedFrame): Promise<Buffer | undefined> {
  const found = await read(frame);
  const head = formatFrameHead(frame.recordId, frame.total);
  return found?.subarray(0, frameHeadBytes).equals(head) === true ? found : undefined;
}

function totalOf(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** The date a segment or object is named after. @param day UTC day, counted from 1970-01-01 */
export function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
