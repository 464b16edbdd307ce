import { randomBytes, sign as signBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type NoteSignature,
  cosignedText,
  decodeBase64,
  encodeBase64,
  formatVerifierKey,
  isKeyName,
  keyTypes,
  noteKeyId,
} from '@sekisho/proof';
import { privateKeyOf, publicKeyOf, toHex, writeFileDurably } from '#base';
import { LedgerError } from '../errors.ts';

/** Makes C2SP tlog-cosignature v1 lines. The only holder of the witness's private key. */
export interface Cosigner {
  readonly name: string;
  /** C2SP signed-note verifier key, type 0x04. */
  readonly verifierKey: string;
  /** @param body of a checkpoint @param time POSIX seconds */
  cosign(body: string, time: number): NoteSignature;
}

const { cosignatureV1 } = keyTypes;
const fileName = 'witness.key';

/**
 * Reads the witness's key, or makes one. The message of a cosignature does not name its signer, so
 * the key serves this one witness and no log.
 * @param isNew whether nothing was cosigned yet: a second key would be a second witness
 * @param name of a new key; an existing one keeps its own, which must then be the same
 * @throws LedgerError `key_missing`, `wrong_key`
 */
export async function loadCosigner(
  folder: string,
  isNew: boolean,
  name: string | undefined,
): Promise<Cosigner> {
  const path = join(folder, fileName);
  if (!existsSync(path)) {
    if (!isNew) throw new LedgerError('key_missing', 'cosign', { detail: fileName });
    await writeKey(path, name ?? `sekisho.local/witness/${toHex(randomBytes(4))}`);
  }
  const kept = readKey(readFileSync(path, 'utf8'));
  if (kept === undefined || (name !== undefined && kept.name !== name)) {
    throw new LedgerError('wrong_key', 'cosign', { detail: fileName });
  }
  const key = privateKeyOf(kept.seed);
  const publicKey = publicKeyOf(key);
  const keyId = await noteKeyId(kept.name, cosignatureV1, publicKey);
  return {
    name: kept.name,
    verifierKey: await formatVerifierKey({ name: kept.name, type: cosignatureV1, publicKey }),
    cosign: (body, time) => {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(BigInt(time));
      const signature = signBytes(null, cosignedText(body, time), key);
      return { name: kept.name, keyId, signature: Buffer.concat([stamp, signature]) };
    },
  };
}

async function writeKey(path: string, name: string): Promise<void> {
  if (!isKeyName(name)) throw new LedgerError('wrong_key', 'make a key', { detail: 'its name' });
  const seed = randomBytes(32);
  const id = toHex(await noteKeyId(name, cosignatureV1, publicKeyOf(privateKeyOf(seed))));
  const encoded = encodeBase64(Buffer.concat([Buffer.from([cosignatureV1]), seed]));
  writeFileDurably(path, Buffer.from(`PRIVATE+KEY+${name}+${id}+${encoded}\n`, 'utf8'), 0o600);
}

function readKey(text: string): { name: string; seed: Uint8Array } | undefined {
  const [, name = '', encoded = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+[0-9a-f]{8}\+(.+)\n?$/.exec(text) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || bytes?.length !== 33 || bytes[0] !== cosignatureV1) return undefined;
  return { name, seed: bytes.subarray(1) };
}
