import type * as Proof from '../src/index.ts';
import {
  type CanonicalValue,
  type RejectionCode,
  canonicalJson,
  concatBytes,
  encodeBase64url,
  encodeUtf8,
  formatEntryBundle,
  formatCheckpointBody,
  formatDisclosure,
  formatForkEvidence,
  formatNote,
  keyTypes,
} from '../src/index.ts';
import { handoutCorruptions } from './corruptions-handouts.ts';
import { NaiveLog, TestSigner, sha256, signCheckpoint } from './naive-log.ts';
import { type Changes, buildReceipt, logSigner, origin, witnessSigner } from './receipt-fixture.ts';

/** One thing wrong with good evidence, and the one code it must be refused with. */
export interface Corruption {
  readonly what: string;
  readonly code: RejectionCode | 'none';
  /** @returns the code the verifier gives, `none` where it believes */
  readonly judge: (proof: typeof Proof) => Promise<string>;
}

interface Keys {
  readonly log?: readonly string[];
  readonly policy?: string;
}

type ReceiptCase = readonly [
  what: string,
  code: Corruption['code'],
  changes?: Changes,
  edit?: (text: string) => string,
  keys?: () => Promise<Keys>,
];

/** The log's own key under another name, and as a witness. */
const renamed = new TestSigner('other.example', keyTypes.ed25519, origin);
const itself = new TestSigner('itself.example', keyTypes.cosignatureV1, origin);

const hashOf = (text: string): string => encodeBase64url(sha256(encodeUtf8(text)));

const entryOf =
  (
    wanted: string,
    change: Readonly<Record<string, CanonicalValue>>,
  ): NonNullable<Changes['entry']> =>
  (role, members) =>
    role === wanted ? { ...members, ...change } : members;

const same = (text: string): string => text;
const swapIndex = (text: string): string => text.replace(/\\nindex [0-9]+\\n/, '\\nindex 0\\n');

