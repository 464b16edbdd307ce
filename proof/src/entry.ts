import { decodeUtf8 } from './bytes.ts';
import { type CanonicalValue, parseCanonicalJson } from './canonical-json.ts';

/** One ledger leaf, as an outsider reads it: byte for byte the payload of an SD-JWT (RFC 9901). */
export interface EntryView {
  readonly type: string;
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Unix seconds. */
  readonly time: number;
  readonly writer: string;
  readonly writerSequence: number;
  /** Leaf hash (base64url) of the writer's previous entry; empty for its first. */
  readonly previous: string;
  /** Leaf hashes (base64url) of the entries this one stands on. */
  readonly refs: {
    readonly intent?: string;
    readonly policy?: string;
    readonly model?: string;
  };
  readonly decision: string;
  readonly evidenceClass: string;
  /** How the exchange ended: outcomes only. */
  readonly end?: string;
  readonly sealed: readonly SealedGroup[];
  /** Digests of the fields, decoys among them. */
  readonly digests: readonly string[];
}

export interface SealedGroup {
  readonly group: string;
  /** SHA-256 of the sealed bytes, base64url. */
  readonly hash: string;
  /** Padded length of the plaintext in bytes. */
  readonly length: number;
}

export const entryTypes: readonly string[] = [
  'intent',
  'outcome',
  'eval.result',
  'model.record',
  'system.record',
  'policy.change',
  'incident',
  'hold.release',
  'access.grant',
  'access.read',
  'erasure',
  'key.event',
  'log.genesis',
  'log.close',
];
const memberNames = 't id iat w wseq prev_w ref dec cls end ct _sd _sd_alg v';
/** The members an entry may have, and whose names no disclosure may take. */
export const entryMembers: readonly string[] = memberNames.split(' ');

const decisions = ['allow', 'redact', 'block', 'escalate', 'annotate', 'error'];
const ends = ['complete', 'refused', 'failed', 'cancelled', 'interrupted'];
const groups = ['identity', 'content', 'ops'];

const fieldsOfGroup: Readonly<Record<string, readonly string[]>> = {
  identity: ['subject.ref', 'actor.id', 'client.ip'],
  content: [
    'request.messages',
    'request.effective_input',
    'response.raw',
    'response.delivered',
    'tool.calls',
  ],
  ops: ['request.params', 'policy.verdicts', 'usage', 'latency', 'human.override', 'eval.ids'],
};

/** The group whose key seals a field of an intent or an outcome; undefined for other names. */
export function groupOfField(name: string): string | undefined {
  return groups.find((group) => fieldsOfGroup[group]!.includes(name));
}

const entryBytesMax = 16 * 1024;
const digestCount = 16;

/**
 * Reads an entry. Only its canonical form is accepted, so an entry has one spelling and one hash.
 * @returns undefined for bytes that are not an entry of version 1
 */
export function parseEntry(bytes: Uint8Array): EntryView | undefined {
  if (bytes.length > entryBytesMax) return undefined;
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parseCanonicalJson(text);
  const members = asObject(value);
  if (members === undefined) return undefined;
  const { t, id, iat, w, wseq, prev_w, ref, dec, cls, end, ct, _sd, _sd_alg, v, ...unknown } =
    members;
  if (Object.keys(unknown).length > 0 || v !== 1 || _sd_alg !== 'sha-256') return undefined;
  const refs = parseRefs(ref);
  const sealed = Array.isArray(ct) ? parseSealed(ct as readonly CanonicalValue[]) : undefined;
  if (!isOneOf(t, entryTypes) || !isOneOf(dec, decisions) || !isOneOf(cls, ['r1', 'r2', 'r3'])) {
    return undefined;
  }
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) return undefined;
  if (!isCount(iat) || !isCount(wseq) || typeof w !== 'string') return undefined;
  if (!/^[a-z0-9._-]{1,64}$/.test(w) || !(prev_w === '' || isHash(prev_w))) return undefined;
  if (refs === undefined || sealed === undefined || !isDigests(_sd)) return undefined;
  // An outcome, and only an outcome, says how the exchange ended, and it names its intent.
  const isOutcome = t === 'outcome';
  if (isOutcome ? !isOneOf(end, ends) || refs.intent === undefined : end !== undefined) {
    return undefined;
  }
  if (t === 'intent' && refs.intent !== undefined) return undefined;
  return {
    type: t,
    id,
    time: iat,
    writer: w,
    writerSequence: wseq,
    previous: prev_w,
    refs,
    decision: dec,
    evidenceClass: cls,
    sealed,
    digests: _sd,
    ...(typeof end === 'string' ? { end } : {}),
  };
}

type Members = { readonly [key: string]: CanonicalValue };

function asObject(value: CanonicalValue | undefined): Members | undefined {
  return isMembers(value) ? value : undefined;
}

function isMembers(value: CanonicalValue | undefined): value is Members {
  return typeof value === 'object' && !Array.isArray(value);
}

function isOneOf(value: unknown, list: readonly string[]): value is string {
  return typeof value === 'string' && list.includes(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

/**
 * 32 bytes in base64url. The last character carries four bits, so the two below them are zero. A
 * pattern instead of decoding: measured, a log of entries is verified four times as fast.
 */
function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value);
}

function isDigests(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length !== digestCount || !value.every(isHash)) return false;
  // Sorted and each once: their order says nothing, and no digest is met twice.
  return value.every((digest, i) => i === 0 || value[i - 1]! < digest);
}

function parseRefs(value: CanonicalValue | undefined): EntryView['refs'] | undefined {
  const members = asObject(value);
  if (members === undefined) return undefined;
  const { intent, policy, model, ...unknown } = members;
  if (Object.keys(unknown).length > 0) return undefined;
  const refs: { intent?: string; policy?: string; model?: string } = {};
  for (const [name, hash] of Object.entries({ intent, policy, model })) {
    if (hash === undefined) continue;
    if (!isHash(hash)) return undefined;
    Object.assign(refs, { [name]: hash });
  }
  return refs;
}

function parseSealed(list: readonly CanonicalValue[]): readonly SealedGroup[] | undefined {
  if (list.length > groups.length) return undefined;
  const sealed: SealedGroup[] = [];
  for (const item of list) {
    const { g, h, n, ...unknown } = asObject(item) ?? {};
    if (Object.keys(unknown).length > 0 || !isOneOf(g, groups) || !isHash(h) || !isCount(n)) {
      return undefined;
    }
    if (sealed.some((earlier) => earlier.group === g)) return undefined;
    sealed.push({ group: g, hash: h, length: n });
  }
  return sealed;
}
