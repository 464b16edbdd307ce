import {
  type CanonicalValue,
  canonicalJson,
  digestDisclosure,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  formatDisclosure,
  formatReceipt,
  formatTlogProof,
  keyTypes,
  type ReceiptRole,
} from '../src/index.ts';
import { NaiveLog, TestSigner, sha256, signCheckpoint } from './naive-log.ts';

export const origin = 'log.example/2026';
export const logSigner: TestSigner = new TestSigner(origin);
export const witnessSigner: TestSigner = new TestSigner('witness.example', keyTypes.cosignatureV1);

export type Members = Record<string, CanonicalValue>;

/** What a test may change in the receipt that `buildReceipt` makes. */
export interface Changes {
  /** Members of an entry, before it is written into the log. */
  readonly entry?: (role: ReceiptRole, members: Members) => Members;
  /** Parts of the receipt, after the log is finished. */
  readonly part?: (part: Part) => Part;
  readonly roles?: readonly ReceiptRole[];
  readonly origin?: string;
  readonly signers?: readonly TestSigner[];
}

export interface Part {
  readonly role: ReceiptRole;
  readonly entry: string;
  readonly proof: string;
  readonly disclosures: readonly string[];
}

export interface Fixture {
  readonly text: string;
  readonly log: NaiveLog;
  readonly checkpoint: string;
  /** Entry bytes by role. */
  readonly entries: ReadonlyMap<ReceiptRole, Uint8Array>;
  readonly indexes: ReadonlyMap<ReceiptRole, number>;
}

/** Four linked entries in a log of eleven, their receipt, and a cosigned checkpoint. */
export async function buildReceipt(changes: Changes = {}): Promise<Fixture> {
  const log = new NaiveLog();
  const entries = new Map<ReceiptRole, Uint8Array>();
  const indexes = new Map<ReceiptRole, number>();
  const leaf = (role: ReceiptRole): string => encodeBase64url(log.leafHash(indexes.get(role)!));
  const refs = () => ({ policy: leaf('policy'), model: leaf('model') });
  const write = async (role: ReceiptRole, members: Members): Promise<void> => {
    const whole = { ...(await plainEntry(role)), ...members };
    const bytes = encodeUtf8(canonicalJson(changes.entry?.(role, whole) ?? whole));
    entries.set(role, bytes);
    indexes.set(role, log.append(bytes));
    log.append(encodeUtf8(`something else ${log.entries.length}`));
  };
  log.append(encodeUtf8('genesis'));
  await write('policy', { t: 'policy.change', w: 'writer-0', wseq: 1 });
  await write('model', { t: 'model.record', w: 'writer-0', wseq: 2, prev_w: leaf('policy') });
  await write('intent', { t: 'intent', ref: refs(), w: 'writer-1', wseq: 7 });
  await write('outcome', {
    t: 'outcome',
    ref: { ...refs(), intent: leaf('intent') },
    end: 'complete',
    w: 'writer-1',
    wseq: 8,
    prev_w: leaf('intent'),
  });
  for (let i = 0; i < 2; i++) log.append(encodeUtf8(`last ${i}`));
  const signers = changes.signers ?? [logSigner, witnessSigner];
  const checkpoint = await signCheckpoint(origin, log, signers);
  const roles = changes.roles ?? ['intent', 'outcome', 'policy', 'model'];
  const parts = roles.map((role): Part => {
    const part: Part = {
      role,
      entry: encodeBase64(entries.get(role)!),
      proof: formatTlogProof(log.proof(indexes.get(role)!, checkpoint)),
      disclosures: disclosures[role],
    };
    return changes.part?.(part) ?? part;
  });
  const format = 'sekisho-receipt/1';
  const text = formatReceipt({ format, origin: changes.origin ?? origin, entries: parts });
  return { text, log, checkpoint, entries, indexes };
}

const salt = 'c2FsdHNhbHRzYWx0c2Fs';

export const disclosures: Readonly<Record<ReceiptRole, readonly string[]>> = {
  intent: [
    formatDisclosure({ salt, name: 'request.params', value: { model: '関所', temperature: 0.5 } }),
    formatDisclosure({ salt, name: 'subject.ref', value: 'employee 7' }),
  ],
  outcome: [formatDisclosure({ salt, name: 'usage', value: { input: 12, output: 34 } })],
  policy: [],
  model: [formatDisclosure({ salt, name: 'model.declaration', value: ['a', null, true] })],
};

async function plainEntry(role: ReceiptRole): Promise<Members> {
  const digests = await Promise.all(disclosures[role].map((text) => digestDisclosure(text)));
  while (digests.length < 16) {
    digests.push(encodeBase64url(sha256(encodeUtf8(`decoy ${role} ${digests.length}`))));
  }
  const h = encodeBase64url(sha256(encodeUtf8(`sealed ${role}`)));
  return {
    v: 1,
    id: Buffer.from(sha256(encodeUtf8(role)))
      .toString('hex')
      .slice(0, 32),
    iat: 1_790_000_000,
    prev_w: '',
    ref: {},
    dec: 'allow',
    cls: 'r1',
    ct: ['identity', 'content', 'ops'].map((g) => ({ g, h, n: 512 })),
    _sd: digests.toSorted(),
    _sd_alg: 'sha-256',
  };
}
