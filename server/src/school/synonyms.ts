import { createLexicon, type Lexicon } from '#supervisor';
import { foldText } from './folded.ts';
import type { Word } from './schema.ts';

const hiragana = /^[\u3041-\u309fー]+$/;

/** What a text means in the words of the curriculum. */
export interface Meant {
  /** Words of the curriculum. */
  readonly words: readonly string[];
  /** What the text says for them. */
  readonly said: readonly string[];
}

/** From the words pupils use, and from kana alone, to the words of the curriculum. */
export class Synonyms {
  readonly #lexicon: Lexicon;
  readonly #words = new Map<string, Set<string>>();

  constructor(words: readonly Word[]) {
    for (const { word, reading, simpler, also } of words) {
      const folded = foldText(word).text;
      for (const other of [reading, simpler, ...(also ?? [])]) {
        const key = other === undefined ? '' : foldText(other).text;
        // Two syllables of kana come within too many other words; an author who lists them knows.
        const isListed = other !== undefined && also?.includes(other) === true;
        if (key.length < 2 || key === folded) continue;
        if (!isListed && hiragana.test(key) && key.length < 3) continue;
        this.#words.set(key, (this.#words.get(key) ?? new Set()).add(folded));
      }
    }
    this.#lexicon = createLexicon(() => [...this.#words.keys()]);
  }

  /** @param text folded */
  meantIn(text: string): Meant {
    const hits = [...this.#lexicon.scan(text)].filter(({ at, word }) => isWhole(text, at, word));
    const words = new Set<string>();
    const said = new Set<string>();
    for (const { at, word } of hits) {
      // Of words within words the longest counts: `国語` is not said by who says `外国語`.
      if (hits.some((other) => isWithin(at, at + word.length, other))) continue;
      said.add(word);
      for (const other of this.#words.get(word) ?? []) words.add(other);
    }
    return { words: [...words], said: [...said] };
  }
}

function isWithin(
  at: number,
  end: number,
  other: { readonly at: number; readonly word: string },
): boolean {
  const until = other.at + other.word.length;
  return other.at <= at && end <= until && until - other.at > end - at;
}

function isWhole(text: string, at: number, word: string): boolean {
  if (!/^[\p{sc=Latn}]/u.test(word)) return true;
  const letter = /[\p{sc=Latn}\p{M}]/u;
  return !letter.test(text.charAt(at - 1)) && !letter.test(text.charAt(at + word.length));
}
