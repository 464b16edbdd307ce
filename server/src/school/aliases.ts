import { createLexicon, type Lexicon } from '#supervisor';
import { foldText } from './folded.ts';
import { gramsOf } from './tokens.ts';

interface Row {
  readonly codes: readonly string[];
  readonly words: readonly string[];
}

export interface AliasHit {
  /** The row's place in the pack. */
  readonly row: number;
  readonly score: number;
}

/** How pupils speak of what the curriculum says in its own words. */
export class Aliases {
  readonly #lexicon: Lexicon;
  readonly #rows = new Map<string, number[]>();
  readonly #count: number;

  constructor(rows: readonly Row[]) {
    this.#count = rows.length;
    for (const [row, { words }] of rows.entries()) {
      for (const word of new Set(words.map((one) => foldText(one).text))) {
        this.#rows.set(word, [...(this.#rows.get(word) ?? []), row]);
      }
    }
    this.#lexicon = createLexicon(() => [...this.#rows.keys()]);
  }

  /**
   * The rows whose words a text has, best first: a long word and one of few rows says more.
   * @param folded as `foldText` gives it
   * @returns the rows, and the pairs of characters their words explain
   */
  find(folded: string): { readonly hits: readonly AliasHit[]; readonly grams: readonly string[] } {
    const scores = new Map<number, number>();
    const words = new Set<string>();
    for (const { word } of this.#lexicon.scan(folded)) words.add(word);
    for (const word of words) {
      const rows = this.#rows.get(word) ?? [];
      const weight = Math.log(1 + this.#count / rows.length) * Math.sqrt(word.length);
      for (const row of rows) scores.set(row, (scores.get(row) ?? 0) + weight);
    }
    const hits = [...scores]
      .map(([row, score]) => ({ row, score }))
      .toSorted((a, b) => b.score - a.score || a.row - b.row);
    return { hits, grams: [...words].flatMap((word) => gramsOf(word)) };
  }
}
