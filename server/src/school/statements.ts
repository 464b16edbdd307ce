import { foldText } from './folded.ts';
import type { Evidence } from './note.ts';
import type { Pack } from './pack.ts';
import { Postings, bagOf, counted } from './postings.ts';
import { type Quantity, quantitiesOf } from './quantities.ts';
import { sentencesOf } from './sentences.ts';
import { gramsOf, plainOf } from './tokens.ts';

/** One sentence an answer is held against. */
export interface Statement {
  /** Without markup, as the pack has it. */
  readonly original: string;
  readonly text: string;
  readonly evidence: Evidence;
  readonly quantities: readonly Quantity[];
}

/** How close a statement is to what was said: of a sentence's telling words, those it has. */
export interface Near {
  readonly statement: Statement;
  readonly frame: number;
}

/** Every sentence of a pack's passages and curriculum. */
export class Statements {
  readonly #texts: readonly Source[];
  readonly #postings: Postings;
  readonly #comma: ',' | '.';
  /** What was worked out of a statement, so that it is worked out once. */
  readonly #made = new Map<number, Statement>();

  constructor(pack: Pick<Pack, 'items' | 'passages'>, comma: ',' | '.') {
    this.#comma = comma;
    this.#texts = [...sourcesOf(pack)];
    this.#postings = new Postings(
      this.#texts.map(({ text }) => bagOf([[gramsOf(foldText(text).text), 1]])),
      { k1: 0.9, b: 0.4 },
    );
  }

  get size(): number {
    return this.#texts.length;
  }

  /** @param frame the sentence folded, without its numbers; @returns nearest first */
  near(frame: string, most: number): Near[] {
    const grams = counted(gramsOf(frame));
    const telling = [...grams.keys()].filter((gram) => !isGrammar(gram));
    if (telling.length === 0) return [];
    const weights = telling.map((gram) => this.#postings.rarity(gram));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    return this.#postings
      .search(grams, most)
      .map(({ document }) => {
        const statement = this.#statement(document);
        let found = 0;
        for (const [at, gram] of telling.entries()) {
          if (statement.text.includes(gram)) found += weights[at]!;
        }
        return { statement, frame: found / all };
      })
      .toSorted((a, b) => b.frame - a.frame);
  }

  #statement(document: number): Statement {
    const known = this.#made.get(document);
    if (known !== undefined) return known;
    const { text: original, evidence } = this.#texts[document]!;
    const { text } = foldText(original);
    const made = { original, text, evidence, quantities: quantitiesOf(text, this.#comma) };
    this.#made.set(document, made);
    return made;
  }
}

interface Source {
  readonly text: string;
  readonly evidence: Evidence;
}

function* sourcesOf({ items, passages }: Pick<Pack, 'items' | 'passages'>): Generator<Source> {
  for (const { id, text, codes, title, place, source } of passages) {
    const whole = plainOf(text);
    const where = [title ?? source, place].filter((part) => part !== undefined).join(', ');
    for (const { start, end } of sentencesOf(whole)) {
      const sentence = whole.slice(start, end);
      const evidence = { passage: id, codes, text: sentence.slice(0, 400), place: where };
      yield { text: sentence, evidence };
    }
  }
  for (const { code, text, source } of items) {
    const whole = plainOf(text);
    const evidence = { passage: null, codes: [code], text: whole.slice(0, 400), place: source };
    yield { text: whole, evidence };
  }
}

const hiragana = /^[\u3041-\u309fー]+$/;

function isGrammar(gram: string): boolean {
  return hiragana.test(gram);
}
