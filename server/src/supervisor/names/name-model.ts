import { lazily } from '../lexicon.ts';
import { weightsOf } from '../model/library.ts';
import type { Weights } from '../model/weights-file.ts';
import {
  type NameStretch,
  mostNameFeatures,
  nameFeatureBits,
  nameFeatureVersion,
  nameFeatures,
} from './name-features.ts';

/** Of a name in kanji: where its given name begins, and how much the whole looks like a name. */
export interface Division {
  readonly family: number;
  readonly odds: number;
}

/** Longest parts of a name in kanji. */
export const mostFamily = 3;
export const mostGiven = 4;
/** Behind what is no family name the given name is not looked at; measured to lose none. */
const leastFamily = -2;

/**
 * How much strings look like names, learned from dictionaries: pieces of one to five units, one
 * look-up each. Answers are logarithms of odds; context is no part of them.
 */
export class NameModel {
  readonly #values: Int8Array;
  readonly #scale: number;
  readonly #found = new Int32Array(mostNameFeatures);

  /** @throws {Error} when the weights are those of another kind of model */
  constructor({ header, values }: Weights) {
    const [head] = header.heads;
    if (header.features !== nameFeatureVersion || header.bits !== nameFeatureBits)
      throw new Error(`couldn't use model ${header.id}: it is no model of names`);
    this.#values = values;
    this.#scale = head?.scale ?? 0;
  }

  /** How much a stretch looks like one part of a name. */
  oddsOf(stretch: NameStretch): number {
    const found = this.#found;
    const values = this.#values;
    const count = nameFeatures(stretch, found, 0);
    let sum = 0;
    for (let at = 0; at < count; at++) sum += values[found[at] ?? 0] ?? 0;
    return sum * this.#scale;
  }

  /** The likeliest place to divide a name in kanji; undefined when it is too long. */
  divide(text: string): Division | undefined {
    let best: Division | undefined;
    const to = text.length;
    for (let family = Math.max(1, to - mostGiven); family <= mostFamily && family < to; family++) {
      const before = this.oddsOf({ text, from: 0, to: family, part: 'family' });
      const unlikely = before < leastFamily;
      const odds = unlikely
        ? before
        : before + this.oddsOf({ text, from: family, to, part: 'given' });
      if (best === undefined || odds > best.odds) best = { family, odds };
    }
    return best;
  }
}

export const nameModel = lazily(() => new NameModel(weightsOf('names')));
