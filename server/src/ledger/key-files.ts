import { randomBytes, sign as signBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateKeyOf, publicKeyOf, toHex, writeFileDurably } from '#base';
import {
  decodeBase64,
  encodeBase64,
  formatNote,
  formatVerifierKey,
  noteKeyId,
} from '@sekisho/proof';
import { LedgerError } from './errors.ts';
import { RootKey } from './root-key.ts';

/** Signs checkpoints, promises and what is handed out. The only holder of the log's private key. */
export interface LogSigner {
  /** C2SP signed-note verifier key. */
  readonly verifierKey: string;
  /**
   * @param text ends with a newline @returns the signed note; the same text gives the same bytes
   */
  sign(text: string): string;
  /** 4 bytes: how a signed note, and a receipt in COSE, names this key. */
  readonly keyId: Uint8Array;
  /** Ed25519 over bytes that no signed note can be. */
  signBytes(bytes: Uint8Array): Uint8Array;
}

/** The name a log's key was made for; undefined when there is none that can be read. */
export function readLogName(folder: string): string | undefined {
  const path = join(folder, 'log.key');
  if (!existsSync(path)) return undefined;
  return /^PRIVATE\+KEY\+([^+]+)\+/.exec(readFileSync(path, 'utf8'))?.[1];
}

/** Of a signed note's key: Ed25519 over the text. */
const ed25519 = 0x01;

/**
 * Reads the log's key, in the signer form of Go's note package, or makes one for a log without
 * data.
 * @param isNew whether the log has no entries: a second key for an existing log would fork its
 * trust
 */
export async function loadLogSigner(
  folder: string,
  origin: string,
  isNew: boolean,
): Promise<LogSigner> {
  const path = join(folder, 'log.key');
  if (!existsSync(path)) {
    if (!isNew) throw new LedgerError('key_missing', 'sign checkpoints', { detail: 'log.key' });
    const seed = randomBytes(32);
    const id = toHex(await noteKeyId(origin, ed25519, publicKeyOf(privateKeyOf(seed))));
    const encoded = encodeBase64(Buffer.concat([Buffer.from([ed25519]), seed]));
    const line = `PRIVATE+KEY+${origin}+${id}+${encoded}\n`;
    writeFileDurably(path, Buffer.from(line, 'utf8'), 0o600);
  }
  const key = privateKeyOf(readSeed(readFileSync(path, 'utf8'), origin));
  const publicKey = publicKeyOf(key);
  const keyId = await noteKeyId(origin, ed25519, publicKey);
  const signWith = (bytes: Uint8Array): Uint8Array => new Uint8Array(signBytes(null, bytes, key));
  return {
    verifierKey: await formatVerifierKey({ name: origin, type: ed25519, publicKey }),
    keyId,
    signBytes: signWith,
    sign: (text) => {
      const signature = signWith(Buffer.from(text, 'utf8'));
      return formatNote(text, [{ name: origin, keyId, signature }]);
    },
  };
}

/**
 * Reads the 32 bytes under which the vault's keys are wrapped, or makes them for an empty vault.
 */
export function loadRootKey(folder: string, isNew: boolean): RootKey {
  const path = join(folder, 'root.key');
  if (!existsSync(path)) {
    if (!isNew) throw new LedgerError('key_missing', 'open the vault', { detail: 'root.key' });
    writeFileDurably(path, randomBytes(32), 0o600);
  }
  const bytes = readFileSync(path);
  if (bytes.length !== 32) {
    throw new LedgerError('wrong_key', 'open the vault', { detail: 'root.key is not 32 bytes' });
  }
  return new RootKey(bytes);
}

function readSeed(text: string, origin: string): Uint8Array {
  const [, name, , encoded = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)\n?$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (name !== origin || bytes?.length !== 33 || bytes[0] !== ed25519) {
    throw new LedgerError('wrong_key', 'sign checkpoints', { detail: 'log.key' });
  }
  return bytes.subarray(1);
}
