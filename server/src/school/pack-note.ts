import { type KeyObject, randomBytes, sign as signBytes } from 'node:crypto';
import {
  type OpenedNote,
  type VerifierKey,
  decodeBase64,
  encodeBase64,
  formatNote,
  formatVerifierKey,
  noteKeyId,
  openNote,
  parseNote,
} from '@sekisho/proof';
import { privateKeyOf, publicKeyOf, toHex } from '#base';
import { SchoolError } from './errors.ts';
import type { Pack } from './pack.ts';

// A pack is signed as checkpoints are: a C2SP signed note over a text that names it. Each
// institution that has reviewed a pack adds a line, so that any of them can vouch for it alone.

/** Of a signed note's key: Ed25519 over the text. */
const ed25519 = 0x01;

/** What an institution signs. Never changes for the same pack. */
export function packText({ manifest, hash }: Pick<Pack, 'manifest' | 'hash'>): string {
  return `${manifest.format}\n${manifest.id} ${manifest.version}\n${hash}\n`;
}

export interface PackKey {
  /** `PRIVATE+KEY+<name>+<id>+<seed>`: the signer form of Go's note package. */
  readonly signingKey: string;
  readonly verifierKey: string;
}

/** @param name of the institution: a domain name, as in notes of checkpoints */
export async function createPackKey(name: string): Promise<PackKey> {
  const seed = randomBytes(32);
  const publicKey = publicKeyOf(privateKeyOf(seed));
  const id = toHex(await noteKeyId(name, ed25519, publicKey));
  const encoded = encodeBase64(Buffer.concat([Buffer.from([ed25519]), seed]));
  const verifierKey = await formatVerifierKey({ name, type: ed25519, publicKey });
  return { signingKey: `PRIVATE+KEY+${name}+${id}+${encoded}`, verifierKey };
}

/**
 * Adds a line to a pack's note, or begins one. A line by the same key is replaced by itself: the
 * signature is deterministic.
 * @param note what is there already
 * @throws SchoolError `pack_invalid` for a key or a note that is none, or a note of another pack
 */
export async function signPack(
  pack: Pick<Pack, 'manifest' | 'hash'>,
  signingKey: string,
  note: string | undefined,
): Promise<string> {
  const text = packText(pack);
  const before = note === undefined ? { text, signatures: [] } : parseNote(note);
  if (before?.text !== text) throw new SchoolError('pack_invalid', 'pack.note: of another pack');
  const { name, key } = readSigningKey(signingKey);
  const keyId = await noteKeyId(name, ed25519, publicKeyOf(key));
  const signature = new Uint8Array(signBytes(null, Buffer.from(text, 'utf8'), key));
  const others = before.signatures.filter((line) => toHex(line.keyId) !== toHex(keyId));
  return formatNote(text, [...others, { name, keyId, signature }]);
}

/**
 * Who of those whose keys are given has signed the pack.
 * @throws SchoolError `pack_unsigned` when none has, or a line of a known key does not verify
 */
export async function openPackNote(
  pack: Pick<Pack, 'manifest' | 'hash'>,
  note: string,
  keys: readonly VerifierKey[],
): Promise<OpenedNote> {
  const opened = await openNote(note, keys);
  if (opened === undefined || opened.verified.length === 0 || opened.text !== packText(pack)) {
    throw new SchoolError('pack_unsigned');
  }
  return opened;
}

function readSigningKey(line: string): { readonly name: string; readonly key: KeyObject } {
  const [, name = '', , encoded = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+?)\s*$/.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (bytes?.length !== 33 || bytes[0] !== ed25519) {
    throw new SchoolError('pack_invalid', 'no signing key');
  }
  return { name, key: privateKeyOf(bytes.subarray(1)) };
}
