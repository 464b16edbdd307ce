import { hash } from 'node:crypto';
import { parseDisclosure } from '@sekisho/proof';
import { Scratch } from '#base';
import { Derivation, hmacSha256 } from './derivation.ts';
import type { JsonValue } from './draft.ts';
import { type EntryType, type FieldName, fieldsOf } from './fields.ts';
import { GroupKey, type SealPlace, openSealed, padmeLength } from './seal.ts';

/**
 * One field as an SD-JWT disclosure (RFC 9901): opens to the value that the entry's digest covers.
 */
export interface OpenedField {
  readonly name: FieldName;
  readonly value: JsonValue;
  /** base64url of `[salt, name, value]`; a large value appears in it as `{sha256s, n}`. */
  readonly disclosure: string;
  /** What such a value is checked with: the JSON text as recorded, and the key of its hash. */
  readonly large?: { readonly bytes: Uint8Array; readonly salt2: Uint8Array };
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
 * Digests and seals the fields of one group. The blob holds a header and the JSON text of each
 * value raw; salts are not in it, they come from the key.
 * @param texts JSON text by field name, none of another group
 */
export function sealFields(
  key: GroupKey,
  texts: ReadonlyMap<FieldName, string>,
  place: FieldsPlace,
): SealedFields {
  const salts = new Salts(key.derivation, place, [...texts.keys()]);
  const disclosures: (string | undefined)[] = [];
  const header: [FieldName, number, 0 | 1][] = [];
  for (const [name, text] of texts) {
    const length = Buffer.byteLength(text, 'utf8');
    const disclosure = length > inlineBytes ? undefined : salts.disclosure(name, text);
    const inline = disclosure !== undefined && isReadAlike(text, disclosure);
    header.push([name, length, inline ? 0 : 1]);
    disclosures.push(inline ? disclosure : undefined);
  }
  const { padded, ends } = layOut(header, texts);
  const digests = header.map(([name, length], i) => {
    const large = (): Uint8Array => padded.subarray(ends[i]! - length, ends[i]);
    return digestOf(disclosures[i] ?? salts.disclosureOfLarge(name, large()));
  });
  return { digests, blob: key.seal(padded, place) };
}

const scratch = new Scratch();

/**
 * u32 length of the header, the header as JSON, the values raw, and zeros up to a bucket.
 * @returns bytes that are good until the next call, and where in them each value ends
 */
function layOut(
  header: readonly (readonly [FieldName, number, 0 | 1])[],
  texts: ReadonlyMap<FieldName, string>,
): { readonly padded: Buffer; readonly ends: readonly number[] } {
  const headerText = JSON.stringify(header);
  let length = 4 + headerText.length;
  for (const [, bytes] of header) length += bytes;
  const padded = scratch.take(padmeLength(length));
  padded.writeUInt32BE(headerText.length);
  let end = 4 + padded.write(headerText, 4, 'latin1');
  const ends: number[] = [];
  for (const text of texts.values()) ends.push((end += padded.write(text, end, 'utf8')));
  padded.fill(0, end);
  return { padded, ends };
}

/** @returns the fields as recorded, or undefined when key, blob and place do not belong together */
export function openFields(
  key: Uint8Array,
  blob: Uint8Array,
  place: FieldsPlace,
): readonly OpenedField[] | undefined {
  const derivation = new Derivation(key);
  const plaintext = openSealed(derivation, blob, place);
  if (plaintext === undefined) return undefined;
  // The tag has been checked, so what follows was written by sealFields.
  const bytes = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  const headerEnd = 4 + bytes.readUInt32BE(0);
  const header = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as [FieldName, number, 0 | 1][];
  const salts = new Salts(
    derivation,
    place,
    header.map(([name]) => name),
  );
  let start = headerEnd;
  return header.map(([name, length, large]) => {
    const value = bytes.subarray(start, start + length);
    start += length;
    const text = value.toString('utf8');
    const disclosure =
      large === 1 ? salts.disclosureOfLarge(name, value) : salts.disclosure(name, text);
    const opened = { name, value: JSON.parse(text) as JsonValue, disclosure };
    return large === 1 ? { ...opened, large: { bytes: value, salt2: salts.salt2(name) } } : opened;
  });
}

/** base64url(SHA-256(ASCII of the disclosure)), RFC 9901 section 4.2.3. */
export function digestOf(disclosure: string): string {
  return hash('sha256', disclosure, 'base64url');
}

const disclosed = new Scratch();

/** The salts of one group, one expansion for all its fields, cut in schema order. */
class Salts {
  readonly #key: Derivation;
  readonly #names: readonly FieldName[];
  readonly #length: number;
  readonly #salts: Buffer;
  #largeSalts: Buffer | undefined;

  /** @param present the fields there are: no more is expanded than they need */
  constructor(key: Derivation, { type, group }: FieldsPlace, present: readonly FieldName[]) {
    this.#key = key;
    this.#names = fieldsOf(type, group);
    let last = 0;
    for (const name of present) last = Math.max(last, this.#names.indexOf(name));
    this.#length = 16 * (1 + last);
    this.#salts = key.expand('ledger/v1/salt', this.#length);
  }

  disclosure(name: FieldName, stated: string): string {
    const at = this.#names.indexOf(name) * 16;
    const salt = this.#salts.toString('base64url', at, at + 16);
    // The name of a field needs no escape, whatever the schema will hold.
    const text = `["${salt}","${name}",${stated}]`;
    // A character has three bytes at most.
    const bytes = disclosed.take(3 * text.length);
    return bytes.toString('base64url', 0, bytes.write(text, 0, 'utf8'));
  }

  /** Of a value that is named by its keyed hash instead of being written out. */
  disclosureOfLarge(name: FieldName, bytes: Uint8Array): string {
    const sha256s = hmacSha256(this.salt2(name), bytes);
    return this.disclosure(name, `{"sha256s":"${sha256s}","n":${bytes.length}}`);
  }

  salt2(name: FieldName): Uint8Array {
    const at = this.#names.indexOf(name) * 16;
    this.#largeSalts ??= this.#key.expand('ledger/v1/salt2', this.#length);
    return this.#largeSalts.subarray(at, at + 16);
  }
}

// What a strict reader of JSON may refuse: halves of surrogate pairs, numbers that a double cannot
// hold exactly, prototypes, deep nesting. Most texts hold none of it, and the search is cheap.
const suspicious = /\\u|[0-9]{16}|e\+|__proto__/;
const suspiciousBrackets = 60;

/**
 * Whether every reader takes the same value from the text. Other values are named by their hash, so
 * that the bytes are kept as they came and no verifier has to refuse the disclosure.
 */
function isReadAlike(text: string, disclosure: string): boolean {
  const harmless = !suspicious.test(text) && countBrackets(text) < suspiciousBrackets;
  return harmless || parseDisclosure(disclosure) !== undefined;
}

function countBrackets(text: string): number {
  // Most texts are shorter than that.
  if (text.length < suspiciousBrackets) return 0;
  return text.match(/[[{]/g)?.length ?? 0;
}
