import { describe, expect, it } from 'vitest';
import { encodeUtf8, verifyConsistency, verifyInclusion } from '../src/index.ts';
import { NaiveLog } from './naive-log.ts';
import { SparseTree, flipBit, reshaped } from './rfc-tree.ts';

const isSlow = process.env['SLOW'] === '1';
const sizeMax = 130;
const timeoutMs = isSlow ? 3_600_000 : 300_000;
const flips = isSlow ? 'every bit of every hash' : 'one bit of every 8 bytes of every hash';

let turn = 0;

/** In the ordinary run the bit within 64 moves on with each hash, so that all have their turn. */
function* bits(): Generator<number> {
  turn += 1;
  for (let bit = 0; bit < 256; bit++) if (isSlow || bit % 64 === turn % 64) yield bit;
}

function* mutations(proof: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  yield* reshaped(proof);
  for (const [i, hash] of proof.entries()) {
    for (const bit of bits()) yield proof.with(i, flipBit(hash, bit));
  }
}

/** What was claimed and wrongly believed; empty when all is well. */
class Tally {
  readonly believed: string[] = [];
  rejected = 0;

  note(what: string, isBelieved: boolean): void {
    if (isBelieved) this.believed.push(what);
    else this.rejected += 1;
  }

  report(title: string): void {
    expect(this.believed.slice(0, 10)).toEqual([]);
    process.stdout.write(`${title}: ${this.rejected} rejected\n`);
  }
}

type Inclusion = Parameters<typeof verifyInclusion>[0];
type Consistency = Parameters<typeof verifyConsistency>[0];

async function tryInclusion(claim: Inclusion, otherRoot: Uint8Array, tally: Tally): Promise<void> {
  const { index, size, leafHash, root } = claim;
  const title = `leaf ${index} of ${size}`;
  expect(await verifyInclusion(claim), title).toBe(true);
  const wrong: readonly Partial<Inclusion>[] = [
    { index: index - 1 },
    { index: index + 1 },
    { leafHash: flipBit(leafHash, index % 256) },
    { root: flipBit(root, size % 256) },
    { root: otherRoot },
    { leafHash: root, root: leafHash },
  ];
  for (const [i, change] of wrong.entries()) {
    // The only leaf is its own root, so the last change changes nothing there.
    if (size === 1 && 'leafHash' in change && 'root' in change) continue;
    tally.note(`${title}, change ${i}`, await verifyInclusion({ ...claim, ...change }));
  }
  for (const proof of mutations(claim.proof)) {
    tally.note(`${title}, proof`, await verifyInclusion({ ...claim, proof }));
  }
}

async function tryConsistency(
  claim: Consistency,
  otherRoot: Uint8Array,
  tally: Tally,
): Promise<void> {
  const { oldSize, newSize, oldRoot, newRoot } = claim;
  const title = `${oldSize} to ${newSize}`;
  expect(await verifyConsistency(claim), title).toBe(true);
  const wrong: readonly Partial<Consistency>[] = [
    { oldRoot: flipBit(oldRoot, oldSize % 256) },
    { newRoot: flipBit(newRoot, newSize % 256) },
    { newRoot: otherRoot },
    { oldRoot: otherRoot },
    ...(oldSize === newSize ? [] : [{ oldRoot: newRoot, newRoot: oldRoot }]),
    { oldSize: newSize + 1 },
    { oldSize: 0 },
    // From one size to the same there is nothing but two equal roots to compare.
    ...(oldSize === newSize ? [{ oldSize: oldSize - 1 }] : []),
  ];
  for (const [i, change] of wrong.entries()) {
    tally.note(`${title}, change ${i}`, await verifyConsistency({ ...claim, ...change }));
  }
  for (const proof of mutations(claim.proof)) {
    tally.note(`${title}, proof`, await verifyConsistency({ ...claim, proof }));
  }
}

describe('in every tree of up to 130 leaves', () => {
  const log = new NaiveLog();
  for (let i = 0; i <= sizeMax; i++) log.append(encodeUtf8(`entry ${i}`));

  it(
    `each single mutation of each inclusion proof is rejected: ${flips}`,
    async () => {
      const tally = new Tally();
      for (let size = 1; size <= sizeMax; size++) {
        const root = log.root(size);
        for (let index = 0; index < size; index++) {
          const proof = log.path(index, { start: 0, end: size });
          const claim = { leafHash: log.leafHash(index), index, size, proof, root };
          await tryInclusion(claim, log.root(size + 1), tally);
        }
      }
      expect(tally.rejected).toBeGreaterThan(500_000);
      tally.report('mutated inclusion proofs');
    },
    timeoutMs,
  );

  it(
    `each single mutation of each consistency proof is rejected: ${flips}`,
    async () => {
      const tally = new Tally();
      for (let newSize = 1; newSize <= sizeMax; newSize++) {
        const newRoot = log.root(newSize);
        for (let oldSize = 1; oldSize <= newSize; oldSize++) {
          const proof = log.subproof(oldSize, { start: 0, end: newSize }, true);
          const claim = { oldSize, newSize, oldRoot: log.root(oldSize), newRoot, proof };
          await tryConsistency(claim, log.root(newSize + 1), tally);
        }
      }
      expect(tally.rejected).toBeGreaterThan(500_000);
      tally.report('mutated consistency proofs');
    },
    timeoutMs,
  );
});

describe('in a tree beyond what 32 bits count', () => {
  const sizes = [2n ** 31n, 2n ** 32n, 2n ** 49n, 2n ** 53n]
    .flatMap((n) => [n - 2n, n - 1n, n, n + 1n])
    .filter((n) => n < 2n ** 53n);

  it.each(sizes)(
    'of %s leaves proofs made by the RFC hold, and none of them mutated',
    async (n) => {
      const places = [0n, 1n, n / 3n, n / 2n, 2n ** 31n - 1n, n - 2n, n - 1n].filter((i) => i < n);
      const tree = new SparseTree(places);
      const tally = new Tally();
      const [size, root, other] = [Number(n), tree.root(n), new SparseTree([]).root(n)];
      for (const place of new Set(places)) {
        const index = Number(place);
        const proof = tree.path(place, 0n, n);
        const claim = { leafHash: tree.leafHash(place), index, size, proof, root };
        await tryInclusion(claim, other, tally);
        const [oldSize, oldRoot] = [index + 1, tree.root(place + 1n)];
        const steps = { oldSize, newSize: size, oldRoot, newRoot: root };
        await tryConsistency({ ...steps, proof: tree.proof(place + 1n, n) }, other, tally);
      }
      expect(tally.rejected).toBeGreaterThan(1_000);
      tally.report(`mutated proofs in ${n} leaves`);
    },
    timeoutMs,
  );
});
