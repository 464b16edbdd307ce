import {
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  equalBytes,
  isWellFormed,
} from './bytes.ts';
import { hasControls, isKeyName, maxNameChars } from './key-name.ts';
import {
  ed25519KeyBytes,
  ed25519SignatureBytes,
  mlDsa44KeyBytes,
  mlDsa44SignatureBytes,
  type VerifyMlDsa44,
} from './primitives.ts';
import { mlDsaCosignedBytes, parseTimedSignature } from './subtree-cosignature.ts';
import { ownMlDsa44, sha256, verifyEd25519 } from '#primitives';

/** C2SP signed-note v1.0.0, and the two kinds of cosignature of C2SP tlog-cosignature v1.1. */

/** A checkpoint with sixteen ML-DSA lines is 55 kB; anything near this limit is no note. */
export const maxNoteBytes: number = 512 * 1024;
/** At least 16 lines must be accepted; more than 100 are an attack on the verifier's time. */
export const maxSignatureLines = 100;
const keyIdBytes = 4;

/**
 * 0x01: a signature over the text. 0x04: a cosignature over the time and the text. 0x06: one over
 * time and tree with ML-DSA-44, which a log may make with a second key as well as a witness.
 */
export type KeyType = 0x01 | 0x04 | 0x06;
export const keyTypes: {
  readonly ed25519: 0x01;
  readonly cosignatureV1: 0x04;
  readonly mlDsa44: 0x06;
} = { ed25519: 0x01, cosignatureV1: 0x04, mlDsa44: 0x06 };

/** Bytes of a public key by type. */
const keyBytes: Readonly<Record<KeyType, number>> = {
  0x01: ed25519KeyBytes,
  0x04: ed25519KeyBytes,
  0x06: mlDsa44KeyBytes,
};
/** A key ID, two plus signs, and the base64 of the longest key. */
const keyCharactersMax = maxNameChars + 10 + 4 * Math.ceil((1 + mlDsa44KeyBytes) / 3);

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** The bytes after the key ID; their form depends on the key's type. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends with a newline; this is what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifierKey {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
}

export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** POSIX seconds, for a cosignature. */
  readonly time?: number;
}

export interface OpenedNote {
  readonly text: string;
  readonly verified: readonly VerifiedSignature[];
  /** Lines by keys nobody gave us: ignored, and to be reported as unchecked. */
  readonly unknown: readonly NoteSignature[];
  /** Keys that have a line here which nothing here can check: ignored, and to be reported too. */
  readonly unchecked: readonly VerifierKey[];
}

/** What a verifier brings that its runtime may lack. */
export interface NoteOptions {
  /** Used in the place of the runtime's own. */
  readonly verifyMlDsa44?: VerifyMlDsa44 | undefined;
}

/** Undefined for anything but a note: bounded, valid UTF-8, no control characters. */
export function parseNote(input: string | Uint8Array): Note | undefined {
  if (input.length > maxNoteBytes) return undefined;
  const whole = typeof input === 'string' ? input : decodeUtf8(input);
  if (whole === undefined || !isNoteText(whole)) return undefined;
  // The text may hold blank lines of its own, so the last one separates.
  const separator = whole.lastIndexOf('\n\n');
  if (separator === -1) return undefined;
  const text = whole.slice(0, separator + 1);
  const lines = whole.slice(separator + 2, -1).split('\n');
  if (lines.length > maxSignatureLines) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) return undefined;
    signatures.push(signature);
  }
  return { text, signatures };
}

/** Throws RangeError for a text or a signature that no parser would read back. */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    if (keyId.length !== keyIdBytes) throw new RangeError('no key ID');
    return `— ${name} ${encodeBase64(concatBytes(keyId, signature))}\n`;
  });
  const whole = `${text}\n${lines.join('')}`;
  if (parseNote(whole)?.text !== text) throw new RangeError('no signed note');
  return whole;
}

/** The first 4 bytes of SHA-256(name, newline, type, public key). */
export async function noteKeyId(
  name: string,
  type: KeyType,
  publicKey: Uint8Array,
): Promise<Uint8Array> {
  const input = concatBytes(encodeUtf8(`${name}\n`), Uint8Array.of(type), publicKey);
  return (await sha256(input)).slice(0, keyIdBytes);
}

