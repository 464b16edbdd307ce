/** A text as the school's checks compare it: NFKC, lower case, and the way back to the original. */
export interface Folded {
  readonly original: string;
  readonly text: string;
  /** Original offset of the unit at an index; the original's length at the end. */
  start(index: number): number;
  /** Original offset just after the unit before an index. */
  end(index: number): number;
}

const plain = /^[\n -@[-~\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\u3001\u3002\u300c\u300d]*$/;

/**
 * Kanji numerals stay what they are: they are letters of words as often as numbers.
 * @param original any text; offsets are UTF-16 units
 */
export function foldText(original: string): Folded {
  if (plain.test(original)) return new FoldedText(original, original, undefined);
  let text = '';
  const starts: number[] = [];
  let at = 0;
  // Letter by letter with its marks, so that what NFKC puts together stays together.
  for (const [cluster] of original.matchAll(/\P{M}?\p{M}*/gu)) {
    const folded = cluster.normalize('NFKC').toLowerCase();
    for (let unit = 0; unit < folded.length; unit++) {
      starts.push(folded.length === cluster.length ? at + unit : at);
    }
    text += folded;
    at += cluster.length;
  }
  return new FoldedText(original, text, starts);
}

class FoldedText implements Folded {
  readonly original: string;
  readonly text: string;
  readonly #starts: readonly number[] | undefined;

  constructor(original: string, text: string, starts: readonly number[] | undefined) {
    this.original = original;
    this.text = text;
    this.#starts = starts;
  }

  start(index: number): number {
    if (index >= this.text.length) return this.original.length;
    return this.#starts === undefined ? index : (this.#starts[index] ?? 0);
  }

  end(index: number): number {
    if (this.#starts === undefined || index >= this.text.length) {
      return Math.min(index, this.original.length);
    }
    // What several units came from is taken whole.
    const last = this.#starts[index - 1] ?? 0;
    let next = index;
    while (next < this.text.length && this.#starts[next] === last) next++;
    return this.start(next);
  }
}
