import { equalBytes } from './bytes.ts';
import { emptyRoot, hashBytes, hashNode } from './hashing.ts';

/**
 * The Merkle tree of RFC 6962 section 2.1. A proof is a list of node hashes; which nodes they
 * are follows from numbers alone. So the planners below name the nodes, a writer looks their
 * hashes up, and the verifier plans the same list and folds the hashes it was given.
 *
 * Sizes and indexes are numbers up to 2^53-1. No bitwise operator (they are 32 bits wide) and no
 * logarithm (it rounds near powers of two) touches them.
 */

/** The leaves from `start` up to, not including, `end`. A perfect one has 2^h leaves. */
export interface Subtree {
  readonly start: number;
  readonly end: number;
}

/** Siblings from the leaf up: the nodes of an inclusion proof. `index < size` is required. */
export function inclusionNodes(index: number, size: number): readonly Subtree[] {
  if (!isRange({ start: index, end: size })) throw new RangeError('index outside the tree');
  const nodes: Subtree[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      nodes.push({ start: middle, end });
      end = middle;
    } else {
      nodes.push({ start, end: middle });
      start = middle;
    }
  }
  return nodes.toReversed();
}

/** The nodes of a consistency proof (RFC 6962 section 2.1.2). `0 < oldSize <= newSize`. */
export function consistencyNodes(oldSize: number, newSize: number): readonly Subtree[] {
  return subtreeConsistencyNodes({ start: 0, end: oldSize }, newSize);
}

/**
 * The nodes that connect a subtree with the tree of `size` leaves around it. The first one is
 * the largest node both share at the subtree's right edge, unless that is the subtree itself.
 */
export function subtreeConsistencyNodes(subtree: Subtree, size: number): readonly Subtree[] {
  if (!isSubtree(subtree) || subtree.end > size) throw new RangeError('no subtree of the tree');
  const nodes: Subtree[] = [];
  let wanted = subtree;
  let start = 0;
  let end = size;
  while (wanted.start !== start || wanted.end !== end) {
    const middle = start + splitPoint(end - start);
    if (wanted.end <= middle) {
      nodes.push({ start: middle, end });
      end = middle;
    } else {
      nodes.push({ start, end: middle });
      start = middle;
      if (wanted.start < middle) wanted = { start: middle, end: wanted.end };
    }
  }
  if (wanted !== subtree) nodes.push(wanted);
  return nodes.toReversed();
}

/** The perfect subtrees, left to right, whose hashes give the root of a tree. Empty for 0. */
export function rootNodes(size: number): readonly Subtree[] {
  return perfectSubtrees({ start: 0, end: size });
}

/** The same for any subtree a planner names: fold the hashes with {@link foldRight}. */
export function perfectSubtrees(subtree: Subtree): readonly Subtree[] {
  const nodes: Subtree[] = [];
  let start = subtree.start;
  while (start < subtree.end) {
    const left = subtree.end - start;
    const half = left === 1 ? 1 : splitPoint(left);
    const width = half * 2 === left ? left : half;
    nodes.push({ start, end: start + width });
    start += width;
  }
  return nodes;
}

/** The hash over perfect subtrees that lie side by side, largest first. */
export async function foldRight(hashes: readonly Uint8Array[]): Promise<Uint8Array> {
  let folded = hashes.at(-1);
  if (folded === undefined) return emptyRoot;
  for (const left of hashes.slice(0, -1).toReversed()) folded = await hashNode(left, folded);
  return folded;
}

/** The root over leaf hashes (or over the hashes of any one level). */
export async function rootOf(hashes: readonly Uint8Array[]): Promise<Uint8Array> {
  const roots: Uint8Array[] = [];
  for (const node of rootNodes(hashes.length)) {
    let level = hashes.slice(node.start, node.end);
    while (level.length > 1) level = await hashPairs(level);
    roots.push(...level);
  }
  return foldRight(roots);
}

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** True when the leaf is at `index` of the tree of `size` leaves with this root. */
export async function verifyInclusion(claim: InclusionClaim): Promise<boolean> {
  const root = await inclusionRoot(claim);
  return root !== undefined && isHash(claim.root) && equalBytes(root, claim.root);
}

/**
 * The root to which a leaf and its proof lead, for formats that leave the root to be computed.
 * @returns undefined when the proof is not of this place
 */
export async function inclusionRoot(
  claim: Omit<InclusionClaim, 'root'>,
): Promise<Uint8Array | undefined> {
  const { leafHash, index, size, proof } = claim;
  if (!isRange({ start: index, end: size })) return undefined;
  if (![leafHash, ...proof].every(isHash)) return undefined;
  const nodes = inclusionNodes(index, size);
  if (nodes.length !== proof.length) return undefined;
  let covered: Subtree = { start: index, end: index + 1 };
  let hash = leafHash;
  for (const [i, node] of nodes.entries()) {
    const sibling = proof[i]!;
    const isLeft = node.end === covered.start;
    hash = isLeft ? await hashNode(sibling, hash) : await hashNode(hash, sibling);
    covered = isLeft
      ? { start: node.start, end: covered.end }
      : { start: covered.start, end: node.end };
  }
  return hash;
}

