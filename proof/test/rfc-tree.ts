import { createHash } from 'node:crypto';

/**
 * RFC 6962 section 2.1 as it is written there, in whole numbers without a limit and without one
 * line of the code under test. The leaves are not held: all are alike but a few, so the hash of a
 * range follows from its width wherever none of the few is inside, and a tree may have 2^53 leaves.
 */
export class SparseTree {
  readonly #special: readonly bigint[];
  readonly #plain = new Map<bigint, Uint8Array>();
  readonly #known = new Map<string, Uint8Array>();

  constructor(special: readonly bigint[]) {
    this.#special = special;
  }

  leafHash(index: bigint): Uint8Array {
    const entry = this.#special.includes(index) ? `special ${index}` : 'plain';
    return hash(Uint8Array.of(0), Buffer.from(entry));
  }

  root(size: bigint): Uint8Array {
    return this.#mth(0n, size);
  }

  /** PATH(m, D[lo:hi]), section 2.1.1. */
  path(index: bigint, lo: bigint, hi: bigint): Uint8Array[] {
    if (hi - lo === 1n) return [];
    const middle = lo + split(hi - lo);
    return index < middle
      ? [...this.path(index, lo, middle), this.#mth(middle, hi)]
      : [...this.path(index, middle, hi), this.#mth(lo, middle)];
  }

  /** PROOF(m, D[n]), section 2.1.2. */
  proof(oldSize: bigint, newSize: bigint): Uint8Array[] {
    return this.#subproof(oldSize, { lo: 0n, hi: newSize }, true);
  }

  #subproof(end: bigint, { lo, hi }: Range, isWhole: boolean): Uint8Array[] {
    if (end === hi) return isWhole ? [] : [this.#mth(lo, hi)];
    const middle = lo + split(hi - lo);
    return end <= middle
      ? [...this.#subproof(end, { lo, hi: middle }, isWhole), this.#mth(middle, hi)]
      : [...this.#subproof(end, { lo: middle, hi }, false), this.#mth(lo, middle)];
  }

  #mth(lo: bigint, hi: bigint): Uint8Array {
    const width = hi - lo;
    const isPlain = !this.#special.some((index) => lo <= index && index < hi);
    const known = isPlain ? this.#plain.get(width) : this.#known.get(`${lo}:${hi}`);
    if (known !== undefined) return known;
    const middle = lo + (width === 1n ? 1n : split(width));
    const made =
      width === 1n
        ? this.leafHash(lo)
        : hash(Uint8Array.of(1), this.#mth(lo, middle), this.#mth(middle, hi));
    if (isPlain) this.#plain.set(width, made);
    else this.#known.set(`${lo}:${hi}`, made);
    return made;
  }
}

interface Range {
  readonly lo: bigint;
  readonly hi: bigint;
}

/** The largest power of two smaller than n. */
function split(n: bigint): bigint {
  let k = 1n;
  while (k * 2n < n) k *= 2n;
  return k;
}

function hash(...parts: readonly Uint8Array[]): Uint8Array {
  const sha256 = createHash('sha256');
  for (const part of parts) sha256.update(part);
  return new Uint8Array(sha256.digest());
}

/** @param bit 0 to 255 */
export function flipBit(hashBytes: Uint8Array, bit: number): Uint8Array {
  const at = Math.floor(bit / 8);
  return hashBytes.with(at, hashBytes[at]! ^ (1 << (bit % 8)));
}

/** Every list one step away from a good one: a hash dropped, doubled, added, swapped or cut. */
export function* reshaped(proof: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  const other = new Uint8Array(32).fill(7);
  for (let i = 0; i <= proof.length; i++) {
    yield proof.toSpliced(i, 0, other);
    const one = proof[i];
    if (one === undefined) return;
    yield proof.toSpliced(i, 1);
    yield proof.toSpliced(i, 0, one);
    yield proof.with(i, other);
    yield proof.with(i, one.subarray(1));
    yield proof.with(i, Uint8Array.of(...one, 0));
    // In a long proof neighbours only: all pairs of 53 hashes show nothing that these do not.
    const last = proof.length > 8 ? Math.min(i + 2, proof.length) : proof.length;
    for (let j = i + 1; j < last; j++) {
      // In a tree of equal leaves two hashes may be the same: then nothing was swapped.
      if (Buffer.compare(one, proof[j]!) === 0) continue;
      yield proof.with(i, proof[j]!).with(j, one);
    }
  }
}
