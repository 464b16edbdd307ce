import type * as Proof from '../src/index.ts';
import {
  type BatchPromise,
  type RejectionCode,
  encodeBase64,
  encodeBase64url,
  encodeCoseReceipt,
  encodeUtf8,
  entryJwtKid,
  entryJwtSigningInput,
  formatBatchBody,
  formatBatchPromise,
  formatBundle,
  formatEntryJwt,
  formatNote,
  formatPromiseBody,
  formatTlogProof,
} from '../src/index.ts';
import { NaiveLog, TestSigner } from './naive-log.ts';
import { buildReceipt, disclosures, logSigner, origin } from './receipt-fixture.ts';

interface HandoutCorruption {
  readonly what: string;
  readonly code: RejectionCode | 'none';
  readonly judge: (proof: typeof Proof) => Promise<string>;
}

const stranger = new TestSigner('stranger.example');

type PromiseCase = readonly [
  string,
  HandoutCorruption['code'],
  signer?: TestSigner,
  leafHash?: Uint8Array,
];
const promiseCases: readonly PromiseCase[] = [
  ['nothing wrong', 'none'],
  ['the signature of another', 'E_PROMISE_FORMAT', stranger],
  ['another leaf', 'E_PROMISE', logSigner, new Uint8Array(32)],
];

function ofPromise([what, code, signer = logSigner, leaf]: PromiseCase): HandoutCorruption {
  const judge: HandoutCorruption['judge'] = async (proof) => {
    const { text, log, indexes } = await buildReceipt();
    const index = indexes.get('intent')!;
    const body = formatPromiseBody({ origin, index, leafHash: leaf ?? log.leafHash(index) });
    const note = formatNote(body, [await signer.sign(body)]);
    const keys = [await logSigner.vkey(), await stranger.vkey()];
    const report = await proof.verifyPromise(note, { kind: 'receipt', text }, keys);
    return report.code ?? 'none';
  };
  return { what: `a promise with ${what}`, code, judge };
}

type BatchCase = readonly [
  string,
  HandoutCorruption['code'],
  change?: (promise: BatchPromise) => Partial<BatchPromise>,
];
const batchCases: readonly BatchCase[] = [
  ['nothing wrong', 'none'],
  ['another leaf', 'E_PROMISE_FORMAT', () => ({ leafHash: new Uint8Array(32) })],
  ['another place', 'E_PROMISE_FORMAT', ({ index }) => ({ index: index + 1 })],
  ['a place before the batch', 'E_PROMISE_FORMAT', () => ({ index: 0 })],
  ['a shorter path', 'E_PROMISE_FORMAT', ({ hashes }) => ({ hashes: hashes.slice(1) })],
];

/** The whole log but its first entry, as if it had been one batch. */
function ofBatch([what, code, change]: BatchCase): HandoutCorruption {
  const judge: HandoutCorruption['judge'] = async (proof) => {
    const { text, log, indexes } = await buildReceipt();
    const index = indexes.get('intent')!;
    const first = 1;
    const batch = new NaiveLog();
    for (const entry of log.entries.slice(first)) batch.append(entry);
    const count = batch.entries.length;
    const body = formatBatchBody({ origin, first, count, root: batch.root() });
    const promise = {
      index,
      leafHash: log.leafHash(index),
      hashes: batch.inclusion(index - first, count),
      note: formatNote(body, [await logSigner.sign(body)]),
    };
    const changed = formatBatchPromise({ ...promise, ...change?.(promise) });
    const keys = [await logSigner.vkey()];
    const report = await proof.verifyPromise(changed, { kind: 'receipt', text }, keys);
    return report.code ?? 'none';
  };
  return { what: `a promise with its batch and ${what}`, code, judge };
}