/** True when the leaf is at `index` (counted from the tree's start) inside the subtree. */
export async function verifySubtreeInclusion(
  claim: Omit<InclusionClaim, 'size'> & { readonly subtree: Subtree },
): Promise<boolean> {
  const { subtree, leafHash, index, proof, root } = claim;
  if (!isSubtree(subtree) || !Number.isSafeInteger(index)) return false;
  const size = subtree.end - subtree.start;
  return verifyInclusion({ leafHash, index: index - subtree.start, size, proof, root });
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * True when the old tree is a prefix of the new one. An old size of 0 is refused: everything
 * continues the empty tree, so there is nothing to prove and a caller must say so itself.
 */
export async function verifyConsistency(claim: ConsistencyClaim): Promise<boolean> {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (oldSize === 0) return false;
  const subtree = { start: 0, end: oldSize };
  return verifySubtreeConsistency({
    subtree,
    size: newSize,
    subtreeRoot: oldRoot,
    root: newRoot,
    proof,
  });
}

/**
 * The root of the newer tree to which an old root and a proof lead.
 * @returns undefined when the proof does not lead to the old root, or is not between these sizes
 */
export async function consistencyRoot(
  claim: Omit<ConsistencyClaim, 'newRoot'>,
): Promise<Uint8Array | undefined> {
  const { oldSize, newSize, oldRoot, proof } = claim;
  const subtree = { start: 0, end: oldSize };
  return subtreeConsistencyRoot({ subtree, size: newSize, subtreeRoot: oldRoot, proof });
}

interface SubtreeConsistencyClaim {
  readonly subtree: Subtree;
  readonly size: number;
  readonly subtreeRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the subtree with this hash is part of the tree of `size` leaves with this root. */
export async function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): Promise<boolean> {
  const { subtree, size, subtreeRoot, root, proof } = claim;
  if (!Number.isSafeInteger(size) || !(subtree.end <= size)) return false;
  // An empty subtree says nothing about the tree, so there is no root to compare with.
  if (isEmpty(subtree)) return proof.length === 0 && equalBytes(subtreeRoot, emptyRoot);
  const outer = await subtreeConsistencyRoot(claim);
  return outer !== undefined && isHash(root) && equalBytes(outer, root);
}

async function subtreeConsistencyRoot(
  claim: Omit<SubtreeConsistencyClaim, 'root'>,
): Promise<Uint8Array | undefined> {
  const { subtree, size, subtreeRoot, proof } = claim;
  if (!isSubtree(subtree) || !Number.isSafeInteger(size) || subtree.end > size) return undefined;
  if (![subtreeRoot, ...proof].every(isHash)) return undefined;
  const nodes = subtreeConsistencyNodes(subtree, size);
  if (nodes.length !== proof.length) return undefined;
  const first = nodes[0];
  // Without a right edge of its own in the proof, the subtree is itself a node of the tree.
  const isNode = first === undefined || first.end !== subtree.end || first.start < subtree.start;
  let covered = isNode ? subtree : first;
  let inner = isNode ? subtreeRoot : proof[0]!;
  let outer = inner;
  for (const [i, node] of nodes.entries()) {
    if (i === 0 && !isNode) continue;
    const sibling = proof[i]!;
    if (node.end === covered.start) {
      if (node.start >= subtree.start) inner = await hashNode(sibling, inner);
      outer = await hashNode(sibling, outer);
      covered = { start: node.start, end: covered.end };
    } else {
      outer = await hashNode(outer, sibling);
      covered = { start: covered.start, end: node.end };
    }
  }
  return equalBytes(inner, subtreeRoot) ? outer : undefined;
}

/** A subtree starts at a multiple of the smallest power of two that is at least its width. */
export function isSubtree({ start, end }: Subtree): boolean {
  if (!isRange({ start, end })) return false;
  let width = 1;
  while (width < end - start) width *= 2;
  return start % width === 0;
}

function isRange({ start, end }: Subtree): boolean {
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end;
}

function isEmpty({ start, end }: Subtree): boolean {
  return Number.isSafeInteger(start) && start >= 0 && start === end;
}

/** The largest power of two smaller than `size`, for a size of at least 2. */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === hashBytes;
}

async function hashPairs(level: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const above: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) {
    above.push(await hashNode(level[i]!, level[i + 1]!));
  }
  return above;
}