const receiptCases: readonly ReceiptCase[] = [
  ['nothing', 'none'],
  ['a final newline', 'none', {}, (text) => `${text}\n`],
  ['a second newline', 'E_FORMAT', {}, (text) => `${text}\n\n`],
  ['another format', 'E_FORMAT', {}, (text) => text.replace('receipt/1', 'receipt/2')],
  ['no JSON', 'E_FORMAT', {}, () => 'receipt'],
  ['null', 'E_FORMAT', {}, () => 'null'],
  ['a list', 'E_FORMAT', {}, () => '[]'],
  ['white space', 'E_FORMAT', {}, (text) => text.replace(',', ', ')],
  ['a megabyte', 'E_FORMAT', {}, (text) => text + '\n'.repeat(1024 * 1024)],
  ['a member too many', 'E_FORMAT', {}, (text) => text.replace('{', '{"more":1,')],
  ['an entry that is null', 'E_FORMAT', {}, (text) => text.replace(/\[\{.*\}\]/, '[null]')],
  ['an unknown role', 'E_FORMAT', {}, (text) => text.replace('"intent"', '"stranger"')],
  ['no entries', 'E_FORMAT', { roles: [] }],
  [
    'nine entries',
    'E_FORMAT',
    { roles: ['intent', ...Array.from({ length: 8 }, () => 'policy' as const)] },
  ],
  ['another log', 'E_ORIGIN', { origin: 'other.example' }],
  ['no signature of the log', 'E_SIG', { signers: [witnessSigner] }],
  [
    'a root that nobody signed',
    'E_SIG',
    { part: (part) => ({ ...part, proof: part.proof.replace('\n11\n', '\n12\n') }) },
  ],
  [
    'a false cosignature',
    'E_SIG',
    {
      part: (part) => ({
        ...part,
        proof: part.proof.replace(
          /(— witness\.example .{40})(.)/,
          (_, head: string, one: string) => head + (one === 'A' ? 'B' : 'A'),
        ),
      }),
    },
  ],
  ['a member that no entry has', 'E_ENTRY', { entry: entryOf('intent', { note: 'more' }) }],
  ['an entry of version 2', 'E_ENTRY', { entry: entryOf('intent', { v: 2 }) }],
  ['an id in capitals', 'E_ENTRY', { entry: entryOf('intent', { id: 'A'.repeat(32) }) }],
  ['an unknown kind', 'E_ENTRY', { entry: entryOf('intent', { t: 'x' }) }],
  ['a time before 1970', 'E_ENTRY', { entry: entryOf('intent', { iat: -1 }) }],
  ['a writer in capitals', 'E_ENTRY', { entry: entryOf('intent', { w: 'W' }) }],
  ['a digest too few', 'E_ENTRY', { entry: entryOf('intent', { _sd: [] }) }],
  ['references that are a list', 'E_ENTRY', { entry: entryOf('intent', { ref: [] }) }],
  ['an unknown reference', 'E_ENTRY', { entry: entryOf('intent', { ref: { more: hashOf('x') } }) }],
  [
    'a reference that is no hash',
    'E_ENTRY',
    { entry: entryOf('intent', { ref: { policy: 'x' } }) },
  ],
  [
    'an intent that answers an intent',
    'E_ENTRY',
    { entry: entryOf('intent', { ref: { intent: hashOf('x') } }) },
  ],
  ['an intent with an end', 'E_ENTRY', { entry: entryOf('intent', { end: 'complete' }) }],
  ['an outcome without an end', 'E_ENTRY', { entry: entryOf('outcome', { end: 'perhaps' }) }],
  ['a sealed group twice', 'E_ENTRY', { entry: entryOf('intent', { ct: twice() }) }],
  ['four sealed groups', 'E_ENTRY', { entry: entryOf('intent', { ct: [...twice(), ...twice()] }) }],
  ['an unknown group', 'E_ENTRY', { entry: entryOf('intent', { ct: [sealed('x')] }) }],
  ['an entry beyond 16 KiB', 'E_ENTRY', { entry: entryOf('intent', { note: 'x'.repeat(17_000) }) }],
  ['a proof of another format', 'E_PROOF', {}, (text) => text.replace('proof@v1', 'proof@v2')],
  [
    'an unsigned extra line',
    'E_PROOF',
    {},
    (text) => text.replace('\\nindex', '\\nextra AAAA\\nindex'),
  ],
  [
    'proofs for two checkpoints',
    'E_PROOF',
    { part: (p) => (p.role === 'outcome' ? { ...p, proof: `${p.proof}— a AAAAAAAA\n` } : p) },
  ],
  ['another place', 'E_ROOT', {}, swapIndex],
  [
    'a hash of the path that is another',
    'E_ROOT',
    { part: (p) => ({ ...p, proof: p.proof.replace(/(\nindex [0-9]+\n)./, '$1_') }) },
    (text) => text.replaceAll(/(\\nindex [0-9]+\\n)_/g, '$1A'),
  ],
  ['no intent', 'E_LINK', { roles: ['outcome'] }],
  ['two intents', 'E_LINK', { roles: ['intent', 'intent'] }],
  ['two outcomes', 'E_LINK', { roles: ['intent', 'outcome', 'outcome'] }],
  ['a policy twice', 'E_LINK', { roles: ['intent', 'policy', 'policy'] }],
  [
    'a role that is not the kind',
    'E_LINK',
    { part: (part) => (part.role === 'model' ? { ...part, role: 'policy' } : part) },
  ],
  [
    'an outcome of another intent',
    'E_LINK',
    { entry: entryOf('outcome', { ref: { intent: hashOf('x') } }) },
  ],
  [
    'an outcome under another policy',
    'E_LINK',
    {
      roles: ['intent', 'outcome'],
      entry: entryOf('intent', { ref: { policy: hashOf('x') } }),
    },
  ],
  [
    'a policy that nobody names',
    'E_LINK',
    { roles: ['intent', 'policy'], entry: entryOf('intent', { ref: {} }) },
  ],
  ['a broken back-link', 'E_LINK', { entry: entryOf('outcome', { prev_w: hashOf('x') }) }],
  ['a counter that goes back', 'E_LINK', { entry: entryOf('outcome', { wseq: 7 }) }],
  ['another writer', 'none', { entry: entryOf('outcome', { w: 'writer-2', wseq: 0 }) }],
  ['a field that was not recorded', 'E_DISCLOSURE', open({ salt: 'x', name: 'usage', value: 1 })],
  [
    'a field opened twice',
    'E_DISCLOSURE',
    { part: (p) => ({ ...p, disclosures: [...p.disclosures, ...p.disclosures] }) },
  ],
  [
    'a field that is no disclosure',
    'E_DISCLOSURE',
    { part: (p) => ({ ...p, disclosures: ['!'] }) },
  ],
  ['no key', 'E_KEY', {}, same, () => Promise.resolve({ log: [] })],
  ['a key that is none', 'E_KEY', {}, same, () => Promise.resolve({ log: ['x'] })],
  [
    'a trust policy that is none',
    'E_POLICY',
    {},
    same,
    () => Promise.resolve({ policy: 'quorum x\n' }),
  ],
  [
    'a trust policy in which the log has another name',
    'E_KEY',
    {},
    same,
    async () => ({ policy: `log ${await renamed.vkey()}\nquorum none\n` }),
  ],
  [
    'a trust policy in which the log is its own witness',
    'E_POLICY',
    {},
    same,
    async () => ({
      policy: `log ${await logSigner.vkey()}\nwitness W ${await itself.vkey()}\nquorum W\n`,
    }),
  ],
  ['a policy entry of another kind', 'E_LINK', { entry: entryOf('policy', { t: 'incident' }) }],
  [
    'two outcomes of one intent',
    'E_LINK',
    {
      roles: ['intent', 'outcome', 'policy'],
      part: (part) => (part.role === 'policy' ? { ...part, role: 'outcome' } : part),
      entry: (role, members) =>
        role === 'policy'
          ? { ...members, t: 'outcome', end: 'complete', ref: { intent: hashOf('x') } }
          : members,
    },
  ],
  [
    'an outcome of another intent under the same policy',
    'E_LINK',
    {
      entry: (role, members) =>
        role === 'outcome'
          ? { ...members, ref: { ...(members['ref'] as object), intent: hashOf('x') } }
          : members,
    },
  ],
  [
    'a disclosure of more than a megabyte',
    'E_FORMAT',
    { part: (part) => ({ ...part, disclosures: ['x'.repeat(2 ** 20)] }) },
  ],
  [
    'a number for an origin',
    'E_FORMAT',
    {},
    (text) => text.replace(/"origin":"[^"]*"/, '"origin":7'),
  ],
];

