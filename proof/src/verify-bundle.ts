import { type Bundle, type BundleEntry, type BundleGroup, parseBundle } from './bundle.ts';
import {
  decodeBase64,
  decodeBase64url,
  decodeUtf8,
  encodeBase64,
  encodeBase64url,
} from './bytes.ts';
import { ProofError } from './codes.ts';
import type { Disclosure } from './disclosure.ts';
import { groupOfField } from './entry.ts';
import { hmacSha256 } from './hashing.ts';
import { type VerifierKey, keyTypes } from './note.ts';
import { type EntryJwt, parseEntryJwt, verifyEntryJwt } from './sd-jwt.ts';
import {
  type Pass,
  type Report,
  type Trust,
  type VerifiedEntry,
  type VerifyOptions,
  readTrust,
  reportOf,
  verifyEvidence,
} from './verify-receipt.ts';

/** ERASED: lawfully, and an entry in the bundle says so. MISSING: asked for, and not there. */
export type ContentState = 'PRESENT' | 'ERASED' | 'MISSING';

export interface BundleContent {
  readonly role: 'intent' | 'outcome';
  readonly group: BundleGroup;
  readonly state: ContentState;
  /** Index of the entry by which it was erased. */
  readonly erasedBy?: number;
}

export interface BundleReport extends Report {
  /** What became of the groups that were asked to be opened. Empty where nothing is proved. */
  readonly contents: readonly BundleContent[];
  /** JSON texts of the large values, each with the place of its disclosure. */
  readonly values: readonly VerifiedValue[];
}

export interface VerifiedValue {
  readonly index: number;
  readonly name: string;
  readonly text: string;
}

/**
 * Verifies an auditor's bundle offline: everything a receipt is checked for, the log's signature on
 * each SD-JWT, the large values, and that what is not there was erased by an entry.
 * @param text the bundle as it was handed out
 * @returns a report; never throws for bad evidence
 */
export async function verifyBundle(text: string, options: VerifyOptions): Promise<BundleReport> {
  let contents: readonly BundleContent[] = [];
  let values: readonly VerifiedValue[] = [];
  const report = await reportOf(async (pass) => {
    const trust = await readTrust(options);
    const bundle = parseBundle(text);
    pass('format', 'the bundle', said.format);
    const jwts = await readJwts(bundle, trust, pass);
    const entries = bundle.entries.map(({ role, proof }, i) => {
      const { payload, disclosures } = jwts[i]!;
      return { role, proof, entry: encodeBase64(payload), disclosures };
    });
    const facts = await verifyEvidence({ origin: bundle.origin, entries }, trust, pass);
    const found: VerifiedValue[] = [];
    for (const [i, entry] of facts.entries.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- the first fault is the one to name
      found.push(...(await readValues(bundle.entries[i]!, entry)));
    }
    contents = contentsOf(bundle, facts.entries, found);
    values = found;
    return facts;
  });
  return { ...report, contents, values };
}

async function readJwts(
  { origin, entries }: Bundle,
  { keys }: Trust,
  pass: Pass,
): Promise<readonly EntryJwt[]> {
  const ofLog = keys.filter(({ type, name }) => type === keyTypes.ed25519 && name === origin);
  // A log signs these with its Ed25519 key alone.
  if (!keys.some(({ type }) => type === keyTypes.ed25519)) {
    throw new ProofError('E_KEY', 'the verifier key');
  }
  const jwts: EntryJwt[] = [];
  for (const { role, sdJwt } of entries) {
    const jwt = parseEntryJwt(sdJwt);
    const subject = `the ${role} entry`;
    // oxlint-disable-next-line no-await-in-loop -- the first fault is the one to name
    if (jwt === undefined || !(await isSignedByOneOf(jwt, ofLog))) {
      throw new ProofError('E_JWT', subject);
    }
    jwts.push(jwt);
    pass('jwt', subject, said.jwt);
  }
  return jwts;
}

async function isSignedByOneOf(jwt: EntryJwt, keys: readonly VerifierKey[]): Promise<boolean> {
  const verified = await Promise.all(keys.map((key) => verifyEntryJwt(jwt, key)));
  return verified.includes(true);
}

