import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from './bytes.ts';
import { type VerifierKey, keyTypes } from './note.ts';
import { verifyEd25519 } from '#primitives';

/**
 * An entry as an SD-JWT (RFC 9901): the payload is the entry, byte for byte, and the disclosures
 * are those of its fields. Header and signature are made when it is handed out; they are no part
 * of the log.
 */
export interface EntryJwt {
  /** Name and key ID of the log's key, as its verifier key begins. */
  readonly kid: string;
  /** The bytes of the entry. */
  readonly payload: Uint8Array;
  readonly disclosures: readonly string[];
  /** What is signed, in ASCII. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

const type = 'sekisho-entry+sd-jwt';
const disclosuresMax = 16;
const charactersMax = 24 * 1024 * 1024;

/** @param keyId 4 bytes */
export function entryJwtKid(name: string, keyId: Uint8Array): string {
  return `${name}+${Array.from(keyId, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** The text that the log signs: header and payload, each in base64url. */
export function entryJwtSigningInput(kid: string, payload: Uint8Array): string {
  return `${encodeBase64url(encodeUtf8(headerOf(kid)))}.${encodeBase64url(payload)}`;
}

export function formatEntryJwt(jwt: Omit<EntryJwt, 'kid' | 'payload'>): string {
  const { signingInput, signature, disclosures } = jwt;
  const parts = [`${signingInput}.${encodeBase64url(signature)}`, ...disclosures];
  return parts.map((part) => `${part}~`).join('');
}

/** @returns undefined for anything that {@link formatEntryJwt} does not write */
export function parseEntryJwt(text: string): EntryJwt | undefined {
  if (text.length > charactersMax || !text.endsWith('~')) return undefined;
  const [jwt = '', ...disclosures] = text.slice(0, -1).split('~');
  const parts = jwt.split('.');
  if (parts.length !== 3) return undefined;
  const [head = '', body = '', signed = ''] = parts;
  const header = decodeBase64url(head);
  const payload = decodeBase64url(body);
  const signature = decodeBase64url(signed);
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  if (disclosures.length > disclosuresMax) return undefined;
  const kid = kidOf(decodeUtf8(header) ?? '');
  if (kid === undefined) return undefined;
  return { kid, payload, disclosures, signingInput: `${head}.${body}`, signature };
}

/** True when the log's own key signed it. */
export async function verifyEntryJwt(jwt: EntryJwt, key: VerifierKey): Promise<boolean> {
  if (key.type !== keyTypes.ed25519 || jwt.kid !== entryJwtKid(key.name, key.keyId)) return false;
  return verifyEd25519(key.publicKey, encodeUtf8(jwt.signingInput), jwt.signature);
}

function headerOf(kid: string): string {
  return JSON.stringify({ alg: 'EdDSA', typ: type, kid });
}

/** One spelling only, so `alg` can be nothing else, `none` least of all. */
function kidOf(header: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(header);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('kid' in value)) return undefined;
  const { kid } = value;
  return typeof kid === 'string' && headerOf(kid) === header ? kid : undefined;
}
