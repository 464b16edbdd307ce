/** A text as the school's checks compare it: NFKC, lower case, and the way back to the original. */
export interface Folded {
  readonly original: string;
  readonly text: string;
  /** Original offset of the unit at an index; the original's length at the end. */
  start(index: number): number;
  /** Original offset just after the unit before an index. */
  end(index: number): number;
}

/** Units that stand for themselves: nearly all of a Japanese or English text. */
function isPlain(code: number): boolean {
  if (code < 0x80) return code < 0x41 || code > 0x5a;
  if (code >= 0x3041 && code <= 0x30fe)
    return code <= 0x3096 || (code >= 0x30a1 && code !== 0x30ff);
  return (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3001 && code <= 0x3011);
}

const mark = /^\p{M}$/u;
/** What single units fold to, kept because full-width signs come in every Japanese sentence. */
const folds = new Map<number, string>();
const mostKept = 4_096;

function fold(cluster: string): string {
  const code = cluster.length === 1 ? cluster.charCodeAt(0) : -1;
  const known = folds.get(code);
  if (known !== undefined) return known;
  const folded = cluster.normalize('NFKC').toLowerCase();
  if (code >= 0 && folds.size < mostKept) folds.set(code, folded);
  return folded;
}

/** Where the letter at a place ends, with the marks that belong to it. */
function clusterEnd(text: string, at: number): number {
  let end = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
  while (end < text.length && mark.test(text.charAt(end))) end++;
  return end;
}

function mayBeMark(code: number): boolean {
  return code >= 0x300 && !isPlain(code);
}

/**
 * Kanji numerals stay what they are: they are letters of words as often as numbers.
 * @param original any text; offsets are UTF-16 units
 */
export function foldText(original: string): Folded {
  let at = 0;
  const { length } = original;
  while (at < length && isPlain(original.charCodeAt(at))) at++;
  if (at === length) return new FoldedText(original, original, undefined);
  let text = '';
  let copied = 0;
  /** Undefined while every unit stands where it stood. */
  let starts: number[] | undefined;
  at = 0;
  while (at < length) {
    const isAlone = at + 1 >= length || !mayBeMark(original.charCodeAt(at + 1));
    if (isPlain(original.charCodeAt(at)) && isAlone) {
      starts?.push(at);
      at++;
      continue;
    }
    const end = clusterEnd(original, at);
    const cluster = original.slice(at, end);
    const folded = fold(cluster);
    if (folded.length !== cluster.length) starts ??= Array.from({ length: at }, (_, unit) => unit);
    if (folded !== cluster) {
      text += original.slice(copied, at) + folded;
      copied = end;
    }
    if (starts !== undefined)
      addStarts(starts, at, { before: cluster.length, after: folded.length });
    at = end;
  }
  return new FoldedText(original, text + original.slice(copied), starts);
}

function addStarts(
  starts: number[],
  at: number,
  { before, after }: { readonly before: number; readonly after: number },
): void {
  for (let unit = 0; unit < after; unit++) starts.push(before === after ? at + unit : at);
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