function sealed(g: string): CanonicalValue {
  return { g, h: hashOf('x'), n: 512 };
}

function twice(): readonly CanonicalValue[] {
  return [sealed('ops'), sealed('ops')];
}

function open(field: Proof.Disclosure): Changes {
  return { part: (part) => ({ ...part, disclosures: [formatDisclosure(field)] }) };
}

function ofReceipt([what, code, changes = {}, edit = same, keys]: ReceiptCase) {
  const judge: Corruption['judge'] = async (proof) => {
    const text = edit((await buildReceipt(changes)).text);
    const { log, policy } = (await keys?.()) ?? {};
    const report = await proof.verifyReceipt(text, {
      verifierKeys: log ?? [await logSigner.vkey(), await witnessSigner.vkey()],
      ...(policy === undefined ? {} : { trustPolicy: policy }),
    });
    return codeOf(report.checks.filter(({ ok }) => !ok).map((check) => check.code));
  };
  return { what: `a receipt with ${what}`, code, judge };
}

function codeOf(codes: readonly (RejectionCode | undefined)[]): string {
  const known = [...new Set(codes.map(String))];
  return known.length === 0 ? 'none' : known.join();
}

type Files = Map<string, Uint8Array>;

/** The static files of a log of one writer's entries: an intent, its outcome, and more intents. */
async function exported(change: (index: number, members: Record<string, CanonicalValue>) => void) {
  const log = new NaiveLog();
  const { entries } = await buildReceipt();
  const read = (role: 'intent' | 'outcome'): Record<string, CanonicalValue> =>
    JSON.parse(new TextDecoder().decode(entries.get(role)));
  for (let index = 0; index < 300; index++) {
    const previous = index === 0 ? '' : encodeBase64url(log.leafHash(index - 1));
    const ref = index === 1 ? { intent: previous } : {};
    const plain = { ...read(index === 1 ? 'outcome' : 'intent'), ref, wseq: index };
    const members = { ...plain, prev_w: previous };
    change(index, members);
    log.append(encodeUtf8(canonicalJson(members)));
  }
  const leaves = log.entries.map((_, i) => log.leafHash(i));
  const bundle = (from: number, to: number): Uint8Array =>
    formatEntryBundle(log.entries.slice(from, to));
  const note = await signCheckpoint(origin, log, [logSigner]);
  const files: Files = new Map([
    ['checkpoint', encodeUtf8(note)],
    ['tile/0/000', concatBytes(...leaves.slice(0, 256))],
    ['tile/0/001.p/44', concatBytes(...leaves.slice(256))],
    ['tile/1/000.p/1', log.hash({ start: 0, end: 256 })],
    ['tile/entries/000', bundle(0, 256)],
    ['tile/entries/001.p/44', bundle(256, 300)],
  ]);
  return files;
}

type ExportCase = readonly [
  what: string,
  code: Corruption['code'],
  spoil: (files: Files) => unknown,
  change?: Parameters<typeof exported>[0],
  keys?: readonly string[],
];

