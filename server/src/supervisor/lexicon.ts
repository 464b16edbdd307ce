/** Computed at first use and kept, because importing a module does no work. */
export function lazily<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

export interface Hit {
  readonly at: number;
  readonly word: string;
}

/** Many words looked for in one pass over a text, instead of one pass per word. */
export interface Lexicon {
  /**
   * Every place where a word begins and ends between `from` and `to`, in order of its beginning.
   */
  scan(text: string, from?: number, to?: number): Generator<Hit>;
  /** The first place at or after `from`, or undefined. */
  firstAt(text: string, from: number): number | undefined;
  /** Where a word may be growing at the end of the text; the text's length when nowhere. */
  openFrom(text: string, from: number): number;
}

/**
 * Words by a hash of their first units. Nearly every place of a text is dismissed by one look at a
 * flag, so the hash takes in as many units as it can: two would match half of all English.
 */
interface Table {
  /** Units that the hash of long words takes in: 4, or 3 where a word has no more. */
  readonly reach: number;
  readonly long: Bucket;
  /** Words of two units; undefined when there are none. */
  readonly short: Bucket | undefined;
  readonly single: ReadonlySet<string>;
  readonly prefixes: ReadonlySet<string>;
  readonly longest: number;
}

interface Bucket {
  /** One bit a hash: 8 KB, so that it stays in the processor's nearest cache. */
  readonly begins: Uint32Array;
  readonly words: ReadonlyMap<number, readonly string[]>;
}

const hashBits = 16;
const mask = (1 << hashBits) - 1;
const pairShift = shiftOf(2);
const noPairs = new Uint32Array((mask + 1) / 32);

/** Of `reach` units: rolled on over a text, a unit is shifted out after as many more. */
function hashAt(text: string, at: number, reach: number): number {
  return rolled(text, at, at + reach, shiftOf(reach));
}

function rolled(text: string, from: number, to: number, shift: number): number {
  let hash = 0;
  for (let unit = from; unit < to; unit++) {
    hash = ((hash << shift) ^ text.charCodeAt(unit)) & mask;
  }
  return hash;
}

function shiftOf(reach: number): number {
  return Math.ceil(hashBits / reach);
}

function isSet(bits: Uint32Array, hash: number): boolean {
  return ((bits[hash >>> 5] ?? 0) & (1 << (hash & 31))) !== 0;
}

function bucket(words: readonly string[], reach: number): Bucket {
  const begins = new Uint32Array((mask + 1) / 32);
  const byHash = new Map<number, string[]>();
  for (const word of words) {
    const hash = hashAt(word, 0, reach);
    begins[hash >>> 5] = (begins[hash >>> 5] ?? 0) | (1 << (hash & 31));
    byHash.set(hash, [...(byHash.get(hash) ?? []), word]);
  }
  return { begins, words: byHash };
}

function build(given: readonly string[]): Table {
  const words = [...new Set(given)];
  const prefixes = new Set<string>();
  let longest = 0;
  for (const word of words) {
    longest = Math.max(longest, word.length);
    for (let length = 1; length < word.length; length++) prefixes.add(word.slice(0, length));
  }
  const reach = words.some(({ length }) => length === 3) ? 3 : 4;
  const long = words.filter(({ length }) => length >= reach);
  const short = words.filter(({ length }) => length === 2);
  return {
    reach,
    long: bucket(long, reach),
    short: short.length === 0 ? undefined : bucket(short, 2),
    single: new Set(words.filter(({ length }) => length === 1)),
    prefixes,
    longest,
  };
}

/**
 * The first place from `from` at which a word may begin; -1 when there is none. A loop of its own
 * for tables of long words alone: this is the hot path of every text that passes.
 */
function placeFrom(table: Table, text: string, from: number, to: number): number {
  const { reach, long, short, single } = table;
  if (short !== undefined || single.size > 0) return placeOfAny(table, text, from, to);
  const bits = long.begins;
  const shift = shiftOf(reach);
  const last = Math.min(to, text.length) - reach;
  let hash = last < from ? 0 : rolled(text, from, from + reach - 1, shift);
  for (let at = from; at <= last; at++) {
    hash = ((hash << shift) ^ text.charCodeAt(at + reach - 1)) & mask;
    if (isSet(bits, hash)) return at;
  }
  return -1;
}

function placeOfAny(table: Table, text: string, from: number, to: number): number {
  const { reach, long, short, single } = table;
  const bits = long.begins;
  const pairs = short?.begins ?? noPairs;
  const shift = shiftOf(reach);
  const alone = single.size > 0;
  const end = Math.min(to, text.length);
  const last = end - reach;
  let hash = last < from ? 0 : rolled(text, from, from + reach - 1, shift);
  let next = text.charCodeAt(from);
  let at = from;
  for (; at <= last; at++) {
    const unit = next;
    next = text.charCodeAt(at + 1);
    hash = ((hash << shift) ^ text.charCodeAt(at + reach - 1)) & mask;
    if (isSet(bits, hash) || isSet(pairs, ((unit << pairShift) ^ next) & mask)) return at;
    if (alone && single.has(text.charAt(at))) return at;
  }
  for (; at < end; at++) {
    if (alone && single.has(text.charAt(at))) return at;
    if (at + 2 <= end && isSet(pairs, hashAt(text, at, 2))) return at;
  }
  return -1;
}

const noWords: readonly string[] = [];

/**
 * The words of a table that stand at a place and end by `to`. Nearly always none, and then nothing
 * is made for it.
 */
function wordsAt(table: Table, text: string, at: number, to: number): readonly string[] {
  const { reach, long, short, single } = table;
  const pairs =
    short !== undefined && at + 2 <= to ? short.words.get(hashAt(text, at, 2)) : noWords;
  const others = at + reach <= to ? long.words.get(hashAt(text, at, reach)) : noWords;
  let found: string[] | undefined;
  if (single.size > 0 && single.has(text.charAt(at))) found = [text.charAt(at)];
  for (const words of [pairs, others]) {
    if (words === undefined) continue;
    for (const word of words) {
      if (at + word.length <= to && text.startsWith(word, at)) (found ??= []).push(word);
    }
  }
  return found ?? noWords;
}

/** @param words asked for at first use */
export function createLexicon(words: () => readonly string[]): Lexicon {
  const table = lazily(() => build(words()));
  return {
    *scan(text, from = 0, to = text.length) {
      const known = table();
      let at = placeFrom(known, text, from, to);
      for (; at >= 0; at = placeFrom(known, text, at + 1, to)) {
        for (const word of wordsAt(known, text, at, to)) yield { at, word };
      }
    },
    firstAt(text, from) {
      const known = table();
      const to = text.length;
      let at = placeFrom(known, text, from, to);
      for (; at >= 0; at = placeFrom(known, text, at + 1, to)) {
        if (wordsAt(known, text, at, to).length > 0) return at;
      }
      return undefined;
    },
    openFrom(text, from) {
      const { prefixes, longest } = table();
      for (let at = Math.max(from, text.length - longest + 1); at < text.length; at++) {
        if (prefixes.has(text.slice(at))) return at;
      }
      return text.length;
    },
  };
}
