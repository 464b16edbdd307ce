/** A document of a search and how well it fits. */
export interface Hit {
  readonly document: number;
  readonly score: number;
}

/** One row for each term: documents and weights lie side by side in two long arrays. */
interface Rows {
  readonly terms: ReadonlyMap<string, number>;
  readonly from: Uint32Array;
  readonly documents: Uint32Array;
  readonly weights: Float32Array;
  /** Inverse document frequency of each term. */
  readonly rarity: Float32Array;
}

/** A document as a bag of terms, each with how much an occurrence counts. */
export type Bag = ReadonlyMap<string, number>;

export function bagOf(fields: readonly (readonly [readonly string[], number])[]): Bag {
  const bag = new Map<string, number>();
  for (const [terms, weight] of fields) {
    for (const term of terms) bag.set(term, (bag.get(term) ?? 0) + weight);
  }
  return bag;
}

/**
 * BM25 (Robertson and Zaragoza 2009) over weighted fields, computed when the index is made, so that
 * a search adds numbers and nothing else.
 */
export class Postings {
  readonly #rows: Rows;
  readonly #scores: Float64Array;
  readonly size: number;

  constructor(bags: readonly Bag[], { k1 = 1.2, b = 0.75 } = {}) {
    this.size = bags.length;
    this.#rows = rowsOf(bags, k1, b);
    this.#scores = new Float64Array(bags.length);
  }

  rarity(term: string): number {
    const row = this.#rows.terms.get(term);
    // A term no document has is as rare as one could be.
    return row === undefined ? Math.log(1 + (this.size + 0.5) / 0.5) : this.#rows.rarity[row]!;
  }

  knows(term: string): boolean {
    return this.#rows.terms.has(term);
  }

  /**
   * @param terms repeated ones count as often; weights by term where a query is expanded
   * @returns best first, at most `most`, of equal ones the earlier document first
   */
  search(terms: Iterable<readonly [string, number]>, most: number): Hit[] {
    const { from, documents, weights } = this.#rows;
    const touched: number[] = [];
    for (const [term, times] of terms) {
      const row = this.#rows.terms.get(term);
      if (row === undefined) continue;
      for (let at = from[row]!; at < from[row + 1]!; at++) {
        const document = documents[at]!;
        if (this.#scores[document] === 0) touched.push(document);
        this.#scores[document]! += weights[at]! * times;
      }
    }
    const best = this.#best(touched, most);
    for (const document of touched) this.#scores[document] = 0;
    return best;
  }

  #best(touched: readonly number[], most: number): Hit[] {
    const hits: Hit[] = [];
    for (const document of touched) {
      const score = this.#scores[document]!;
      const last = hits.at(-1);
      if (hits.length === most && last !== undefined && !isBefore({ document, score }, last)) {
        continue;
      }
      let place = hits.length;
      while (place > 0 && isBefore({ document, score }, hits[place - 1]!)) place--;
      hits.splice(place, 0, { document, score });
      if (hits.length > most) hits.pop();
    }
    return hits;
  }
}

function isBefore(a: Hit, b: Hit): boolean {
  return a.score > b.score || (a.score === b.score && a.document < b.document);
}

function rowsOf(bags: readonly Bag[], k1: number, b: number): Rows {
  const terms = new Map<string, number>();
  const counts: number[] = [];
  const lengths = bags.map((bag) => {
    let length = 0;
    for (const [term, weight] of bag) {
      length += weight;
      const row = terms.get(term) ?? terms.size;
      if (row === terms.size) terms.set(term, row);
      counts[row] = (counts[row] ?? 0) + 1;
    }
    return length;
  });
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, bags.length);
  const from = new Uint32Array(counts.length + 1);
  for (const [row, count] of counts.entries()) from[row + 1] = from[row]! + count;
  const next = from.slice();
  const documents = new Uint32Array(from.at(-1) ?? 0);
  const weights = new Float32Array(documents.length);
  const rarity = Float32Array.from(counts, (count) =>
    Math.log(1 + (bags.length - count + 0.5) / (count + 0.5)),
  );
  for (const [document, bag] of bags.entries()) {
    const norm = k1 * (1 - b + (b * lengths[document]!) / (mean || 1));
    for (const [term, frequency] of bag) {
      const row = terms.get(term)!;
      const at = next[row]!++;
      documents[at] = document;
      weights[at] = (rarity[row]! * frequency * (k1 + 1)) / (frequency + norm);
    }
  }
  return { terms, from, documents, weights, rarity };
}

/** How often each term comes in a query. */
export function counted(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
