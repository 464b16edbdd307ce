import {
  type NamePart,
  mostNameFeatures,
  nameFeatureBits,
  nameFeatures,
} from '../names/name-features.ts';
import { chanceFrom, shuffle } from './chance.ts';

/** One name in its parts, or what is none, divided as if it were one. */
export interface NameExample {
  readonly parts: readonly { readonly text: string; readonly part: NamePart }[];
  readonly positive: boolean;
  /** How much it counts, above 0. */
  readonly weight: number;
}

export interface NameTrainerOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly rate: number;
}

/** Keeps the first steps of a weight from being as large as its rate. */
const firstSquare = 1e-3;
/** A name has few pieces; without this each of them would learn as if it were alone. */
const share = 0.3;
/** A slope smaller than this changes no weight by a step of what is stored. */
const leastSlope = 1e-4;

/**
 * Logistic regression by AdaGrad (Duchi et al. 2011) over the pieces of names. The same seed and
 * examples give the same bytes.
 * @returns a weight for each bucket, to be summed
 */
export function trainNames(
  examples: readonly NameExample[],
  { seed, epochs, rate }: NameTrainerOptions,
): Float32Array {
  const weights = new Float32Array(2 ** nameFeatureBits);
  const squares = new Float32Array(2 ** nameFeatureBits).fill(firstSquare);
  const found = new Int32Array(2 * mostNameFeatures);
  const chance = chanceFrom(seed);
  const order = examples.map((_, index) => index);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, chance);
    for (const index of order) {
      const example = examples[index];
      if (example === undefined) continue;
      let count = 0;
      for (const { text, part } of example.parts)
        count = nameFeatures({ text, from: 0, to: text.length, part }, found, count);
      let odds = 0;
      for (let at = 0; at < count; at++) odds += weights[found[at] ?? 0] ?? 0;
      const expected = 1 / (1 + Math.exp(-odds * share));
      const slope = (expected - (example.positive ? 1 : 0)) * example.weight;
      if (Math.abs(slope) < leastSlope) continue;
      const step = slope * share;
      for (let at = 0; at < count; at++) {
        const bucket = found[at] ?? 0;
        const square = (squares[bucket] ?? 0) + step * step;
        squares[bucket] = square;
        weights[bucket] = (weights[bucket] ?? 0) - (rate * step) / Math.sqrt(square);
      }
    }
  }
  return weights.map((weight) => weight * share);
}
