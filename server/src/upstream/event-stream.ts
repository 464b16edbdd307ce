import { crc32 } from 'node:zlib';
import { UpstreamError, malformed } from './errors.ts';

/** One message of an event stream. */
export interface EventMessage {
  /** Values of the headers that hold text, by name. Others are checked and left out. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
}

/** Two lengths and their checksum, before everything else; one checksum after it. */
const preludeBytes = 12;
const smallestBytes = preludeBytes + 4;

/** Lengths of the header values that have one; the two that say their own length are apart. */
const fixedValueBytes: Readonly<Record<number, number>> = {
  0: 0, // true
  1: 0, // false
  2: 1, // byte
  3: 2, // short
  4: 4, // integer
  5: 8, // long
  8: 8, // timestamp
  9: 16, // UUID
};
const byteArrayType = 6;
const stringType = 7;

/**
 * Reads `application/vnd.amazon.eventstream`, however it was cut into reads. A message is its
 * length, the length of its headers, a CRC-32 of both, headers, payload, and a CRC-32 of all that,
 * big-endian. Both checksums are checked before anything of a message is believed.
 * One instance per stream; it keeps the unfinished message only.
 * Source: Smithy, "Amazon Event Stream Specification".
 */
export class EventStreamReader {
  readonly #maxMessageBytes: number;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Length of the message under way, once its prelude has been checked. */
  #expected: number | undefined;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Whether a message has begun and not ended. */
  get unfinished(): boolean {
    return this.#size > 0;
  }

  /**
   * @returns the messages that this piece completed, in order
   * @throws UpstreamError `malformed` for a wrong checksum or form, `too_large` past the limit
   */
  push(piece: Uint8Array): EventMessage[] {
    this.#pieces.push(piece);
    this.#size += piece.length;
    const complete: EventMessage[] = [];
    for (;;) {
      if (this.#expected === undefined) {
        if (this.#size < preludeBytes) return complete;
        this.#expected = this.#length(this.#joined());
      }
      if (this.#size < this.#expected) return complete;
      const bytes = this.#joined();
      complete.push(readMessage(bytes.subarray(0, this.#expected)));
      this.#pieces = [bytes.subarray(this.#expected)];
      this.#size -= this.#expected;
      this.#expected = undefined;
    }
  }

  /** Joined only when there is enough to look at, so that each byte is copied twice at most. */
  #joined(): Buffer {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) {
      return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
    }
    const bytes = Buffer.concat(this.#pieces, this.#size);
    this.#pieces = [bytes];
    return bytes;
  }

  #length(bytes: Buffer): number {
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) {
      throw malformed('a message has a wrong checksum');
    }
    const length = bytes.readUInt32BE(0);
    if (length > this.#maxMessageBytes) {
      throw new UpstreamError(
        'too_large',
        `couldn't read the answer: one event exceeds ${this.#maxMessageBytes} bytes`,
      );
    }
    if (length < smallestBytes + bytes.readUInt32BE(4)) {
      throw malformed('a message is shorter than its headers');
    }
    return length;
  }
}

function readMessage(bytes: Buffer): EventMessage {
  const end = bytes.length - 4;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
    throw malformed('a message has a wrong checksum');
  }
  const payloadAt = preludeBytes + bytes.readUInt32BE(4);
  return {
    headers: readHeaders(bytes.subarray(preludeBytes, payloadAt)),
    payload: bytes.subarray(payloadAt, end),
  };
}

/** A header is the length of its name, the name, the type of its value, and the value. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw malformed('a header is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const name = take(take(1)[0] ?? 0).toString('utf8');
    const type = take(1)[0] ?? 0;
    if (type === stringType || type === byteArrayType) {
      const value = take(take(2).readUInt16BE(0));
      if (type === stringType) headers.set(name, value.toString('utf8'));
      continue;
    }
    const length = fixedValueBytes[type];
    if (length === undefined) throw malformed('a header has a type that does not exist');
    take(length);
  }
  return headers;
}
