import { createLexicon, type Lexicon } from '#supervisor';
import { Aliases } from './aliases.ts';
import { foldText } from './folded.ts';
import type { CodeMatch } from './lesson.ts';
import type { Pack } from './pack.ts';
import { type Bag, type Hit, Postings, bagOf, counted } from './postings.ts';
import type { Item, PackPassage, Word } from './schema.ts';
import { WordCutter, gramsOf, plainOf } from './tokens.ts';

export interface CurriculumMatch {
  /** Best first. */
  readonly codes: readonly CodeMatch[];
  /** From 0 to 1: how much of what the text speaks of stands in the statements that fit best. */
  readonly coverage: number;
}

/** Of each list, how deep it is read; and the constant of rank fusion (Cormack et al. 2009). */
const depth = 100;
const fusion = 60;
/** What stands above a statement counts less than its own words. */
const aboveWeight = { words: 0.3, grams: 0.5 } as const;
const passageWeight = 1;
/** Somebody who knows pupils wrote that these words mean this: it counts more than likeness. */
const aliasWeight = 2;
/** Where the best statement is known by such a word, the curriculum does speak of it. */
const aliasCoverage = 0.5;

/** What the curriculum says, to be searched in a pupil's or a model's words. */
export class Curriculum {
  readonly #items: readonly Item[];
  readonly #place: ReadonlyMap<string, number>;
  readonly #passageCodes: readonly (readonly number[])[];
  readonly #cutter: WordCutter;
  readonly #words: Postings;
  readonly #grams: Postings;
  readonly #passages: Postings;
  readonly #bags: readonly Bag[];
  readonly #synonyms: Synonyms;
  readonly #aliases: Aliases;
  readonly #aliasPlaces: readonly (readonly number[])[];

