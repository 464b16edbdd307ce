import { lazily } from './context.ts';

/** Many words looked for in one pass over a text, instead of one pass per word. */
export interface Lexicon {
  /** Every place where a word begins, in order, at or after `from`; also overlapping ones. */
  scan(text: string, from?: number): Generator<{ readonly at: number; readonly word: string }>;
  /** The first place at or after `from`, or undefined. */
  firstAt(text: string, from: number): number | undefined;
  /** Where a word may be growing at the end of the text; the text's length when nowhere. */
  openFrom(text: string, from: number): number;
}

interface Table {
  /** One bit per hash of a word's first units: most places of a text are dismissed by it. */
  readonly beginnings: Uint8Array;
  readonly byPair: ReadonlyMap<number, readonly string[]>;
  readonly prefixes: ReadonlySet<string>;
  readonly longest: number;
}

function pair(text: string, at: number): number {
  return ((text.charCodeAt(at) << 5) ^ text.charCodeAt(at + 1)) & 0xffff;
}

function build(words: readonly string[]): Table {
  const beginnings = new Uint8Array(0x10000);
  const byPair = new Map<number, string[]>();
  const prefixes = new Set<string>();
  let longest = 0;
  for (const word of new Set(words)) {
    const key = pair(word, 0);
    beginnings[key] = 1;
    byPair.set(key, [...(byPair.get(key) ?? []), word]);
    longest = Math.max(longest, word.length);
    for (let length = 1; length < word.length; length++) prefixes.add(word.slice(0, length));
  }
  return { beginnings, byPair, prefixes, longest };
}

/** @param words computed at first use; each of two units or more */
export function createLexicon(words: () => readonly string[]): Lexicon {
  const table = lazily(() => build(words()));
  return {
    *scan(text, from = 0) {
      const { beginnings, byPair } = table();
      for (let at = from; at < text.length - 1; at++) {
        const key = pair(text, at);
        if (beginnings[key] === 0) continue;
        for (const word of byPair.get(key) ?? []) {
          if (text.startsWith(word, at)) yield { at, word };
        }
      }
    },
    firstAt(text, from) {
      for (const { at } of this.scan(text, from)) return at;
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
