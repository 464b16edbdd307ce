import { Aliases } from './aliases.ts';
import { foldText } from './folded.ts';
import { Hierarchy } from './hierarchy.ts';
import type { CodeMatch } from './lesson.ts';
import type { Pack } from './pack.ts';
import { type Bag, type Hit, Postings, bagOf, counted } from './postings.ts';
import type { Item, PackPassage } from './schema.ts';
import { Synonyms } from './synonyms.ts';
import { WordCutter, gramsOf, plainOf } from './tokens.ts';

export interface CurriculumMatch {
  /** Best first. */
  readonly codes: readonly CodeMatch[];
  /** From 0 to 1: how much of what the text speaks of stands in the statements that fit best. */
  readonly coverage: number;
}

/** Of each list, how deep it is read. */
const depth = 200;
/** What stands above a statement counts less than its own words. */
const above = { words: 0.3, grams: 0.5 } as const;
/**
 * What each way of looking adds, each scaled to its own best. Set on the half of the commentary
 * whose units bench/school.mjs calls the development part, and on questions of our own.
 */
const shares = {
  words: 1,
  grams: 1,
  passages: 0.1,
  units: 0.2,
  kin: 0.3,
  years: 0.4,
  cited: 0.6,
  aliases: 2,
};
const bm25 = { k1: 0.8, b: 0.75 } as const;
const passageBm25 = { k1: 1.2, b: 0.5 } as const;
/** Where the best statement is known by a pupil's word, the curriculum does speak of it. */
const aliasCoverage = 0.5;
/** What a pupil's word stands for, in a question of up to so many letters. */
const meantWeight = 1.5;
const shortQuery = 25;

const none: ReadonlySet<string> = new Set();

type Scores = Map<number, number>;
interface Query {
  readonly text: string;
  readonly words: ReadonlyMap<string, number>;
  readonly grams: ReadonlyMap<string, number>;
  /** Of the pupil's words, what is known to stand for words of the curriculum. */
  readonly explained: readonly string[];
}

/** What the curriculum says, to be searched in a pupil's or a model's words. */
export class Curriculum {
  readonly #items: readonly Item[];
  readonly #hierarchy: Hierarchy;
  readonly #cutter: WordCutter;
  readonly #synonyms: Synonyms;
  readonly #statements: { readonly words: Postings; readonly grams: Postings };
  readonly #units: Postings;
  readonly #passages: { readonly words: Postings; readonly grams: Postings };
  readonly #passageCodes: readonly (readonly number[])[];
  readonly #aliases: Aliases;
  readonly #aliasPlaces: readonly (readonly number[])[];
  readonly #bags: readonly Bag[];