const flipLast = (path: string) => (files: Files) => {
  const bytes = files.get(path)!;
  files.set(path, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
};
const drop = (path: string) => (files: Files) => void files.delete(path);

const whole = (): void => undefined;
const exportCases: readonly ExportCase[] = [
  ['nothing', 'none', whole],
  ['a key that is none', 'E_KEY', whole, whole, ['x']],
  [
    'another root signed',
    'E_ROOT',
    async (files) => files.set('checkpoint', encodeUtf8(await signedRoot(1, 300))),
  ],
  ['no checkpoint', 'E_ABSENT', drop('checkpoint')],
  ['an unsigned checkpoint', 'E_SIG', (files) => files.set('checkpoint', encodeUtf8('x\n'))],
  ['no bundle', 'E_ABSENT', drop('tile/entries/001.p/44')],
  ['a bundle that is cut', 'E_TILE', (f) => f.set('tile/entries/001.p/44', Uint8Array.of(0))],
  ['no tile', 'E_ABSENT', drop('tile/0/000')],
  ['no upper tile', 'E_ABSENT', drop('tile/1/000.p/1')],
  ['a wrong bit in a full tile', 'E_TILE', flipLast('tile/0/000')],
  ['a wrong bit in a partial tile', 'E_TILE', flipLast('tile/0/001.p/44')],
  ['a wrong bit in an upper tile', 'E_TILE', flipLast('tile/1/000.p/1')],
  ['an entry that is none', 'E_ENTRY', whole, (i, e) => void (i === 299 ? (e['v'] = 2) : 0)],
  ['a counter with a gap', 'E_LINK', whole, (i, e) => void (i === 299 ? (e['wseq'] = 300) : 0)],
  ['a broken back-link', 'E_LINK', whole, (i, e) => void (i === 9 ? (e['prev_w'] = '') : 0)],
  ['a clock that goes back', 'E_LINK', whole, (i, e) => void (i === 299 ? (e['iat'] = 1) : 0)],
  [
    'an outcome of nothing',
    'E_LINK',
    whole,
    (i, e) => void (i === 1 ? (e['ref'] = { intent: hashOf('x') }) : 0),
  ],
];

function ofExport([what, code, spoil, change = whole, keys]: ExportCase): Corruption {
  const judge: Corruption['judge'] = async (proof) => {
    const files = await exported(change);
    await spoil(files);
    const read = (path: string): Promise<Uint8Array | undefined> =>
      Promise.resolve(files.get(path));
    const report = await proof.verifyExport(read, {
      verifierKeys: keys ?? [await logSigner.vkey()],
    });
    return codeOf(report.faults.first.map((fault) => fault.code));
  };
  return { what: `an export with ${what}`, code, judge };
}

async function signedRoot(fill: number, size = 7, signer = logSigner): Promise<string> {
  const root = new Uint8Array(32).fill(fill);
  const text = formatCheckpointBody({ origin: signer.name, size, root });
  return formatNote(text, [await signer.sign(text)]);
}

const stranger = new TestSigner('stranger.example');
type ForkCase = readonly [
  string,
  Corruption['code'],
  () => Promise<string>,
  keys?: readonly string[],
];
const evidence = (one: string, other: string): string =>
  formatForkEvidence({ format: 'sekisho-fork/1', origin, notes: [one, other] });
const forkCases: readonly ForkCase[] = [
  ['nothing wrong', 'none', async () => evidence(await signedRoot(1), await signedRoot(2))],
  ['one root', 'E_FORK', async () => evidence(await signedRoot(1), await signedRoot(1))],
  ['two sizes', 'E_FORK', async () => evidence(await signedRoot(1), await signedRoot(2, 8))],
  ['a note unsigned', 'E_SIG', async () => evidence(await signedRoot(1), 'x')],
  [
    'a note of another log',
    'E_ORIGIN',
    async () => evidence(await signedRoot(1), await signedRoot(2, 7, stranger)),
  ],
  ['a key that is none', 'E_KEY', async () => evidence(await signedRoot(1), 'x'), ['x']],
  ['no key', 'E_KEY', async () => evidence(await signedRoot(1), 'x'), []],
  ['no form', 'E_FORK_FORMAT', () => Promise.resolve('null\n')],
];

function ofFork([what, code, make, keys]: ForkCase): Corruption {
  const judge: Corruption['judge'] = async (proof) => {
    const verifierKeys = keys ?? [await logSigner.vkey(), await stranger.vkey()];
    const report = await proof.verifyFork(await make(), { verifierKeys });
    return report.convicted ? 'none' : report.code;
  };
  return { what: `evidence of a fork with ${what}`, code, judge };
}

export const corruptions: readonly Corruption[] = [
  ...receiptCases.map(ofReceipt),
  ...exportCases.map(ofExport),
  ...forkCases.map(ofFork),
  ...handoutCorruptions,
];