/** `<name>+<8 hex key ID>+<base64(type, public key)>`, with a key ID that fits. */
export async function parseVerifierKey(vkey: string): Promise<VerifierKey | undefined> {
  if (vkey.length > keyCharactersMax) return undefined;
  // The base64 may hold a plus sign itself, so only the first two separate.
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey);
  if (match === null) return undefined;
  const [, name = '', hex = '', encoded = ''] = match;
  const blob = decodeBase64(encoded);
  if (blob === undefined || !isKeyName(name)) return undefined;
  const type = Object.values(keyTypes).find((known) => known === blob[0]);
  const publicKey = blob.slice(1);
  if (type === undefined || publicKey.length !== keyBytes[type]) return undefined;
  const keyId = await noteKeyId(name, type, publicKey);
  if (bytesToHex(keyId) !== hex) return undefined;
  return { name, keyId, type, publicKey };
}

/** Throws RangeError for a name or key that no parser would read back. */
export async function formatVerifierKey(key: {
  readonly name: string;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
}): Promise<string> {
  const keyId = await noteKeyId(key.name, key.type, key.publicKey);
  const blob = encodeBase64(concatBytes(Uint8Array.of(key.type), key.publicKey));
  const vkey = `${key.name}+${bytesToHex(keyId)}+${blob}`;
  if ((await parseVerifierKey(vkey)) === undefined) throw new RangeError('no verifier key');
  return vkey;
}

/**
 * Checks every line by a key in `keys`. Unknown lines are ignored; one bad line by a known key
 * refuses the whole note; so does a note that no known key signs. Of several lines by one key
 * each must hold, and it counts once. A line of a kind that cannot be checked here is ignored.
 */
export async function openNote(
  input: string | Uint8Array,
  keys: readonly VerifierKey[],
  options: NoteOptions = {},
): Promise<OpenedNote | undefined> {
  const note = parseNote(input);
  if (note === undefined) return undefined;
  const unchecked = new Set<VerifierKey>();
  const verified: VerifiedSignature[] = [];
  const unknown: NoteSignature[] = [];
  for (const line of note.signatures) {
    const candidates = keys.filter((key) => isSigner(key, line));
    const [key] = candidates;
    if (key === undefined) {
      unknown.push(line);
      continue;
    }
    // Two keys of one name and ID: nobody can say which of them is meant.
    if (candidates.length > 1) return undefined;
    if (!canVerify(key.type, options)) {
      unchecked.add(key);
      continue;
    }
    const result = await verifyLine(note.text, line, { key, options });
    if (result === undefined) return undefined;
    if (!verified.some((earlier) => earlier.key === key)) verified.push(result);
  }
  if (verified.length === 0) return undefined;
  return { text: note.text, verified, unknown, unchecked: [...unchecked] };
}

/** What a cosigner signs for a checkpoint: see C2SP tlog-cosignature. */
export function cosignedText(text: string, time: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Whether lines of this kind can be checked at all. */
export function canVerify(type: KeyType, { verifyMlDsa44 }: NoteOptions): boolean {
  return type !== keyTypes.mlDsa44 || (verifyMlDsa44 ?? ownMlDsa44()) !== undefined;
}

function isSigner(key: VerifierKey, line: NoteSignature): boolean {
  return key.name === line.name && equalBytes(key.keyId, line.keyId);
}

async function verifyLine(
  text: string,
  line: NoteSignature,
  { key, options }: { readonly key: VerifierKey; readonly options: NoteOptions },
): Promise<VerifiedSignature | undefined> {
  const { publicKey, type } = key;
  switch (type) {
    case keyTypes.ed25519: {
      const holds = await verifyEd25519(publicKey, encodeUtf8(text), line.signature);
      return holds ? { key } : undefined;
    }
    case keyTypes.cosignatureV1: {
      const timed = parseTimedSignature(line, ed25519SignatureBytes);
      if (timed === undefined) return undefined;
      const { time, signature } = timed;
      const holds = await verifyEd25519(publicKey, cosignedText(text, time), signature);
      return holds ? { key, time } : undefined;
    }
    case keyTypes.mlDsa44: {
      const timed = parseTimedSignature(line, mlDsa44SignatureBytes);
      const message = timed && mlDsaCosignedBytes(text, key.name, timed.time);
      if (timed === undefined || message === undefined) return undefined;
      const verifyMlDsa44 = options.verifyMlDsa44 ?? ownMlDsa44()!;
      if (!(await verifyMlDsa44(publicKey, message, timed.signature))) return undefined;
      // Time 0 says nothing about when, so it is none.
      return timed.time === 0 ? { key } : { key, time: timed.time };
    }
    default:
      return type satisfies never;
  }
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const match = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
  if (match === null) return undefined;
  const [, name = '', encoded = ''] = match;
  const blob = decodeBase64(encoded);
  if (blob === undefined || blob.length <= keyIdBytes || !isKeyName(name)) return undefined;
  return { name, keyId: blob.slice(0, keyIdBytes), signature: blob.slice(keyIdBytes) };
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && isWellFormed(text) && !hasControls(text.replaceAll('\n', ''));
}

function bytesToHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
