import { describe, expect, it } from 'vitest';
import {
  type Subtree,
  consistencyNodes,
  encodeUtf8,
  equalBytes,
  foldRight,
  hashNode,
  inclusionNodes,
  isSubtree,
  perfectSubtrees,
  rootNodes,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../src/index.ts';
import { NaiveLog } from './naive-log.ts';

const sizeMax = 130;
function buildLog(size: number): NaiveLog {
  const log = new NaiveLog();
  for (let i = 0; i < size; i++) log.append(encodeUtf8(`entry ${i}`));
  return log;
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const at = Math.floor(bit / 8);
  return bytes.with(at, bytes[at]! ^ (1 << (bit % 8)));
}

describe('a tree', () => {
  const log = buildLog(sizeMax);

  it('has the proofs that RFC 6962 writes down, for all pairs up to 130', () => {
    const differing: string[] = [];
    for (let size = 1; size <= sizeMax; size++) {
      const whole = { start: 0, end: size };
      for (let i = 0; i < size; i++) {
        if (!isSame(log.inclusion(i, size), log.path(i, whole))) differing.push(`${i} in ${size}`);
        const written = log.subproof(i + 1, whole, true);
        if (!isSame(log.consistency(i + 1, size), written)) differing.push(`${i + 1} to ${size}`);
      }
    }
    expect(differing).toEqual([]);
  });

  it('verifies every inclusion i < n <= 130 and no neighbouring place', async () => {
    for (let size = 1; size <= sizeMax; size++) {
      const root = log.root(size);
      for (let index = 0; index < size; index++) {
        const claim = {
          leafHash: log.leafHash(index),
          size,
          proof: log.inclusion(index, size),
          root,
        };
        expect(await verifyInclusion({ ...claim, index })).toBe(true);
        expect(await verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
        expect(await verifyInclusion({ ...claim, index: index - 1 })).toBe(false);
      }
    }
  });

  it('verifies every consistency m <= n <= 130 and no neighbouring size', async () => {
    for (let newSize = 1; newSize <= sizeMax; newSize++) {
      const newRoot = log.root(newSize);
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const oldRoot = log.root(oldSize);
        const proof = log.consistency(oldSize, newSize);
        const claim = { oldSize, newSize, oldRoot, newRoot, proof };
        expect(await verifyConsistency(claim)).toBe(true);
        expect(await verifyConsistency({ ...claim, oldRoot: flip(oldRoot, 9) })).toBe(false);
        expect(await verifyConsistency({ ...claim, newRoot: flip(newRoot, 9) })).toBe(false);
        expect(await verifyConsistency({ ...claim, oldSize: newSize + 1 })).toBe(false);
      }
    }
  });

  it('refuses sizes and places that are no such numbers', async () => {
    const root = log.root(3);
    const claim = {
      leafHash: log.leafHash(0),
      index: 0,
      size: 3,
      proof: log.inclusion(0, 3),
      root,
    };
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53, Infinity]) {
      expect(await verifyInclusion({ ...claim, index })).toBe(false);
    }
    for (const size of [0, -1, 2.5, Number.NaN, 2 ** 53, Infinity]) {
      expect(await verifyInclusion({ ...claim, size })).toBe(false);
    }
    expect(() => inclusionNodes(3, 3)).toThrow(RangeError);
    expect(() => consistencyNodes(0, 3)).toThrow(RangeError);
    expect(() => consistencyNodes(4, 3)).toThrow(RangeError);
  });

  it('has nothing to prove about an empty old tree', async () => {
    const claim = { oldSize: 0, newSize: 3, oldRoot: log.root(0), newRoot: log.root(3), proof: [] };
    expect(await verifyConsistency(claim)).toBe(false);
  });

  it('is the fold of its perfect subtrees', async () => {
    for (let size = 0; size <= sizeMax; size++) {
      const nodes = rootNodes(size);
      expect(await foldRight(nodes.map((node) => log.hash(node)))).toEqual(log.root(size));
      expect(nodes.every((node) => isSubtree(node) && isPowerOfTwo(node.end - node.start))).toBe(
        true,
      );
      const leaves = Array.from({ length: size }, (_, i) => log.leafHash(i));
      expect(await rootOf(leaves)).toEqual(log.root(size));
    }
  });
});

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, i) => equalBytes(hash, b[i]!));
}

function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n)) && 2 ** Math.round(Math.log2(n)) === n;
}

/**
 * A tree too large to hold: all its leaves are equal but one, so the hash of a subtree follows
 * from its width and from whether the one leaf is inside.
 */
class SparseTree {
  readonly #special: number;
  readonly #plain: Uint8Array[] = [new Uint8Array(32).fill(1)];

  constructor(special: number) {
    this.#special = special;
  }

  leafHash(index: number): Uint8Array {
    return new Uint8Array(32).fill(index === this.#special ? 2 : 1);
  }

  async hash({ start, end }: Subtree): Promise<Uint8Array> {
    const perfect: Uint8Array[] = [];
    for (const node of perfectSubtrees({ start, end })) perfect.push(await this.#perfect(node));
    return foldRight(perfect);
  }

  async #perfect({ start, end }: Subtree): Promise<Uint8Array> {
    const width = end - start;
    if (width === 1) return this.leafHash(start);
    if (this.#special < start || this.#special >= end) return this.#plainHash(width);
    const middle = start + width / 2;
    const left = await this.#perfect({ start, end: middle });
    return hashNode(left, await this.#perfect({ start: middle, end }));
  }

  async #plainHash(width: number): Promise<Uint8Array> {
    let height = 0;
    for (let n = 1; n < width; n *= 2) height += 1;
    for (let h = this.#plain.length; h <= height; h++) {
      this.#plain.push(await hashNode(this.#plain[h - 1]!, this.#plain[h - 1]!));
    }
    return this.#plain[height]!;
  }
}

describe('a tree near the limits of numbers', () => {
  const sizes = [2 ** 31, 2 ** 32, 2 ** 49, 2 ** 53].flatMap((n) => [n - 2, n - 1, n, n + 1]);

  it.each(sizes.filter(Number.isSafeInteger))('of %d leaves proves its corners', async (size) => {
    for (const special of [0, 1, Math.floor(size / 3), size - 2, size - 1]) {
      const tree = new SparseTree(special);
      const root = await tree.hash({ start: 0, end: size });
      const nodes = inclusionNodes(special, size);
      const proof = await Promise.all(nodes.map((node) => tree.hash(node)));
      const claim = { leafHash: tree.leafHash(special), index: special, size, proof, root };
      expect(await verifyInclusion(claim)).toBe(true);
      expect(await verifyInclusion({ ...claim, leafHash: tree.leafHash(-1) })).toBe(false);
      const oldSize = Math.max(1, special);
      const oldRoot = await tree.hash({ start: 0, end: oldSize });
      const steps = await Promise.all(consistencyNodes(oldSize, size).map((n) => tree.hash(n)));
      const grown = { oldSize, newSize: size, oldRoot, newRoot: root, proof: steps };
      expect(await verifyConsistency(grown)).toBe(true);
      expect(await verifyConsistency({ ...grown, oldRoot: root })).toBe(oldSize === size);
    }
  });
});
