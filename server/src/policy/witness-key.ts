import { hash } from 'node:crypto';

/** Type of a C2SP tlog-cosignature key, and the length of an Ed25519 public key. */
const cosignatureType = 0x04;
const keyBytes = 32;

/**
 * Whether a text is the verifier key of a witness, as C2SP signed-note writes it: name, key id, and
 * the base64 of type and key. The id must fit, so that a slip of the pen is found here.
 */
export function isWitnessKey(vkey: string): boolean {
  const [, name = '', id, encoded = ''] =
    /^([^+\s]{1,256})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(vkey) ?? [];
  const blob = Buffer.from(encoded, 'base64');
  if (blob.toString('base64') !== encoded) return false;
  if (blob.length !== 1 + keyBytes || blob[0] !== cosignatureType) return false;
  const input = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), blob]);
  return hash('sha256', input, 'hex').slice(0, 8) === id;
}

/** The key without the name it goes by: two names for one key are one witness. */
export function publicKeyOf(vkey: string): string {
  return vkey.split('+').slice(2).join('+');
}
