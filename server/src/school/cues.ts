import { createLexicon, type Lexicon } from '#supervisor';
import { type Folded, foldText } from './folded.ts';
import type { Cues } from './schema.ts';
import type { Span } from './sentences.ts';

/** What of a rule's cues a text has. */
export interface CueHit {
  /** Where the first cue stands: offsets into the original text. */
  readonly any: Span | null;
  readonly with: Span | null;
}

type Part = 'any' | 'with' | 'not';
interface Use {
  readonly rule: number;
  readonly part: Part;
}

const cased = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}]/u;
const lettered = /[\p{L}\p{M}\p{N}]/u;
const noHit: CueHit = { any: null, with: null };

/** The cues of many rules, looked for in one pass over a text. */
export class CueBook {
  readonly #lexicon: Lexicon;
  readonly #uses = new Map<string, Use[]>();

  constructor(rules: readonly Cues[]) {
    for (const [rule, cues] of rules.entries()) {
      for (const part of ['any', 'with', 'not'] as const) {
        for (const word of cues[part]) this.#add(word, { rule, part });
      }
    }
    this.#lexicon = createLexicon(() => [...this.#uses.keys()]);
  }

  #add(word: string, use: Use): void {
    const { text } = foldText(word);
    this.#uses.set(text, [...(this.#uses.get(text) ?? []), use]);
  }

  /** @returns by the rule's place in the list; rules of which nothing is there are left out */
  find(text: Folded): Map<number, CueHit> {
    const places: (Use & Span)[] = [];
    for (const { at, word } of this.#lexicon.scan(text.text)) {
      if (!isWhole(text.text, at, word)) continue;
      for (const use of this.#uses.get(word) ?? []) {
        places.push({ ...use, start: at, end: at + word.length });
      }
    }
    const hits = new Map<number, CueHit>();
    const covers = places.filter(({ part }) => part === 'not');
    for (const place of places) {
      if (place.part === 'not') continue;
      const isCovered = covers.some(
        ({ rule, start, end }) => rule === place.rule && start <= place.start && end >= place.end,
      );
      if (isCovered) continue;
      const hit = hits.get(place.rule) ?? noHit;
      if (hit[place.part] !== null) continue;
      const span = { start: text.start(place.start), end: text.end(place.end) };
      hits.set(place.rule, { ...hit, [place.part]: span });
    }
    return hits;
  }
}

/** A word of letters that have case ends where a word ends; others are found within words too. */
function isWhole(text: string, at: number, word: string): boolean {
  if (!cased.test(word)) return true;
  if (at > 0 && lettered.test(text.charAt(at - 1)) && cased.test(text.charAt(at - 1))) return false;
  const next = text.charAt(at + word.length);
  return !(lettered.test(next) && cased.test(next));
}