/** Each value belongs to one disclosure, which names it by its keyed hash and its length. */
async function readValues(
  { role, values }: BundleEntry,
  { index, disclosed }: VerifiedEntry,
): Promise<readonly VerifiedValue[]> {
  const refuse = (): never => {
    throw new ProofError('E_VALUE', `the ${role} entry`);
  };
  const found: VerifiedValue[] = [];
  for (const { name, salt2, bytes } of values) {
    const named = namedValue(disclosed.find((disclosure) => disclosure.name === name));
    if (named === undefined || found.some((earlier) => earlier.name === name)) return refuse();
    const value = decodeBase64(bytes)!;
    // oxlint-disable-next-line no-await-in-loop -- at most sixteen
    const hash = encodeBase64url(await hmacSha256(decodeBase64url(salt2)!, value));
    const text = decodeUtf8(value);
    const agrees = hash === named.hash && value.length === named.length;
    if (!agrees || text === undefined) return refuse();
    found.push({ index, name, text });
  }
  return found;
}

function namedValue(
  disclosure: Disclosure | undefined,
): { readonly hash: string; readonly length: number } | undefined {
  const value = disclosure?.value;
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) {
    return undefined;
  }
  const { sha256s, n } = value as Readonly<Record<string, unknown>>;
  return typeof sha256s === 'string' && typeof n === 'number'
    ? { hash: sha256s, length: n }
    : undefined;
}

function contentsOf(
  { groups }: Bundle,
  entries: readonly VerifiedEntry[],
  values: readonly VerifiedValue[],
): readonly BundleContent[] {
  const erasures = entries
    .filter(({ role }) => role === 'erasure')
    .map((item) => erasureOf(item, values));
  const contents: BundleContent[] = [];
  for (const { role, index, entry, disclosed } of entries) {
    if (role !== 'intent' && role !== 'outcome') continue;
    for (const { group } of entry.sealed) {
      if (!isGroup(group) || !groups.includes(group)) continue;
      const isOpen = disclosed.some(({ name }) => groupOfField(name) === group);
      const erasure = erasures.find((item) => item.covers({ index, group, entry }));
      const gone =
        erasure === undefined
          ? ({ state: 'MISSING' } as const)
          : ({ state: 'ERASED', erasedBy: erasure.index } as const);
      contents.push({ role, group, ...(isOpen ? ({ state: 'PRESENT' } as const) : gone) });
    }
  }
  // An erasure that explains nothing here is of another exchange.
  for (const { index } of erasures) {
    if (!contents.some(({ erasedBy }) => erasedBy === index)) {
      throw new ProofError('E_LINK', 'the erasure entry');
    }
  }
  return contents;
}

interface Erased {
  readonly index: number;
  readonly group: string;
  readonly entry: VerifiedEntry['entry'];
}

interface ErasureView {
  readonly index: number;
  covers(erased: Erased): boolean;
}

/** What an erasure entry says in the fields that are opened, and nothing it does not say. */
function erasureOf(
  { index, disclosed }: VerifiedEntry,
  values: readonly VerifiedValue[],
): ErasureView {
  const read = (name: string): unknown => {
    const large = values.find((value) => value.index === index && value.name === name);
    if (large !== undefined) return parseJson(large.text);
    return disclosed.find((disclosure) => disclosure.name === name)?.value;
  };
  const groups = read('erasure.groups');
  const indexes = read('erasure.indexes');
  const range = read('erasure.range');
  return {
    index,
    covers: ({ index: at, group, entry }) =>
      at < index &&
      Array.isArray(groups) &&
      groups.includes(group) &&
      (Array.isArray(indexes) ? indexes.includes(at) : isInRange(range, at, entry)),
  };
}

const daySeconds = 86_400;

/** The entries of one day and one evidence class, less those a hold kept. */
function isInRange(range: unknown, at: number, entry: VerifiedEntry['entry']): boolean {
  if (typeof range !== 'object' || range === null) return false;
  const {
    from,
    to,
    class: evidenceClass,
    day,
    except,
  } = range as Readonly<Record<string, unknown>>;
  if (typeof from !== 'number' || typeof to !== 'number' || !Array.isArray(except)) return false;
  const isOfDay = day === Math.floor(entry.time / daySeconds);
  const isOfClass = evidenceClass === entry.evidenceClass;
  return isOfDay && isOfClass && at >= from && at <= to && !except.includes(at);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isGroup(group: string): group is BundleGroup {
  return group === 'identity' || group === 'content' || group === 'ops';
}

const said = {
  format: {
    en: 'The bundle is complete and well formed.',
    ja: '一括証拠の形は正しく、欠けていません。',
  },
  jwt: {
    en: 'The log signed this entry as an SD-JWT with the key you gave.',
    ja: '指定された鍵で、台帳がこの記録に SD-JWT として署名しています。',
  },
} as const;
