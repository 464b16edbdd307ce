import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { limits, toHex } from '#base';
import { isCustodyDraft } from './custody-order.ts';
import type { Decision, End, EvidenceClass, Refs, StatedDraft } from './draft.ts';
import { type EntryType, type FieldName, type Group, fieldsOf, groups } from './fields.ts';
import type { RootKey } from './root-key.ts';
import { GroupKey, sealTagBytes } from './seal.ts';
import { sealFields } from './sealed-fields.ts';
import { sha256 } from './sha256.ts';

/** An entry as it stands in the log: RFC 8785 JSON, the payload of an SD-JWT (RFC 9901). */
export interface Entry {
  readonly _sd: readonly string[];
  readonly _sd_alg: 'sha-256';
  readonly v: 1;
  readonly t: EntryType;
  /** 32 hex digits. */
  readonly id: string;
  /** Unix seconds. */
  readonly iat: number;
  readonly w: string;
  readonly wseq: number;
  /** Leaf hash of this writer's previous entry, or empty. */
  readonly prev_w: string;
  readonly ref: Refs;
  readonly dec: Decision;
  readonly cls: EvidenceClass;
  readonly end?: End;
  /** n is the padded length of the plaintext; the blob is 16 bytes longer. */
  readonly ct: readonly { readonly g: Group; readonly h: string; readonly n: number }[];
}

/** Where in the writer's chain an entry goes. */
export interface WriterPlace {
  readonly iat: number;
  readonly w: string;
  readonly wseq: number;
  readonly prev_w: string;
}

export interface LedgerRecord {
  readonly id: Uint8Array;
  /** What is asked of the entry until it is durable; the rest would only be kept. */
  readonly entry: Pick<Entry, 't' | 'id' | 'cls' | 'ref'>;
  readonly bytes: Uint8Array;
  readonly leafHash: Buffer;
  /** The same in base64url. */
  readonly leaf: string;
  readonly keys: readonly { readonly group: Group; readonly key: Uint8Array }[];
  /** The sealed blobs of all groups, in the order of `ct`. */
  readonly payload: readonly Uint8Array[];
  /** Keyed hash of the person the exchange is about. */
  readonly subject: Uint8Array | undefined;
}

const digestsPerEntry = 16;

/**
 * Builds an entry with its keys and sealed payload. Always 16 digests, decoys included, so that the
 * count reveals nothing.
 * @param rootKey what an order says lies under a key derived from it, and not in the vault
 */
export function buildRecord(
  draft: StatedDraft,
  place: WriterPlace,
  rootKey: RootKey,
): LedgerRecord {
  const random = drawRandom(16 + 32 * groups.length + 32 * digestsPerEntry);
  const id = draft.id === undefined ? random.subarray(0, 16) : Buffer.from(draft.id, 'hex');
  const isCustodial = isCustodyDraft(draft);
  const digests: string[] = [];
  const keys: { group: Group; key: Uint8Array }[] = [];
  const payload: Uint8Array[] = [];
  const ct: { g: Group; h: string; n: number }[] = [];
  for (const [i, group] of groups.entries()) {
    const texts = textsOf(draft, group);
    if (texts.size === 0) continue;
    const derived = isCustodial && group === 'ops' ? rootKey.custodyKey(id) : undefined;
    const key = new GroupKey(derived ?? random.subarray(16 + 32 * i, 48 + 32 * i));
    const sealed = sealFields(key, texts, { recordId: id, group, type: draft.type });
    digests.push(...sealed.digests);
    if (derived === undefined) keys.push({ group, key: key.bytes });
    payload.push(sealed.blob);
    const n = sealed.blob.length - sealTagBytes;
    ct.push({ g: group, h: hash('sha256', sealed.blob, 'base64url'), n });
  }
  for (let at = 16 + 32 * groups.length; digests.length < digestsPerEntry; at += 32) {
    digests.push(random.toString('base64url', at, at + 32));
  }
  digests.sort();
  // Members in the order of RFC 8785. The values are ASCII text and whole numbers, for which
  // `JSON.stringify` writes the canonical form, at a fraction of the cost of sorting.
  const entry: Entry = {
    _sd: digests,
    _sd_alg: 'sha-256',
    cls: draft.evidenceClass,
    ct,
    dec: draft.decision,
    ...(draft.end === undefined ? {} : { end: draft.end }),
    iat: place.iat,
    id: toHex(id),
    prev_w: place.prev_w,
    ref: statedRefs(draft.refs),
    t: draft.type,
    v: 1,
    w: place.w,
    wseq: place.wseq,
  };
  // A leaf is hashed behind a zero byte, which is written here so that nothing is copied for it.
  const prefixed = Buffer.from(`\0${JSON.stringify(entry)}`, 'latin1');
  const bytes = prefixed.subarray(1);
  assert.ok(
    bytes.length <= limits.entryBytes,
    'an entry is a few hundred bytes whatever it records',
  );
  const leafHash = sha256(prefixed);
  const leaf = leafHash.toString('base64url');
  const subject = subjectOf(draft, rootKey);
  const { t, cls, ref } = entry;
  const kept = { t, id: entry.id, cls, ref };
  return { id, entry: kept, bytes, leafHash, leaf, keys, payload, subject };
}

let pool = Buffer.alloc(0);

/** Random bytes that nobody else was given. One call of the system serves a hundred entries. */
function drawRandom(length: number): Buffer {
  if (pool.length < length) pool = randomBytes(64 * 1024);
  const drawn = pool.subarray(0, length);
  pool = pool.subarray(length);
  return drawn;
}

/** The person, or where none is named the key that was used. Fields are JSON text. */
function subjectOf({ type, fields }: StatedDraft, rootKey: RootKey): Uint8Array | undefined {
  if (type !== 'intent') return undefined;
  const text = fields['subject.ref'] ?? fields['actor.id'];
  return text === undefined ? undefined : rootKey.subjectTag(text);
}

/** For bytes that were already verified against the tree: no second check of their form. */
export function readEntry(bytes: Uint8Array): Entry {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Entry;
}

/** RFC 6962 section 2.1: SHA-256(0x00 ‖ entry). */
export function leafHashOf(entry: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(entry.length + 1);
  prefixed[0] = 0;
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

/** Only the known names, and no member without a value: neither belongs in canonical JSON. */
function statedRefs({ intent, policy, model }: Refs): Refs {
  const refs: { -readonly [Name in keyof Refs]: Refs[Name] } = {};
  if (intent !== undefined) refs.intent = intent;
  if (model !== undefined) refs.model = model;
  if (policy !== undefined) refs.policy = policy;
  return refs;
}

function textsOf(draft: StatedDraft, group: Group): ReadonlyMap<FieldName, string> {
  const texts = new Map<FieldName, string>();
  for (const name of fieldsOf(draft.type, group)) {
    const text = draft.fields[name];
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}
