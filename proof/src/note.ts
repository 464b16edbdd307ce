import {
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  equalBytes,
  isWellFormed,
} from './bytes.ts';
import { ed25519KeyBytes, ed25519SignatureBytes } from './primitives.ts';
import { sha256, verifyEd25519 } from '#primitives';

/** C2SP signed-note v1.0.0, and the Ed25519 cosignature of C2SP tlog-cosignature v1.0.1. */

/** A checkpoint with sixteen ML-DSA lines is 55 kB; anything near this limit is no note. */
export const maxNoteBytes: number = 512 * 1024;
/** At least 16 lines must be accepted; more than 100 are an attack on the verifier's time. */
export const maxSignatureLines = 100;
/** Of a key, and so of a log. */
export const maxNameChars = 256;
const keyIdBytes = 4;
const timeBytes = 8;

/** 0x01: a signature over the text. 0x04: a cosignature over the time and the text. */
export type KeyType = 0x01 | 0x04;
export const keyTypes: { readonly ed25519: 0x01; readonly cosignatureV1: 0x04 } = {
  ed25519: 0x01,
  cosignatureV1: 0x04,
};

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
  if (vkey.length > maxNameChars + 128) return undefined;
  // The base64 may hold a plus sign itself, so only the first two separate.
  const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey);
  if (match === null) return undefined;
  const [, name = '', hex = '', encoded = ''] = match;
  const blob = decodeBase64(encoded);
  if (blob === undefined || !isKeyName(name)) return undefined;
  const type = Object.values(keyTypes).find((known) => known === blob[0]);
  const publicKey = blob.slice(1);
  if (type === undefined || publicKey.length !== ed25519KeyBytes) return undefined;
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
 * each must hold, and it counts once.
 */
export async function openNote(
  input: string | Uint8Array,
  keys: readonly VerifierKey[],
): Promise<OpenedNote | undefined> {
  const note = parseNote(input);
  if (note === undefined) return undefined;
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
    const result = await verifyLine(note.text, line, key);
    if (result === undefined) return undefined;
    if (!verified.some((earlier) => earlier.key === key)) verified.push(result);
  }
  if (verified.length === 0) return undefined;
  return { text: note.text, verified, unknown };
}

/** What a cosigner signs for a checkpoint: see C2SP tlog-cosignature. */
export function cosignedText(text: string, time: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Not empty, no Unicode white space, no plus sign, no control character. */
export function isKeyName(name: string): boolean {
  if (name === '' || name.length > maxNameChars || !isWellFormed(name)) return false;
  return !/[\p{White_Space}+]/u.test(name) && !hasControls(name);
}

function isSigner(key: VerifierKey, line: NoteSignature): boolean {
  return key.name === line.name && equalBytes(key.keyId, line.keyId);
}

async function verifyLine(
  text: string,
  line: NoteSignature,
  key: VerifierKey,
): Promise<VerifiedSignature | undefined> {
  const { publicKey } = key;
  const { signature } = line;
  if (key.type === keyTypes.ed25519) {
    return (await verifyEd25519(publicKey, encodeUtf8(text), signature)) ? { key } : undefined;
  }
  if (signature.length !== timeBytes + ed25519SignatureBytes) return undefined;
  const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  // Times beyond 2^53-1 are legal on paper and refused here: no clock shows them.
  if (!Number.isSafeInteger(time)) return undefined;
  const message = cosignedText(text, time);
  const holds = await verifyEd25519(publicKey, message, signature.subarray(timeBytes));
  return holds ? { key, time } : undefined;
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

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return true;
  return false;
}

function bytesToHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
