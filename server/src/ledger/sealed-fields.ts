import { createHmac, hash, hkdfSync } from 'node:crypto';
import type { JsonValue } from './draft.ts';
import { type EntryType, type FieldName, fieldsOf } from './fields.ts';
import { GroupKey, type SealPlace, openSealed } from './seal.ts';

/** One field as an SD-JWT disclosure (RFC 9901): opens to the value that the entry's digest covers. */
export interface OpenedField {
  readonly name: FieldName;
  readonly value: JsonValue;
  /** base64url of `[salt, name, value]`; a large value appears in it as `{sha256s, n}`. */
  readonly disclosure: string;
}

export interface SealedFields {
  readonly digests: readonly string[];
  readonly blob: Uint8Array;
}

/** A longer JSON text stays out of the disclosure, so that a receipt is small. */
const inlineBytes = 1_024;

export interface FieldsPlace extends SealPlace {
  readonly type: EntryType;
}

/**
 * Digests and seals the fields of one group. The blob holds a header and the JSON text of each value
 * raw; salts are not in it, they come from the key.
 * @param texts JSON text by field name, none of another group
 */
export function sealFields(
  key: GroupKey,
  texts: ReadonlyMap<FieldName, string>,
  place: FieldsPlace,
): SealedFields {
  const salts = new Salts(key.bytes, place);
  const digests: string[] = [];
  const header: [FieldName, number, 0 | 1][] = [];
  const values: Uint8Array[] = [];
  for (const [name, text] of texts) {
    const bytes = Buffer.from(text, 'utf8');
    const large = bytes.length > inlineBytes || hasLoneSurrogate(text);
    header.push([name, bytes.length, large ? 1 : 0]);
    values.push(bytes);
    digests.push(digestOf(salts.disclosure(name, text, large ? bytes : undefined)));
  }
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(headerBytes.length);
  return { digests, blob: key.seal(Buffer.concat([length, headerBytes, ...values]), place) };
}

/** @returns the fields as recorded, or undefined when key, blob and place do not belong together */
export function openFields(
  key: Uint8Array,
  blob: Uint8Array,
  place: FieldsPlace,
): readonly OpenedField[] | undefined {
  const plaintext = openSealed(key, blob, place);
  if (plaintext === undefined) return undefined;
  // The tag has been checked, so what follows was written by sealFields.
  const bytes = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  const headerEnd = 4 + bytes.readUInt32BE(0);
  const header = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as [FieldName, number, 0 | 1][];
  const salts = new Salts(key, place);
  let start = headerEnd;
  return header.map(([name, length, large]) => {
    const value = bytes.subarray(start, start + length);
    start += length;
    const text = value.toString('utf8');
    const disclosure = salts.disclosure(name, text, large === 1 ? value : undefined);
    return { name, value: JSON.parse(text) as JsonValue, disclosure };
  });
}

/** base64url(SHA-256(ASCII of the disclosure)), RFC 9901 section 4.2.3. */
export function digestOf(disclosure: string): string {
  return hash('sha256', disclosure, 'base64url');
}

/** The salts of one group, one HKDF call for all its fields, cut in schema order. */
class Salts {
  readonly #key: Uint8Array;
  readonly #names: readonly FieldName[];
  readonly #salts: Buffer;
  #largeSalts: Buffer | undefined;

  constructor(key: Uint8Array, { type, group }: FieldsPlace) {
    this.#key = key;
    this.#names = fieldsOf(type, group);
    this.#salts = expand(key, 'ledger/v1/salt', this.#names.length);
  }

  /** @param large the bytes of a value that is named by its keyed hash instead of being written out */
  disclosure(name: FieldName, text: string, large: Uint8Array | undefined): string {
    const at = this.#names.indexOf(name) * 16;
    const salt = this.#salts.toString('base64url', at, at + 16);
    const stated = large === undefined ? text : this.#fingerprint(at, large);
    return Buffer.from(`["${salt}",${JSON.stringify(name)},${stated}]`, 'utf8').toString('base64url');
  }

  #fingerprint(at: number, bytes: Uint8Array): string {
    this.#largeSalts ??= expand(this.#key, 'ledger/v1/salt2', this.#names.length);
    const salt = this.#largeSalts.subarray(at, at + 16);
    const sha256s = createHmac('sha256', salt).update(bytes).digest('base64url');
    return `{"sha256s":"${sha256s}","n":${bytes.length}}`;
  }
}

function expand(key: Uint8Array, info: string, salts: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', info, 16 * salts));
}

/**
 * JSON text escapes a lone surrogate, and a strict verifier refuses the escape. Such a value is named
 * by its hash, so that the bytes are kept as they came. A literal backslash may match too: harmless.
 */
function hasLoneSurrogate(text: string): boolean {
  return /\\ud[89a-f]/.test(text);
}
