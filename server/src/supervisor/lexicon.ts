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

interface Table {
  /** One flag per hash of a word's first units: most places of a text are dismissed by it. */
  readonly beginnings: Uint8Array;
  readonly byPair: ReadonlyMap<number, readonly string[]>;
  readonly single: ReadonlySet<string>;
  readonly prefixes: ReadonlySet<string>;
  readonly longest: number;
}

const hashes = 0x1000;

function pair(unit: number, next: number): number {
  return ((unit * 31) ^ next) & (hashes - 1);
}

function build(words: readonly string[]): Table {
  const beginnings = new Uint8Array(hashes);
  const byPair = new Map<number, string[]>();
  const single = new Set<string>();
  const prefixes = new Set<string>();
  let longest = 0;
  for (const word of new Set(words)) {
    longest = Math.max(longest, word.length);
    for (let length = 1; length < word.length; length++) prefixes.add(word.slice(0, length));
    if (word.length === 1) {
      single.add(word);
      continue;
    }
    const key = pair(word.charCodeAt(0), word.charCodeAt(1));
    beginnings[key] = 1;
    byPair.set(key, [...(byPair.get(key) ?? []), word]);
  }
  return { beginnings, byPair, single, prefixes, longest };
}

/** @param words asked for at first use */
export function createLexicon(words: () => readonly string[]): Lexicon {
  const table = lazily(() => build(words()));
  return {
    *scan(text, from = 0, to = text.length) {
      const { beginnings, byPair, single } = table();
      const alone = single.size > 0;
      let next = text.charCodeAt(from);
      for (let at = from; at < to; at++) {
        const unit = next;
        next = text.charCodeAt(at + 1);
        if (alone && single.has(text.charAt(at))) yield { at, word: text.charAt(at) };
        const key = pair(unit, next);
        if (beginnings[key] === 0) continue;
        for (const word of byPair.get(key) ?? []) {
          if (at + word.length <= to && text.startsWith(word, at)) yield { at, word };
        }
      }
    },
    // Not by `scan`: this is asked for every piece of a stream, and a generator costs more than it.
    firstAt(text, from) {
      const { beginnings, byPair, single } = table();
      let next = text.charCodeAt(from);
      for (let at = from; at < text.length; at++) {
        const unit = next;
        next = text.charCodeAt(at + 1);
        if (single.size > 0 && single.has(text.charAt(at))) return at;
        const key = pair(unit, next);
        if (beginnings[key] === 0) continue;
        if ((byPair.get(key) ?? []).some((word) => text.startsWith(word, at))) return at;
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