  constructor(pack: Pick<Pack, 'items' | 'passages' | 'aliases' | 'words' | 'manifest'>) {
    this.#items = pack.items;
    this.#place = new Map(pack.items.map(({ code }, at) => [code, at]));
    this.#cutter = new WordCutter(pack.manifest.languages[0] ?? 'en');
    this.#synonyms = new Synonyms(pack.words);
    this.#aliases = new Aliases(pack.aliases);
    this.#aliasPlaces = pack.aliases.map((alias) => this.#placesOf(alias));
    const words = pack.items.map((item) => this.#cutter.words(fold(item.text)));
    const grams = pack.items.map((item) => gramsOf(fold(item.text)));
    const above = pack.items.map((item) => this.#above(item));
    const bags = (own: readonly string[][], weight: number): Bag[] =>
      own.map((terms, at) =>
        bagOf([[terms, 1], ...above[at]!.map((up) => [own[up]!, weight] as const)]),
      );
    this.#bags = bags(grams, aboveWeight.grams);
    this.#grams = new Postings(this.#bags);
    this.#words = new Postings(bags(words, aboveWeight.words));
    const passages = pack.passages.filter((passage) => this.#placesOf(passage).length > 0);
    this.#passageCodes = passages.map((passage) => this.#placesOf(passage));
    this.#passages = new Postings(
      passages.map(({ text }) => bagOf([[gramsOf(fold(plainOf(text))), 1]])),
    );
  }

  item(code: string): Item | undefined {
    const at = this.#place.get(code);
    return at === undefined ? undefined : this.#items[at];
  }

  search(text: string, most: number): CurriculumMatch {
    const folded = fold(text);
    const more = this.#synonyms.of(folded);
    const grams = counted([...gramsOf(folded), ...more.flatMap((word) => gramsOf(word))]);
    const words = counted([...this.#cutter.words(folded), ...more]);
    const scores = new Map<number, number>();
    const vote = (places: readonly number[], rank: number, weight: number): void => {
      for (const at of places) {
        scores.set(at, (scores.get(at) ?? 0) + weight / (fusion + rank + 1));
      }
    };
    const rank = (hits: readonly Hit[], of: (hit: Hit) => readonly number[], weight = 1): void => {
      for (const [place, hit] of hits.entries()) vote(of(hit), place, weight);
    };
    rank(this.#words.search(words, depth), ({ document }) => [document]);
    rank(this.#grams.search(grams, depth), ({ document }) => [document]);
    rank(
      firstOfEach(this.#passages.search(grams, depth), this.#passageCodes),
      ({ document }) => [document],
      passageWeight,
    );
    const known = this.#aliases.find(folded);
    rank(
      known.hits.slice(0, depth).map(({ row, score }) => ({ document: row, score })),
      ({ document }) => this.#aliasPlaces[document]!,
      aliasWeight,
    );
    const best = [...scores].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
    const isAlias = (row: number | undefined): boolean =>
      row !== undefined && this.#aliasPlaces[row]!.includes(best[0]![0]);
    const top = (3 + (known.hits.length > 0 ? aliasWeight : 0)) / (fusion + 1);
    return {
      codes: best.map(([at, score]) => ({
        code: this.#items[at]!.code,
        score: Math.min(1, score / top),
        years: this.#items[at]!.years,
        subject: this.#items[at]!.subject,
      })),
      coverage: Math.max(
        this.#coverage(
          grams,
          best.slice(0, 3).map(([at]) => at),
          new Set(known.grams),
        ),
        isAlias(known.hits[0]?.row) ? aliasCoverage : 0,
      ),
    };
  }

  #coverage(
    grams: ReadonlyMap<string, number>,
    best: readonly number[],
    known: ReadonlySet<string>,
  ): number {
    let all = 0;
    let found = 0;
    for (const gram of grams.keys()) {
      if (!isTelling(gram)) continue;
      const weight = this.#grams.rarity(gram);
      all += weight;
      const said = known.has(gram) || best.some((at) => this.#bags[at]!.has(gram));
      if (said) found += weight;
    }
    return all === 0 ? 0 : found / all;
  }

  #placesOf({ codes }: Pick<PackPassage, 'codes'>): number[] {
    return codes.flatMap((code) => this.#place.get(code) ?? []);
  }

  /** The statements above one, nearest first; a circle in a pack ends it. */
  #above(item: Item): number[] {
    const above: number[] = [];
    let { parent } = item;
    while (parent !== null && above.length < 12) {
      const at = this.#place.get(parent);
      if (at === undefined || above.includes(at)) break;
      above.push(at);
      ({ parent } = this.#items[at]!);
    }
    return above;
  }
}

const hiragana = /^[\u3041-\u309fー]+$/;

/** Pairs of hiragana are grammar more often than subject. */
function isTelling(gram: string): boolean {
  return !hiragana.test(gram);
}

function fold(text: string): string {
  return foldText(text).text;
}

/** A statement takes the place of its best passage. */
function firstOfEach(hits: readonly Hit[], codes: readonly (readonly number[])[]): Hit[] {
  const seen = new Set<number>();
  const found: Hit[] = [];
  for (const { document, score } of hits) {
    for (const at of codes[document]!) {
      if (seen.has(at)) continue;
      seen.add(at);
      found.push({ document: at, score });
    }
  }
  return found;
}

/** From the words pupils use, and from kana alone, to the words of the curriculum. */
class Synonyms {
  readonly #lexicon: Lexicon;
  readonly #words = new Map<string, string[]>();

  constructor(words: readonly Word[]) {
    for (const { word, reading, simpler } of words) {
      const folded = fold(word);
      for (const other of [reading, simpler]) {
        const key = other === undefined ? '' : fold(other);
        // Two syllables of kana come within too many other words.
        if (key.length < 2 || (hiragana.test(key) && key.length < 3) || key === folded) continue;
        this.#words.set(key, [...(this.#words.get(key) ?? []), folded]);
      }
    }
    this.#lexicon = createLexicon(() => [...this.#words.keys()]);
  }

  of(text: string): string[] {
    const found = new Set<string>();
    for (const { word } of this.#lexicon.scan(text)) {
      for (const other of this.#words.get(word) ?? []) found.add(other);
    }
    return [...found];
  }
}
