import { lazily } from '../lexicon.ts';
import type { Reader } from './reader.ts';

interface Node {
  readonly next: Map<number, Node>;
  word: boolean;
}

/** Words looked up unit by unit, so that no more of a text is read than the answer needs. */
export interface Trie {
  /** Length of the longest word that begins here; 0 when none does. */
  longest(reader: Reader, from: number): number;
  /** Every length of a word that begins here, as bits: bit 2 for a word of two units. */
  lengths(reader: Reader, from: number): number;
  has(word: string): boolean;
  readonly words: ReadonlySet<string>;
}

/** The same for words that end at a place, whose text is already there. */
export interface BackwardTrie {
  /** Every length of a word that ends before `at`, as bits. */
  lengths(text: string, at: number): number;
}

/** The root, and bits by which nearly every place is dismissed. */
interface Root extends Node {
  /** Units that a word begins with. */
  readonly begins: Uint32Array;
  /** Units that are words. */
  readonly alone: Uint32Array;
  /** Hashes of the first two units of a word. */
  readonly pairs: Uint32Array;
}

function isSet(bits: Uint32Array, at: number): boolean {
  return ((bits[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
}

function set(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31));
}

function pairOf(first: number, second: number): number {
  return (Math.imul(first, 0x9e3b) ^ second) & 0xffff;
}

function grow(words: Iterable<readonly number[]>): Root {
  const bits = (): Uint32Array => new Uint32Array(2_048);
  const root: Root = {
    next: new Map(),
    word: false,
    begins: bits(),
    alone: bits(),
    pairs: bits(),
  };
  for (const codes of words) {
    const [first = 0, second] = codes;
    set(root.begins, first);
    if (second === undefined) set(root.alone, first);
    else set(root.pairs, pairOf(first, second));
    let node: Node = root;
    for (const code of codes) {
      let next = node.next.get(code);
      if (next === undefined) node.next.set(code, (next = { next: new Map(), word: false }));
      node = next;
    }
    node.word = true;
  }
  return root;
}

function codesOf(word: string): number[] {
  return word.split('').map((unit) => unit.charCodeAt(0));
}

/** @param words asked for at first use; of up to 30 units */
export function createTrie(words: () => Iterable<string>): Trie {
  const known = lazily(() => new Set(words()));
  const root = lazily(() => grow([...known()].map(codesOf)));
  const lengths = (reader: Reader, from: number): number => {
    let found = 0;
    const whole = root();
    const first = reader.code(from);
    if (!isSet(whole.begins, first)) return 0;
    // No more is read than the way through the words would read.
    if (!isSet(whole.alone, first) && !isSet(whole.pairs, pairOf(first, reader.code(from + 1)))) {
      return 0;
    }
    let node: Node | undefined = whole;
    for (let at = from; ; at++) {
      node = node.next.get(reader.code(at));
      if (node === undefined) return found;
      if (node.word) found |= 1 << (at - from + 1);
      if (node.next.size === 0) return found;
    }
  };
  return {
    lengths,
    longest: (reader, from) => longestOf(lengths(reader, from)),
    has: (word) => known().has(word),
    get words() {
      return known();
    },
  };
}

export function createBackwardTrie(words: () => Iterable<string>): BackwardTrie {
  const root = lazily(() => grow([...words()].map((word) => codesOf(word).toReversed())));
  return {
    lengths(text, at) {
      let found = 0;
      const whole = root();
      const last = text.charCodeAt(at - 1);
      if (at === 0 || !isSet(whole.begins, last)) return 0;
      if (!isSet(whole.alone, last) && !isSet(whole.pairs, pairOf(last, text.charCodeAt(at - 2)))) {
        return 0;
      }
      let node: Node | undefined = whole;
      for (let end = at - 1; end >= 0; end--) {
        node = node.next.get(text.charCodeAt(end));
        if (node === undefined) return found;
        if (node.word) found |= 1 << (at - end);
      }
      return found;
    },
  };
}

/** The highest bit that is set. */
export function longestOf(lengths: number): number {
  return lengths === 0 ? 0 : 31 - Math.clz32(lengths);
}
