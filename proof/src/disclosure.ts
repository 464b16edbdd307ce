import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from './bytes.ts';
import { sha256 } from './hashing.ts';

/** One field of an entry, opened (RFC 9901, section 4.2). */
export interface Disclosure {
  readonly salt: string;
  readonly name: string;
  readonly value: unknown;
}

const disclosureCharactersMax = 1024 * 1024;

/** The digest covers the text of the disclosure itself, so no canonical form is needed. */
export async function digestDisclosure(text: string): Promise<string> {
  return encodeBase64url(await sha256(encodeUtf8(text)));
}

export function formatDisclosure({ salt, name, value }: Disclosure): string {
  return encodeBase64url(encodeUtf8(JSON.stringify([salt, name, value])));
}

/** @returns undefined for anything that is not a disclosure of an object member */
export function parseDisclosure(text: string): Disclosure | undefined {
  if (text.length > disclosureCharactersMax) return undefined;
  const bytes = decodeBase64url(text);
  const json = bytes === undefined ? undefined : decodeUtf8(bytes);
  if (json === undefined) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [salt, name, value] = parts as [unknown, unknown, unknown];
  if (typeof salt !== 'string' || typeof name !== 'string') return undefined;
  // RFC 9901, section 7.1: these names would change what the payload means.
  if (name === '_sd' || name === '...' || name === '__proto__') return undefined;
  return { salt, name, value };
}
