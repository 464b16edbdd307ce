import { createLexicon, type Lexicon } from '#supervisor';
import { foldText } from './folded.ts';
import { listedNames } from './names.ts';
import type { Pack } from './pack.ts';
import type { Word } from './schema.ts';
import { type Span, sentencesOf } from './sentences.ts';

/** A word written in characters the pupils have not learnt. */
export interface HardWord extends Span {
  readonly characters: string;
  readonly reading: string | null;
  readonly simpler: string | null;
}

const run = /[\p{sc=Han}々]+/gu;
const readingAfter = /^\s?[(（《〈［[]\s?[\u3041-\u309f\u30a1-\u30faー・\s]+[)）》〉］\]]/u;
const ruby = /<ruby>(.*?)<\/ruby>/gu;
const han = /\p{sc=Han}/u;
const hiraganaEnd = /^[\u3041-\u309f]{0,3}/u;

/** Characters by the year in which they are taught, and what may be written before that. */
export class GradeFit {
  readonly #yearOf = new Map<string, number>();
  readonly #last: number;
  readonly #words: Lexicon;
  readonly #known = new Map<string, Word>();
  /** Names that are themselves taught, with the first year in which they are. */
  readonly #names = new Map<string, number>();

  constructor({ characters, words, items }: Pick<Pack, 'characters' | 'words' | 'items'>) {
    for (const row of characters) {
      for (const letter of row.characters) {
        this.#yearOf.set(letter, Math.min(row.year, this.#yearOf.get(letter) ?? row.year));
      }
    }
    this.#last = Math.max(-1, ...characters.map(({ year }) => year));
    for (const word of words) this.#known.set(word.word, word);
    for (const { text, years } of items) {
      const first = Math.min(...years);
      for (const name of Number.isFinite(first) ? listedNames(foldText(text).text) : []) {
        this.#names.set(name, Math.min(first, this.#names.get(name) ?? first));
      }
    }
    this.#words = createLexicon(() => [...this.#known.keys(), ...this.#names.keys()]);
  }

  /** Whether the pack says anything about characters in this year. */
  covers(year: number): boolean {
    return year <= this.#last;
  }

  isAbove(letter: string, year: number): boolean {
    return han.test(letter) && letter !== '々' && (this.#yearOf.get(letter) ?? Infinity) > year;
  }

  /**
   * Words with characters above the year. Left out: words with their reading beside them (from
   * then on), words and names that are taught by then, and what the pupil wrote.
   * @param own what the pupil wrote
   */
  hardWords(text: string, year: number, own = ''): HardWord[] {
    if (!this.covers(year)) return [];
    const free = this.#freeUnits(text, year, own);
    const isHard = (at: number): boolean => this.isAbove(text.charAt(at), year) && free[at] === 0;
    const read = new Set<string>();
    const found: HardWord[] = [];
    for (const match of text.matchAll(run)) {
      const span = { start: match.index, end: match.index + match[0].length };
      if (readingAfter.test(text.slice(span.end, span.end + 40))) read.add(match[0]);
      if (read.has(match[0])) continue;
      found.push(...this.#hardIn(text, span, isHard));
    }
    return found;
  }

  /** Words of the list that pupils know from a later year on only, and how to say them simpler. */
  laterWords(text: string, year: number): (Span & { readonly word: Word })[] {
    const found: (Span & { readonly word: Word })[] = [];
    for (const { at, word } of this.#words.scan(text)) {
      const known = this.#known.get(word);
      if (known?.year === undefined || known.year <= year) continue;
      if (at < (found.at(-1)?.end ?? 0)) continue;
      found.push({ start: at, end: at + word.length, word: known });
    }
    return found;
  }

  /** 1 for each unit of the text that may stand as it is. */
  #freeUnits(text: string, year: number, own: string): Uint8Array {
    const free = new Uint8Array(text.length);
    for (const { at, word } of this.#words.scan(text)) {
      const from = this.#known.get(word)?.year ?? this.#names.get(word);
      if (from !== undefined && from <= year) free.fill(1, at, at + word.length);
    }
    for (const match of text.matchAll(ruby)) {
      free.fill(1, match.index, match.index + match[0].length);
    }
    for (const word of new Set(own.match(run))) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
        free.fill(1, at, at + word.length);
      }
    }
    return free;
  }

  /**
   * The hard words of one run of characters: each known word by itself, so that its reading stands
   * over it and nothing else, and the whole run for what no known word takes in.
   */
  #hardIn(text: string, span: Span, isHard: (at: number) => boolean): HardWord[] {
    const found: HardWord[] = [];
    let unread = '';
    for (let at = span.start; at < span.end; at++) {
      if (!isHard(at)) continue;
      const known = this.#offer(text, span, at);
      if (known === undefined) {
        unread += text.charAt(at);
        continue;
      }
      let characters = '';
      for (let of = at; of < known.end; of++) if (isHard(of)) characters += text.charAt(of);
      found.push({ ...known, characters });
      at = known.end - 1;
    }
    if (unread === '') return found;
    return [...found, { ...span, characters: unread, reading: null, simpler: null }];
  }

  /** The longest known word that takes in the character. */
  #offer(text: string, span: Span, at: number): Omit<HardWord, 'characters'> | undefined {
    const tail = hiraganaEnd.exec(text.slice(span.end))?.[0].length ?? 0;
    let best: (Span & { readonly word: Word }) | undefined;
    for (const hit of this.#words.scan(text, span.start, span.end + tail)) {
      const word = this.#known.get(hit.word);
      const covers = hit.at <= at && at < hit.at + hit.word.length;
      if (word === undefined || !covers || hit.word.length <= (best?.word.word.length ?? 0))
        continue;
      best = { start: hit.at, end: hit.at + hit.word.length, word };
    }
    if (best === undefined) return undefined;
    const { start, end, word } = best;
    return { start, end, reading: word.reading ?? null, simpler: word.simpler ?? null };
  }
}

/**
 * Letters (in scripts without blanks) or words a sentence may have by year of schooling. Our own
 * rule of thumb: no ministry publishes one. Three times as much in the last years as in the first.
 */
const lengths: readonly {
  readonly until: number;
  readonly letters: number;
  readonly words: number;
}[] = [
  { until: 2, letters: 40, words: 14 },
  { until: 4, letters: 60, words: 20 },
  { until: 6, letters: 85, words: 26 },
  { until: 9, letters: 120, words: 34 },
];

/** Sentences longer than the year's rule of thumb. */
export function longSentences(text: string, year: number): (Span & { readonly most: number })[] {
  const rule = lengths.find(({ until }) => year <= until);
  if (rule === undefined) return [];
  const found: (Span & { readonly most: number })[] = [];
  for (const { start, end } of sentencesOf(text)) {
    const sentence = text.slice(start, end);
    const isSpaced = (sentence.match(/\s/g)?.length ?? 0) * 12 > sentence.length;
    const most = isSpaced ? rule.words : rule.letters;
    const length = isSpaced ? sentence.split(/\s+/).length : sentence.length;
    if (length > most) found.push({ start, end, most });
  }
  return found;
}