type CoseCase = readonly [string, HandoutCorruption['code'], changes?: Readonly<object>];
const coseCases: readonly CoseCase[] = [
  ['nothing wrong', 'none'],
  ['no receipt in it', 'E_COSE', { cut: true }],
  ['another issuer', 'E_ORIGIN', { issuer: 'other.example' }],
  ['another key id', 'E_SIG', { keyId: new Uint8Array(4) }],
  ['another subject', 'E_LINK', { subject: 'x' }],
  ['another root', 'E_ROOT', { root: new Uint8Array(32) }],
];

function ofCose([what, code, changes = {}]: CoseCase): HandoutCorruption {
  const judge: HandoutCorruption['judge'] = async (proof) => {
    const { log, indexes, entries } = await buildReceipt();
    const index = indexes.get('intent')!;
    const size = log.entries.length;
    const entry = entries.get('intent')!;
    const draft = {
      issuer: origin,
      subject: proof.parseEntry(entry)?.id ?? '',
      keyId: await logSigner.keyId(),
      root: log.root(),
      proof: { kind: 'inclusion', size, index, path: log.inclusion(index, size) },
      ...changes,
    } as const;
    const whole = await encodeCoseReceipt(draft, (message) => logSigner.signBytes(message));
    const receipt = 'cut' in changes ? whole.slice(1) : whole;
    const report = await proof.verifyCoseReceipt(receipt, entry, {
      vkey: await logSigner.vkey(),
    });
    return report.code ?? 'none';
  };
  return { what: `a COSE receipt with ${what}`, code, judge };
}

interface BundleChange {
  readonly signer?: TestSigner;
  readonly origin?: string;
  readonly values?: boolean;
  readonly text?: (text: string) => string;
}
type BundleCase = readonly [string, HandoutCorruption['code'], change?: BundleChange];
const bundleCases: readonly BundleCase[] = [
  ['nothing wrong', 'none'],
  ['another form', 'E_BUNDLE_FORMAT', { text: (text) => text.replace('bundle/1', 'bundle/2') }],
  ['a member more', 'E_BUNDLE_FORMAT', { text: (text) => text.replace('{', '{"x":1,') }],
  ['an SD-JWT of another', 'E_JWT', { signer: stranger }],
  ['another name', 'E_JWT', { origin: 'other.example' }],
  ['a value nobody recorded', 'E_VALUE', { values: true }],
];

function ofBundle([what, code, change = {}]: BundleCase): HandoutCorruption {
  const judge: HandoutCorruption['judge'] = async (proof) => {
    const { log, indexes, entries, checkpoint } = await buildReceipt();
    const kid = entryJwtKid(origin, await logSigner.keyId());
    const signer = change.signer ?? logSigner;
    const salt2 = encodeBase64url(new Uint8Array(16));
    const value = { name: 'request.params', salt2, bytes: encodeBase64(encodeUtf8('{}')) };
    const parts = (['intent', 'outcome'] as const).map((role) => {
      const signingInput = entryJwtSigningInput(kid, entries.get(role)!);
      const signature = signer.signBytes(encodeUtf8(signingInput));
      const sdJwt = formatEntryJwt({ signingInput, signature, disclosures: disclosures[role] });
      const proven = formatTlogProof(log.proof(indexes.get(role)!, checkpoint));
      const values = change.values === true && role === 'intent' ? [value] : [];
      return { role, sdJwt, proof: proven, values };
    });
    const text = formatBundle({
      format: 'sekisho-bundle/1',
      origin: change.origin ?? origin,
      groups: ['ops'],
      entries: parts,
    });
    const report = await proof.verifyBundle(change.text?.(text) ?? text, {
      verifierKeys: [await logSigner.vkey()],
    });
    return report.checks.find((check) => !check.ok)?.code ?? 'none';
  };
  return { what: `a bundle with ${what}`, code, judge };
}

export const handoutCorruptions: readonly HandoutCorruption[] = [
  ...promiseCases.map(ofPromise),
  ...batchCases.map(ofBatch),
  ...coseCases.map(ofCose),
  ...bundleCases.map(ofBundle),
];
