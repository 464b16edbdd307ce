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
      this.#texts.map(({ text }) =>
        bagOf([[gramsOf(foldText(text).text).filter((gram) => !isGrammar(gram)), 1]]),
      ),
      { k1: 0.9, b: 0.4 },
    );
  }

  get size(): number {
    return this.#texts.length;
  }

  /** @param frame the sentence folded, without its numbers; @returns nearest first */
  near(frame: string, most: number): Near[] {
    const telling = this.#tellingOf(frame);
    if (telling.size === 0) return [];
    return this.#postings
      .search(counted([...telling.keys()]), most)
      .map(({ document }) => {
        const statement = this.#statement(document);
        return { statement, frame: shareIn(telling, statement.text) };
      })
      .toSorted((a, b) => b.frame - a.frame);
  }

  /** How much of what a text speaks of stands in a statement, from 0 to 1. */
  frame(text: string, statement: Statement): number {
    return shareIn(this.#tellingOf(text), statement.text);
  }

  #tellingOf(text: string): ReadonlyMap<string, number> {
    const telling = new Map<string, number>();
    for (const gram of gramsOf(text)) {
      if (!isGrammar(gram)) telling.set(gram, this.#postings.rarity(gram));
    }
    return telling;
  }

  #statement(document: number): Statement {
    const known = this.#made.get(document);
    if (known !== undefined) return known;
    const { text: original, evidence } = this.#texts[document]!;
    const text = comparable(original);
    const comma = this.#comma;
    let quantities: readonly Quantity[] | undefined;
    const made = {
      original,
      text,
      evidence,
      get quantities() {
        quantities ??= quantitiesOf(text, comma);
        return quantities;
      },
    };
    this.#made.set(document, made);
    return made;
  }
}

/** Folded, with the one comma where a language writes two. */
export function comparable(original: string): string {
  return foldText(original).text.replaceAll('、', ',').replaceAll('．', '.');
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

function shareIn(telling: ReadonlyMap<string, number>, text: string): number {
  let all = 0;
  let found = 0;
  for (const [gram, weight] of telling) {
    all += weight;
    if (text.includes(gram)) found += weight;
  }
  return all === 0 ? 0 : found / all;
}

const hiragana = /^[\u3041-\u309fー]+$/;

function isGrammar(gram: string): boolean {
  return hiragana.test(gram);
}
