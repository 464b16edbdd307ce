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
