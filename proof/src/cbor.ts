import { concatBytes, decodeUtf8, encodeUtf8, isWellFormed } from './bytes.ts';

/**
 * The part of CBOR (RFC 8949) that COSE receipts are made of: whole numbers, strings, arrays, maps,
 * tags and null. No floats, no other simple values, nothing of indefinite length.
 */
export type CborValue =
  | number
  | string
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag;

/** Keyed by whole numbers and texts, which a JavaScript Map tells apart. */
export type CborMap = ReadonlyMap<number | string, CborValue>;

export interface CborTag {
  readonly tag: number;
  readonly value: CborValue;
}

/** A receipt in a tree of 2^53 leaves is some 2 kB, and its items lie six deep. */
const bytesMax = 64 * 1024;
const itemsMax = 1_024;
const depthMax = 12;

const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;
/** Simple value 22. */
const nullByte = 0xf6;

/**
 * Core deterministic encoding, RFC 8949 section 4.2.1.
 * @throws RangeError for a number that is not a safe whole one, or for half a surrogate pair
 */
export function encodeCbor(value: CborValue): Uint8Array {
  if (value === null) return Uint8Array.of(nullByte);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError('no integer');
    return value < 0 ? head(major.negative, -1 - value) : head(major.unsigned, value);
  }
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw new RangeError('no text');
    const bytes = encodeUtf8(value);
    return concatBytes(head(major.text, bytes.length), bytes);
  }
  if (value instanceof Uint8Array) return concatBytes(head(major.bytes, value.length), value);
  if (isMap(value)) return encodeMap(value);
  if (isTag(value)) return concatBytes(head(major.tag, value.tag), encodeCbor(value.value));
  return concatBytes(head(major.array, value.length), ...value.map((item) => encodeCbor(item)));
}

/**
 * Reads one item that fills the input. Lengths and numbers must be written as shortly as can be,
 * and no key may come twice. The order of keys is free: COSE does not fix it, and the receipts
 * its working group published do not sort them.
 * @returns undefined for anything else
 */
export function decodeCbor(bytes: Uint8Array): CborValue | undefined {
  if (bytes.length > bytesMax) return undefined;
  const reader = new CborReader(bytes);
  const value = reader.item(0);
  return reader.isAtEnd ? value : undefined;
}

function encodeMap(map: CborMap): Uint8Array {
  const pairs = [...map].map(([key, value]) => ({
    key: encodeCbor(key),
    value: encodeCbor(value),
  }));
  pairs.sort((a, b) => compareBytes(a.key, b.key));
  const parts = pairs.flatMap(({ key, value }) => [key, value]);
  return concatBytes(head(major.map, map.size), ...parts);
}

function isMap(value: CborValue): value is CborMap {
  return value instanceof Map;
}

function isTag(value: CborValue): value is CborTag {
  return typeof value === 'object' && value !== null && 'tag' in value;
}

/** Initial byte and argument, as short as can be. No bitwise operator: sizes go beyond 32 bits. */
function head(type: number, argument: number): Uint8Array {
  const start = type * 32;
  if (argument < 24) return Uint8Array.of(start + argument);
  const width = argument < 2 ** 8 ? 1 : argument < 2 ** 16 ? 2 : argument < 2 ** 32 ? 4 : 8;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = start + 24 + Math.log2(width);
  let rest = argument;
  for (let i = width; i > 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

class CborReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): CborValue | undefined {
    if (depth > depthMax || ++this.#items > itemsMax) return undefined;
    const first = this.#bytes[this.#at];
    if (first === nullByte) {
      this.#at++;
      return null;
    }
    const argument = first === undefined ? undefined : this.#argument();
    if (first === undefined || argument === undefined) return undefined;
    switch (Math.floor(first / 32)) {
      case major.unsigned:
        return argument;
      case major.negative:
        return argument < Number.MAX_SAFE_INTEGER ? -1 - argument : undefined;
      case major.bytes:
        return this.#take(argument);
      case major.text:
        return this.#text(argument);
      case major.array:
        return this.#array(argument, depth);
      case major.map:
        return this.#map(argument, depth);
      case major.tag:
        return this.#tag(argument, depth);
      default:
        return undefined;
    }
  }

  #argument(): number | undefined {
    const info = this.#bytes[this.#at++]! % 32;
    if (info < 24) return info;
    if (info > 27) return undefined;
    const width = 2 ** (info - 24);
    const bytes = this.#take(width);
    if (bytes === undefined) return undefined;
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    const least = width === 1 ? 24 : 2 ** (4 * width);
    return value >= least && Number.isSafeInteger(value) ? value : undefined;
  }

  #take(length: number): Uint8Array | undefined {
    if (length > this.#bytes.length - this.#at) return undefined;
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  #text(length: number): string | undefined {
    const bytes = this.#take(length);
    return bytes === undefined ? undefined : decodeUtf8(bytes);
  }

  #array(length: number, depth: number): CborValue[] | undefined {
    const items: CborValue[] = [];
    for (let i = 0; i < length; i++) {
      const item = this.item(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #map(length: number, depth: number): CborMap | undefined {
    const map = new Map<number | string, CborValue>();
    for (let i = 0; i < length; i++) {
      const key = this.item(depth + 1);
      if ((typeof key !== 'number' && typeof key !== 'string') || map.has(key)) return undefined;
      const value = this.item(depth + 1);
      if (value === undefined) return undefined;
      map.set(key, value);
    }
    return map;
  }

  #tag(tag: number, depth: number): CborTag | undefined {
    const value = this.item(depth + 1);
    return value === undefined ? undefined : { tag, value };
  }
}
