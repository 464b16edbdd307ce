import { decodeBase64, decodeBase64url } from './bytes.ts';
import { ProofError } from './codes.ts';

/**
 * What an auditor keeps of one exchange, in one file that is verified offline. A list in JSON of
 * parts in open formats, so that each can be taken out and given to a tool that knows nothing of
 * us: an SD-JWT (RFC 9901) and a `.tlog-proof` for every entry.
 */
export interface Bundle {
  readonly format: 'sekisho-bundle/1';
  /** Name of the log. */
  readonly origin: string;
  /** Groups of the exchange that were asked to be opened. */
  readonly groups: readonly BundleGroup[];
  readonly entries: readonly BundleEntry[];
}

export type BundleGroup = 'identity' | 'content' | 'ops';
export type BundleRole = 'intent' | 'outcome' | 'policy' | 'model' | 'erasure';

export interface BundleEntry {
  readonly role: BundleRole;
  /** Issuer-signed JWT and the chosen disclosures. */
  readonly sdJwt: string;
  /** A `.tlog-proof`, with the signed checkpoint verbatim. */
  readonly proof: string;
  /** What disclosures name by a keyed hash only. */
  readonly values: readonly BundleValue[];
}

export interface BundleValue {
  /** Of the disclosure. */
  readonly name: string;
  /** Key of the hash, base64url of 16 bytes. */
  readonly salt2: string;
  /** Base64 of the JSON text that was recorded. */
  readonly bytes: string;
}

/** Twice the payload of an exchange at its largest, which is what base64 and both entries make. */
export const bundleCharactersMax: number = 64 * 1024 * 1024;
const bundleGroups: readonly BundleGroup[] = ['identity', 'content', 'ops'];
const roles: readonly string[] = ['intent', 'outcome', 'policy', 'model', 'erasure'];
const entriesMax = 16;
const valuesMax = 16;
const saltBytes = 16;

/** One spelling only. */
export function formatBundle({ format, origin, groups, entries }: Bundle): string {
  const written = entries.map(({ role, sdJwt, proof, values }) => {
    return {
      role,
      sdJwt,
      proof,
      values: values.map(({ name, salt2, bytes }) => ({ name, salt2, bytes })),
    };
  });
  return `${JSON.stringify({ format, origin, groups, entries: written })}\n`;
}

/** @throws ProofError `E_BUNDLE_FORMAT` */
export function parseBundle(text: string): Bundle {
  let value: unknown;
  try {
    value = text.length > bundleCharactersMax ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isBundle(value) || formatBundle(value) !== text) {
    throw new ProofError('E_BUNDLE_FORMAT', 'the bundle');
  }
  return value;
}

function isBundle(value: unknown): value is Bundle {
  if (!isRecord(value) || value['format'] !== 'sekisho-bundle/1') return false;
  const { origin, groups, entries } = value;
  if (typeof origin !== 'string' || !Array.isArray(groups)) return false;
  // Those that are named, in their order and each once.
  const known = bundleGroups.filter((group) => groups.includes(group));
  if (known.length !== groups.length || known.some((group, i) => group !== groups[i])) return false;
  return isList(entries, entriesMax, isEntry) && entries.length > 0;
}

function isEntry(value: unknown): value is BundleEntry {
  if (!isRecord(value)) return false;
  const { role, sdJwt, proof, values } = value;
  return (
    typeof role === 'string' &&
    roles.includes(role) &&
    typeof sdJwt === 'string' &&
    typeof proof === 'string' &&
    isList(values, valuesMax, isValue)
  );
}

function isValue(value: unknown): value is BundleValue {
  if (!isRecord(value)) return false;
  const { name, salt2, bytes } = value;
  return (
    typeof name === 'string' &&
    typeof salt2 === 'string' &&
    decodeBase64url(salt2)?.length === saltBytes &&
    typeof bytes === 'string' &&
    decodeBase64(bytes) !== undefined
  );
}

function isList<Item>(
  value: unknown,
  most: number,
  isItem: (item: unknown) => item is Item,
): value is readonly Item[] {
  return Array.isArray(value) && value.length <= most && value.every(isItem);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