  constructor(pack: Pick<Pack, 'items' | 'passages' | 'aliases' | 'words' | 'manifest'>) {
    this.#items = pack.items;
    this.#hierarchy = new Hierarchy(pack.items);
    this.#cutter = new WordCutter(pack.manifest.languages[0] ?? 'en');
    this.#synonyms = new Synonyms(pack.words);
    this.#aliases = new Aliases(pack.aliases);
    this.#aliasPlaces = pack.aliases.map((alias) => this.#placesOf(alias));
    const texts = pack.items.map(({ text }) => foldText(plainOf(text)).text);
    const words = texts.map((text) => this.#cutter.words(text));
    const grams = texts.map((text) => gramsOf(text));
    const bags = (own: readonly string[][], weight: number): Bag[] =>
      own.map((terms, at) =>
        bagOf([[terms, 1], ...this.#hierarchy.above(at).map((up) => [own[up]!, weight] as const)]),
      );
    this.#bags = bags(grams, above.grams);
    this.#statements = {
      words: new Postings(bags(words, above.words), bm25),
      grams: new Postings(this.#bags, bm25),
    };
    this.#units = new Postings(
      this.#hierarchy.units.map((members) => bagOf(members.map((at) => [grams[at]!, 1] as const))),
    );
    const passages = pack.passages
      .map((passage) => ({ passage, places: this.#placesOf(passage) }))
      .filter(({ places }) => places.length > 0);
    this.#passageCodes = passages.map(({ places }) => places);
    const said = passages.map(({ passage }) => foldText(plainOf(passage.text)).text);
    this.#passages = {
      words: new Postings(
        said.map((text) => bagOf([[this.#cutter.words(text), 1]])),
        passageBm25,
      ),
      grams: new Postings(
        said.map((text) => bagOf([[gramsOf(text), 1]])),
        passageBm25,
      ),
    };
  }

  item(code: string): Item | undefined {
    const at = this.#hierarchy.place(code);
    return at === undefined ? undefined : this.#items[at];
  }

  /** @param without codes whose passages are not looked at: a measurement leaves them out */
  search(text: string, most: number, without: ReadonlySet<string> = none): CurriculumMatch {
    const query = this.#queryOf(text);
    const scores: Scores = new Map();
    add(scores, listed(this.#statements.words.search(query.words, depth)), shares.words);
    add(scores, listed(this.#statements.grams.search(query.grams, depth)), shares.grams);
    this.#addUnits(scores, query);
    this.#addPassages(scores, query, without);
    this.#addCited(scores, query.text);
    const known = this.#addAliases(scores, query.text);
    const explained = new Set([...query.explained, ...known.grams]);
    const best = [...scores].toSorted((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most);
    const top = best[0]?.[1] ?? 1;
    return {
      codes: best.map(([at, score]) => ({
        code: this.#items[at]!.code,
        score: score / top,
        years: this.#items[at]!.years,
        subject: this.#items[at]!.subject,
      })),
      coverage: Math.max(
        this.#coverage(query.grams, best.slice(0, 3), explained),
        known.best.includes(best[0]?.[0] ?? -1) ? aliasCoverage : 0,
      ),
    };
  }

  #queryOf(text: string): Query {
    const folded = foldText(plainOf(text)).text;
    const meant = this.#synonyms.meantIn(folded);
    const grams = counted(gramsOf(folded));
    const words = counted(this.#cutter.words(folded));
    if ([...grams.keys()].some(isTelling)) {
      for (const gram of grams.keys()) {
        if (!isTelling(gram)) grams.delete(gram);
      }
    }
    // A short question is what it means; a long text says it in words of its own.
    const weight = Math.min(meantWeight, (meantWeight * shortQuery) / Math.max(1, folded.length));
    for (const word of meant.words) {
      for (const gram of gramsOf(word)) grams.set(gram, (grams.get(gram) ?? 0) + weight);
      for (const part of this.#cutter.words(word)) words.set(part, (words.get(part) ?? 0) + weight);
    }
    return { text: folded, grams, words, explained: meant.said.flatMap((word) => gramsOf(word)) };
  }

  /** A whole unit that fits lifts its members. */
  #addUnits(scores: Scores, { grams }: Query): void {
    for (const [unit, share] of listed(this.#units.search(grams, 20))) {
      for (const at of this.#hierarchy.units[unit]!) addTo(scores, at, share * shares.units);
    }
  }

  /** A passage speaks for the statements it explains, and a little for their unit. */
  #addPassages(scores: Scores, { words, grams }: Query, without: ReadonlySet<string>): void {
    const fit: Scores = new Map();
    add(fit, listed(this.#passages.words.search(words, depth)), 1);
    add(fit, listed(this.#passages.grams.search(grams, depth)), 1);
    const sorted = [...fit]
      .filter(([passage]) => {
        const places = without.size === 0 ? [] : this.#passageCodes[passage]!;
        return !places.some((at) => without.has(this.#items[at]!.code));
      })
      .toSorted((a, b) => b[1] - a[1]);
    const own: Scores = new Map();
    const kin: Scores = new Map();
    for (const [rank, [passage, share]] of sorted.entries()) {
      const places = this.#passageCodes[passage]!;
      for (const at of places) raise(own, at, share / Math.sqrt(places.length));
      if (rank >= 10) continue;
      const units = new Set(places.map((at) => this.#hierarchy.unitOf(at)));
      for (const unit of units) addTo(kin, unit, share / (1 + rank));
    }
    add(scores, scaled(own), shares.passages);
    for (const [unit, share] of scaled(kin)) {
      for (const at of this.#hierarchy.units[unit]!) addTo(scores, at, share * shares.kin);
    }
  }

  /** What a text names by its year or its label: `第5学年`, `アの(イ)`. */
  #addCited(scores: Scores, text: string): void {
    const year = /第([1-6])学年/.exec(text)?.[1];
    for (const at of year === undefined ? [] : this.#hierarchy.ofYear(Number(year))) {
      if (scores.has(at)) addTo(scores, at, shares.years);
    }
    for (const at of this.#hierarchy.cited(text.slice(0, 40))) addTo(scores, at, shares.cited);
  }

  /** Somebody who knows pupils wrote that these words mean it. */
  #addAliases(
    scores: Scores,
    text: string,
  ): { readonly grams: readonly string[]; readonly best: readonly number[] } {
    const { hits, grams } = this.#aliases.find(text);
    const fit: Scores = new Map();
    for (const { row, score } of hits.slice(0, depth)) {
      for (const at of this.#aliasPlaces[row]!) raise(fit, at, score);
    }
    if (fit.size > 0) add(scores, scaled(fit), shares.aliases);
    const [first] = hits;
    return { grams, best: first === undefined ? [] : this.#aliasPlaces[first.row]! };
  }

  #coverage(
    grams: ReadonlyMap<string, number>,
    best: readonly (readonly [number, number])[],
    explained: ReadonlySet<string>,
  ): number {
    let all = 0;
    let found = 0;
    for (const gram of grams.keys()) {
      if (!isTelling(gram)) continue;
      const weight = this.#statements.grams.rarity(gram);
      all += weight;
      if (explained.has(gram) || best.some(([at]) => this.#bags[at]!.has(gram))) found += weight;
    }
    return all === 0 ? 0 : found / all;
  }

  #placesOf({ codes }: Pick<PackPassage, 'codes'>): number[] {
    return codes.flatMap((code) => this.#hierarchy.place(code) ?? []);
  }
}

const hiragana = /^[\u3041-\u309fー]+$/;

function isTelling(gram: string): boolean {
  return !hiragana.test(gram);
}

function listed(hits: readonly Hit[]): Scores {
  const top = hits[0]?.score ?? 1;
  return new Map(hits.map(({ document, score }) => [document, score / top]));
}

function scaled(scores: Scores): Scores {
  const top = Math.max(...scores.values());
  return new Map([...scores].map(([at, score]) => [at, score / top]));
}

function add(scores: Scores, more: Scores, weight: number): void {
  for (const [at, score] of more) addTo(scores, at, score * weight);
}

function addTo(scores: Scores, at: number, score: number): void {
  scores.set(at, (scores.get(at) ?? 0) + score);
}

function raise(scores: Scores, at: number, score: number): void {
  if (score > (scores.get(at) ?? 0)) scores.set(at, score);
}
