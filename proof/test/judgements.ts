import type * as Proof from '../src/index.ts';
import { type NoteSignature, encodeUtf8, formatCheckpointBody, keyTypes } from '../src/index.ts';
import { NaiveLog, TestSigner, signCheckpoint } from './naive-log.ts';
import { logSigner, origin, witnessSigner } from './receipt-fixture.ts';
import { ownMlDsa44 } from '../src/primitives-node.ts';
import { StubSigner, able } from './stub-ml-dsa.ts';

/** One thing that a build of proof must refuse. @returns true where it does */
type Judgement = readonly [
  what: string,
  refuses: (one: typeof Proof) => boolean | Promise<boolean>,
];

const log = new NaiveLog();
for (let i = 0; i < 11; i++) log.append(encodeUtf8(String(i)));

const isNone = (value: unknown): boolean => value === undefined;

function fails(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch (error) {
    return error instanceof RangeError;
  }
}

async function rejects(action: Promise<unknown>): Promise<boolean> {
  return action.then(
    () => false,
    (error: unknown) => error instanceof RangeError,
  );
}

/** The right hash's first byte moved to the end of the left one: what is hashed is the same. */
function shifted(left: Uint8Array, right: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [Uint8Array.of(...left, right[0]!), right.subarray(1)];
}

const trees: readonly Judgement[] = [
  ['a place outside the tree', (one) => fails(() => one.inclusionNodes(3, 3))],
  ['a tree older than its prefix', (one) => fails(() => one.consistencyNodes(4, 3))],
  ['an empty range', (one) => !one.isSubtree({ start: 0, end: 0 })],
  [
    'a place behind the tree',
    async (one) => {
      const claim = { leafHash: log.leafHash(3), index: 3, size: 3, root: log.root(3), proof: [] };
      return !(await one.verifyInclusion(claim));
    },
  ],
  [
    'a byte moved from a sibling to the leaf',
    async (one) => {
      const [first, ...rest] = log.inclusion(4, 11);
      const [leafHash, sibling] = shifted(log.leafHash(4), first!);
      const claim = { leafHash, index: 4, size: 11, root: log.root(), proof: [sibling, ...rest] };
      return !(await one.verifyInclusion(claim));
    },
  ],
  [
    'a byte moved from a sibling to the old root',
    async (one) => {
      const [first, ...rest] = log.consistency(8, 11);
      const [oldRoot, sibling] = shifted(log.root(8), first!);
      const sizes = { oldSize: 8, newSize: 11, newRoot: log.root() };
      return !(await one.verifyConsistency({ ...sizes, oldRoot, proof: [sibling, ...rest] }));
    },
  ],
  [
    'a proof from the empty tree',
    async (one) => {
      const claim = { oldSize: 0, newSize: 11, oldRoot: log.root(0), newRoot: log.root() };
      return !(await one.verifyConsistency({ ...claim, proof: [] }));
    },
  ],
  [
    'an old tree larger than the new one',
    async (one) => {
      const claim = { oldSize: 12, newSize: 11, oldRoot: log.root(), newRoot: log.root() };
      return !(await one.verifyConsistency({ ...claim, proof: [] }));
    },
  ],
  [
    'a leaf of what is no subtree',
    async (one) => {
      const subtree = { start: 1, end: 3 };
      const claim = { leafHash: log.leafHash(1), index: 1, subtree, root: log.hash(subtree) };
      return !(await one.verifySubtreeInclusion({ ...claim, proof: [log.leafHash(2)] }));
    },
  ],
  [
    'the consistency of what is no subtree',
    async (one) => {
      const subtree = { start: 1, end: 3 };
      const claim = { subtree, size: 11, subtreeRoot: log.hash(subtree), root: log.root() };
      return !(await one.verifySubtreeConsistency({ ...claim, proof: [] }));
    },
  ],
];

const checkpoint = (): Promise<string> => signCheckpoint(origin, log, [logSigner, witnessSigner]);
const keyOf = async (one: typeof Proof, signer: TestSigner): Promise<Proof.VerifierKey> =>
  (await one.parseVerifierKey(await signer.vkey()))!;
const line = { name: 'a', keyId: new Uint8Array(4), signature: new Uint8Array(64) };
const publicKey = new Uint8Array(32);

