import assert from 'node:assert/strict';
import {
  type Subtree,
  type TilePath,
  consistencyNodes,
  emptyRoot,
  fullTileWidth,
  inclusionNodes,
} from '@sekisho/proof';
import { sha256 } from './sha256.ts';
import type { TileFile } from './storage.ts';

const hashBytes = 32;
const cachedTiles = 256;

/**
 * The Merkle tree of the log (RFC 9162 section 2.1), grown one leaf at a time. In memory: the roots
 * of the perfect subtrees at the right edge, the hashes of each level's unfinished tile, and
 * finished tiles until they are written. Everything else is read back from full tiles.
 */
export class Tree {
  readonly #readTile: (tile: TilePath) => Promise<Uint8Array | undefined>;
  /** Roots of the perfect subtrees, left to right, with their sizes in leaves. */
  readonly #edge: { readonly hash: Buffer; readonly leaves: number }[] = [];
  /** For each level, the hashes of the tile that is not full yet. */
  readonly #open: Buffer[][] = [];
  /** Full tiles not yet written. */
  readonly #finished = new Map<string, { readonly tile: TilePath; readonly hashes: Buffer }>();
  readonly #cache = new Map<string, Buffer>();
  #size = 0;

  /** @param readTile gives a full tile from disk */
  constructor(readTile: (tile: TilePath) => Promise<Uint8Array | undefined>) {
    this.#readTile = readTile;
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Buffer): void {
    let node = { hash: leafHash, leaves: 1 };
    for (let left = this.#edge.at(-1); left?.leaves === node.leaves; left = this.#edge.at(-1)) {
      node = { hash: hashChildren(left.hash, node.hash), leaves: node.leaves * 2 };
      this.#edge.pop();
    }
    this.#edge.push(node);
    this.#size++;
    this.#addToLevel(0, leafHash);
  }

  root(): Buffer {
    const [last, ...rest] = this.#edge.toReversed();
    if (last === undefined) return Buffer.from(emptyRoot);
    return rest.reduce((right, left) => hashChildren(left.hash, right), last.hash);
  }

  /** The audit path of a leaf in the tree as it was at an earlier size. */
  async inclusionProof(index: number, size: number): Promise<readonly Buffer[]> {
    assert.ok(index < size && size <= this.#size, 'a proof is about leaves the tree has');
    return this.#subtreeHashes(inclusionNodes(index, size));
  }

  /** That the tree as it was at one size is the beginning of what it was at another. */
  async consistencyProof(oldSize: number, newSize: number): Promise<readonly Buffer[]> {
    assert.ok(oldSize <= newSize && newSize <= this.#size, 'a proof is about leaves the tree has');
    return this.#subtreeHashes(consistencyNodes(oldSize, newSize));
  }

  /** MTH of a range that some RFC 9162 proof asks for. */
  async subtreeHash({ start, end }: Subtree): Promise<Buffer> {
    let width = 1;
    while (width * 2 < end - start) width *= 2;
    if (end - start === 1) return this.#perfectHash(start, 1);
    if (width * 2 === end - start) return this.#perfectHash(start, width * 2);
    const middle = start + width;
    const left = await this.subtreeHash({ start, end: middle });
    return hashChildren(left, await this.subtreeHash({ start: middle, end }));
  }

  /** The tiles that are full and not yet written. They stay readable until `forgetFinished`. */
  finishedTiles(): readonly TileFile[] {
    return [...this.#finished.values()].map(({ tile, hashes }) => ({ tile, bytes: hashes }));
  }

  /** The unfinished tile of each level, at the tree's present size. */
  partialTiles(): readonly TileFile[] {
    return this.#open.flatMap((hashes, level) => {
      if (hashes.length === 0) return [];
      const tile = { level, index: this.#fullTiles(level), width: hashes.length };
      return [{ tile, bytes: Buffer.concat(hashes) }];
    });
  }

  /** Frees finished tiles once they are on disk. */
  forgetFinished(tiles: readonly TilePath[]): void {
    for (const tile of tiles) this.#finished.delete(tileName(tile));
  }

  async #subtreeHashes(subtrees: readonly Subtree[]): Promise<readonly Buffer[]> {
    const hashes: Buffer[] = [];
    for (const subtree of subtrees) hashes.push(await this.subtreeHash(subtree));
    return hashes;
  }

  #addToLevel(level: number, added: Buffer): void {
    const hashes = (this.#open[level] ??= []);
    hashes.push(added);
    if (hashes.length < fullTileWidth) return;
    const tile = { level, index: this.#fullTiles(level) - 1, width: fullTileWidth };
    const bytes = Buffer.concat(hashes);
    this.#finished.set(tileName(tile), { tile, hashes: bytes });
    this.#open[level] = [];
    this.#addToLevel(level + 1, foldHashes(bytes));
  }

  #fullTiles(level: number): number {
    return Math.floor(this.#size / fullTileWidth ** (level + 1));
  }

  /** @param leaves a power of two that divides `start` */
  async #perfectHash(start: number, leaves: number): Promise<Buffer> {
    let level = 0;
    let perHash = 1;
    while (perHash * fullTileWidth <= leaves) {
      perHash *= fullTileWidth;
      level++;
    }
    const first = start / perHash;
    const index = Math.floor(first / fullTileWidth);
    const from = first - index * fullTileWidth;
    const count = leaves / perHash;
    if (index === this.#fullTiles(level)) {
      return foldHashes(Buffer.concat(this.#open[level]!.slice(from, from + count)));
    }
    const bytes = await this.#fullTile({ level, index, width: fullTileWidth });
    return foldHashes(bytes.subarray(from * hashBytes, (from + count) * hashBytes));
  }

  async #fullTile(tile: TilePath): Promise<Buffer> {
    const name = tileName(tile);
    const kept = this.#finished.get(name)?.hashes ?? this.#cache.get(name);
    if (kept !== undefined) return kept;
    const read = await this.#readTile(tile);
    assert.equal(read?.length, fullTileWidth * hashBytes, 'a full tile below the edge is on disk');
    const bytes = Buffer.from(read);
    if (this.#cache.size >= cachedTiles) this.#cache.delete(this.#cache.keys().next().value!);
    this.#cache.set(name, bytes);
    return bytes;
  }
}

/** The root over a power of two of hashes that lie one behind the other. */
function foldHashes(hashes: Uint8Array): Buffer {
  let level = Buffer.from(hashes);
  while (level.length > hashBytes) {
    const above = Buffer.allocUnsafe(level.length / 2);
    for (let at = 0; at < level.length; at += 2 * hashBytes) {
      const left = level.subarray(at, at + hashBytes);
      above.set(hashChildren(left, level.subarray(at + hashBytes, at + 2 * hashBytes)), at / 2);
    }
    level = above;
  }
  return level;
}

const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 1);

/** RFC 9162 section 2.1.1: SHA-256(0x01 ‖ left ‖ right). One buffer serves every call. */
function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return sha256(nodeInput);
}

function tileName({ level, index }: TilePath): string {
  return `${level}/${index}`;
}
