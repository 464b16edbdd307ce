import { type KeyObject, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/**
 * A ledger in memory that makes genuine receipts. It is written from the formats alone and shares
 * no code with proof/, so that the console verifies evidence it did not make itself.
 */
export interface FakeLog {
  readonly vkey: string;
  append(
    members: Readonly<Record<string, unknown>>,
    fields?: Readonly<Record<string, unknown>>,
  ): Leaf;
  receipt(roles: readonly { role: string; leaf: Leaf; disclose: boolean }[]): string;
}

export interface Leaf {
  readonly index: number;
  /** Base64url. */
  readonly hash: string;
  readonly bytes: Buffer;
  readonly disclosures: readonly string[];
}

export function createFakeLog(origin: string): FakeLog {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const typed = Buffer.concat([Buffer.of(1), raw]);
  const keyId = sha256(Buffer.concat([Buffer.from(`${origin}\n`), typed])).subarray(0, 4);
  const leaves: Leaf[] = [];
  let previous = '';
  return {
    vkey: `${origin}+${keyId.toString('hex')}+${typed.toString('base64')}`,
    append(members, fields = {}) {
      const disclosures = Object.entries(fields).map(([name, value]) =>
        Buffer.from(JSON.stringify([randomBytes(16).toString('base64url'), name, value])).toString(
          'base64url',
        ),
      );
      const digests = disclosures.map((text) => sha256(Buffer.from(text)).toString('base64url'));
      while (digests.length < 16) digests.push(randomBytes(32).toString('base64url'));
      const entry = {
        _sd: digests.toSorted(),
        _sd_alg: 'sha-256',
        v: 1,
        w: 'w0',
        wseq: leaves.length,
        prev_w: previous,
        ref: {},
        cls: 'r1',
        dec: 'allow',
        ct: [],
        ...members,
      };
      const bytes = Buffer.from(canonical(entry));
      const leaf = {
        index: leaves.length,
        hash: leafHash(bytes).toString('base64url'),
        bytes,
        disclosures,
      };
      previous = leaf.hash;
      leaves.push(leaf);
      return leaf;
    },
    receipt(roles) {
      const hashes = leaves.map((leaf) => leafHash(leaf.bytes));
      const checkpoint = signedCheckpoint(origin, hashes, { keyId, privateKey });
      const entries = roles.map(({ role, leaf, disclose }) => ({
        role,
        entry: leaf.bytes.toString('base64'),
        proof: [
          'c2sp.org/tlog-proof@v1',
          `index ${leaf.index}`,
          ...auditPath(leaf.index, hashes).map((hash) => hash.toString('base64')),
          '',
          checkpoint,
        ].join('\n'),
        disclosures: disclose ? leaf.disclosures : [],
      }));
      return JSON.stringify({ format: 'sekisho-receipt/1', origin, entries });
    },
  };
}

function signedCheckpoint(
  origin: string,
  hashes: readonly Buffer[],
  key: { keyId: Buffer; privateKey: KeyObject },
): string {
  const body = `${origin}\n${hashes.length}\n${treeHash(hashes).toString('base64')}\n`;
  const signature = sign(null, Buffer.from(body), key.privateKey);
  const line = Buffer.concat([key.keyId, signature]).toString('base64');
  return `${body}\n\u2014 ${origin} ${line}\n`;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function leafHash(bytes: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.of(0), bytes]));
}

/** RFC 6962, section 2.1. */
function treeHash(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  const half = splitAt(hashes.length);
  const left = treeHash(hashes.slice(0, half));
  return sha256(Buffer.concat([Buffer.of(1), left, treeHash(hashes.slice(half))]));
}

/** RFC 6962, section 2.1.1: the leaf's sibling first. */
function auditPath(index: number, hashes: readonly Buffer[]): readonly Buffer[] {
  if (hashes.length === 1) return [];
  const half = splitAt(hashes.length);
  const [left, right] = [hashes.slice(0, half), hashes.slice(half)];
  return index < half
    ? [...auditPath(index, left), treeHash(right)]
    : [...auditPath(index - half, right), treeHash(left)];
}

function splitAt(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** RFC 8785 for what stands in an entry: strings, whole numbers, lists and objects. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
}
