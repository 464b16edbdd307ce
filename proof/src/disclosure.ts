import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8, isWellFormed } from './bytes.ts';
import { sha256 } from './hashing.ts';

/** One field of an entry, opened (RFC 9901, section 4.2). */
export interface Disclosure {
  readonly salt: string;
  readonly name: string;
  readonly value: unknown;
}

const disclosureCharactersMax = 1024 * 1024;
const nameCharactersMax = 128;
const depthMax = 64;

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
  if (countMembers(parts) !== countMembersOfText(json)) return undefined;
  const [salt, name, value]: readonly unknown[] = parts;
  if (typeof salt !== 'string' || typeof name !== 'string') return undefined;
  if (name === '' || name.length > nameCharactersMax) return undefined;
  // RFC 9901, section 7.1: these names would change what the payload means.
  if (name === '_sd' || name === '...' || name === '__proto__') return undefined;
  return { salt, name, value };
}

/**
 * Of two members with one key JSON.parse keeps the last, and another reader may keep the first:
 * then one digest would stand for two values. So the members in the text are counted too.
 */
function countMembersOfText(json: string): number {
  const tokens = json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g);
  return [...tokens].filter(([, colon]) => colon !== undefined).length;
}

/** NaN, which equals no count, for what readers would not all read alike. */
function countMembers(value: unknown, depth = 0): number {
  if (depth > depthMax) return Number.NaN;
  if (typeof value === 'string') return isWellFormed(value) ? 0 : Number.NaN;
  if (typeof value === 'number') {
    const isExact = Number.isSafeInteger(value) || (value % 1 !== 0 && Number.isFinite(value));
    return isExact ? 0 : Number.NaN;
  }
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__' || !isWellFormed(key)) return Number.NaN;
    count += (Array.isArray(value) ? 0 : 1) + countMembers(member, depth + 1);
  }
  return count;
}
