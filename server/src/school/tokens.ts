/** What a text is looked up by: words, or pairs of characters where no blank parts the words. */

const unspaced =
  '\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}ー々〆\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Mymr}';
const runs = new RegExp(
  `[${unspaced}][${unspaced}\\p{M}]*|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}])+`,
  'gu',
);
const isUnspaced = new RegExp(`^[${unspaced}]`, 'u');
const han = /\p{sc=Han}/u;
const hiraganaOnly = /^[\u3041-\u309fー]+$/;

/** Markup of the published commentary: bold quotations, readings over characters. */
export function plainOf(text: string): string {
  return text.replaceAll(
    /<rt>[^<]*<\/rt>|<rp>[^<]*<\/rp>|<\/?(?:b|i|u|ruby|rb|sub|sup|br)\s*\/?>/g,
    '',
  );
}

/** @param text folded */
export function gramsOf(text: string): string[] {
  const grams: string[] = [];
  for (const [run] of text.matchAll(runs)) {
    if (isUnspaced.test(run)) addPairs(run, grams);
    else addPieces(run, grams);
  }
  return grams;
}

/** Pairs of characters, and each kanji alone: it carries a meaning of its own. */
function addPairs(run: string, grams: string[]): void {
  for (let at = 0; at < run.length; at++) {
    if (at + 1 < run.length) grams.push(run.slice(at, at + 2));
    if (han.test(run.charAt(at))) grams.push(run.charAt(at));
  }
}

/** The word and, so that a slip of the pen does not lose it, its pieces of four letters. */
function addPieces(run: string, grams: string[]): void {
  grams.push(run);
  if (run.length < 5) return;
  const bounded = `_${run}_`;
  for (let at = 0; at + 4 <= bounded.length; at++) grams.push(bounded.slice(at, at + 4));
}

/** Words of a text by the runtime's own segmenter, short ones of hiragana left out. */
export class WordCutter {
  readonly #segmenter: Intl.Segmenter;

  /** @param language BCP 47 */
  constructor(language: string) {
    this.#segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  }

  /** @param text folded */
  words(text: string): string[] {
    const words: string[] = [];
    for (const { segment, isWordLike } of this.#segmenter.segment(text)) {
      if (isWordLike !== true) continue;
      if (segment.length <= 2 && hiraganaOnly.test(segment)) continue;
      words.push(segment);
    }
    return words;
  }
}