const notes: readonly Judgement[] = [
  ['a note of 600 kB', (one) => isNone(one.parseNote(`${'a'.repeat(600_000)}\n\n— a AAAAAAAA\n`))],
  ['a note without a text', (one) => isNone(one.parseNote('x— a AAAAAAAA\n'))],
  ['to write a note that none can read', (one) => fails(() => one.formatNote('text', [line]))],
  [
    'to write a key ID of three bytes',
    (one) => fails(() => one.formatNote('text\n', [{ ...line, keyId: new Uint8Array(3) }])),
  ],
  [
    'to write a key of an unknown type',
    (one) => rejects(one.formatVerifierKey({ name: 'a', type: 2 as 1, publicKey })),
  ],
  [
    'to write a key whose name has a space',
    (one) => rejects(one.formatVerifierKey({ name: 'a b', type: keyTypes.ed25519, publicKey })),
  ],
  [
    'a note opened with one key twice',
    async (one) => {
      const key = await keyOf(one, logSigner);
      return isNone(await one.openNote(await checkpoint(), [key, { ...key }]));
    },
  ],
  [
    'a note that no known key signs',
    async (one) => isNone(await one.openNote(await checkpoint(), [])),
  ],
  [
    'a cosignature of four bytes',
    async (one) => {
      const key = await keyOf(one, witnessSigner);
      const short = { ...(await witnessSigner.sign('text\n')), signature: new Uint8Array(4) };
      return isNone(await one.openNote(one.formatNote('text\n', [short]), [key]));
    },
  ],
  [
    'a cosignature of a time that is no exact number',
    async (one) => {
      const key = await keyOf(one, witnessSigner);
      const late = await witnessSigner.sign('text\n', 2 ** 53);
      return isNone(await one.openNote(one.formatNote('text\n', [late]), [key]));
    },
  ],
  [
    'to write a checkpoint whose origin has a space',
    (one) => fails(() => one.formatCheckpointBody({ origin: 'a b', size: 11, root: log.root() })),
  ],
];

const header = 'c2sp.org/tlog-proof@v1\n';
const files: readonly Judgement[] = [
  [
    'a proof of a megabyte',
    (one) => isNone(one.parseTlogProof(`${header}index 0\n\n${'x'.repeat(2 ** 20)}`)),
  ],
  ['a proof without a blank line', (one) => isNone(one.parseTlogProof(`${header}index 0\n`))],
  [
    'a proof with an extra line that is no base64',
    (one) => isNone(one.parseTlogProof(`${header}extra !\nindex 0\n\nx`)),
  ],
  [
    'a disclosure of more than a megabyte',
    (one) => {
      const field = { salt: 's', name: 'n', value: 'x'.repeat(2 ** 20) };
      return isNone(one.parseDisclosure(one.formatDisclosure(field)));
    },
  ],
];

const second = new StubSigner(origin);
const body = formatCheckpointBody({ origin, size: 11, root: log.root() });
/** A Node with ML-DSA of its own can use every key. */
const lacks = ownMlDsa44() === undefined;
/** Whether a build refuses a checkpoint with this line, although it can check one. */
async function refusesLine(
  one: typeof Proof,
  change: (good: NoteSignature) => Partial<NoteSignature>,
  text: string = body,
): Promise<boolean> {
  const good = await second.sign(body);
  const key = (await one.parseVerifierKey(await second.vkey()))!;
  return isNone(
    await one.openNote(one.formatNote(text, [{ ...good, ...change(good) }]), [key], able),
  );
}
const statement = { cosigner: 'w', time: 0, origin, start: 4, end: 8, hash: new Uint8Array(32) };

const mlDsa: readonly Judgement[] = [
  ['not the line it should be', async (one) => !(await refusesLine(one, () => ({})))],
  [
    'an ML-DSA-44 line of another checkpoint',
    (one) => refusesLine(one, () => ({}), body.replace('\n11\n', '\n12\n')),
  ],
  ['an ML-DSA-44 line of no checkpoint', (one) => refusesLine(one, () => ({}), 'text\n')],
  [
    'an ML-DSA-44 line that is too short',
    (one) => refusesLine(one, ({ signature }) => ({ signature: signature.slice(0, -1) })),
  ],
  [
    'an ML-DSA-44 line with a time that no clock shows',
    (one) => {
      const late = ({ signature }: NoteSignature) => {
        const changed = signature.slice();
        changed.fill(0xff, 0, 8);
        return { signature: changed };
      };
      return refusesLine(one, late);
    },
  ],
  [
    'to trust in a key it cannot use as if the evidence were at fault',
    async (one) => {
      const trust = { verifierKeys: [await second.vkey()] };
      const { checks } = await one.verifyReceipt('', trust);
      return !lacks || checks.at(-1)?.code === 'E_UNSUPPORTED';
    },
  ],
  [
    'a second key that is as short as a first one',
    (one) => {
      const key = { name: origin, type: keyTypes.mlDsa44, publicKey: new Uint8Array(32) };
      return rejects(one.formatVerifierKey(key));
    },
  ],
  [
    'a part of a tree with a time',
    (one) => fails(() => one.subtreeCosignedBytes({ ...statement, time: 1 })),
  ],
  [
    'a statement by nobody',
    (one) => fails(() => one.subtreeCosignedBytes({ ...statement, cosigner: '' })),
  ],
  [
    'to write a signature of another length',
    (one) => fails(() => one.formatMlDsaSignature({ time: 0, signature: new Uint8Array(64) })),
  ],
];

export const judgements: readonly Judgement[] = [...trees, ...notes, ...files, ...mlDsa];
