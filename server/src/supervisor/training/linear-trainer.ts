import { featureBits, featuresOf, passageEdges } from '../model/features.ts';
import { normalise } from '../normalise.ts';
import { chanceFrom, shuffle } from './chance.ts';

export interface Labelled {
  readonly text: string;
  /** Of the head that is trained. */
  readonly positive: boolean;
  /** How much it counts, above 0. */
  readonly weight: number;
}

export interface TrainerOptions {
  readonly seed: number;
  /** Of the model: 2^bits buckets. */
  readonly bits: number;
  readonly epochs: number;
  readonly rate: number;
  /** Pull of each weight towards nothing, at every step that touches it. */
  readonly decay: number;
}

export interface LinearHead {
  readonly bias: number;
  readonly weights: Float32Array;
}

/** A text as the trainer sees it: the buckets of each of its passages. */
export type Hashed = readonly Uint32Array[];

/** @param unitsRead of the text, from its beginning; the rest is not trained on */
export function hashed(text: string, bits: number, unitsRead: number = 16_384): Hashed {
  const { lower } = normalise(text.slice(0, unitsRead));
  return [...passageEdges(lower.length)].map(({ start, end }) =>
    featuresOf(lower, start, end).map((feature) => feature >>> (featureBits - bits)),
  );
}

/** What a head says of one passage, before calibration. */
export function rawScore({ bias, weights }: LinearHead, buckets: Uint32Array): number {
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket] ?? 0;
  return bias + (buckets.length === 0 ? 0 : sum / Math.sqrt(buckets.length));
}

/** Of a whole text: its strongest passage. */
export function rawScoreOfText(head: LinearHead, text: Hashed): number {
  let best = -Infinity;
  for (const passage of text) best = Math.max(best, rawScore(head, passage));
  return best === -Infinity ? head.bias : best;
}

/**
 * Logistic regression by AdaGrad (Duchi et al. 2011). A text is positive when one of its passages
 * is: of a positive text each epoch after the first learns from the passage that scores highest
 * (multiple-instance learning), of a negative text from all of them. The same seed and examples
 * give the same bytes: nothing depends on time, order of keys, or the machine's own functions.
 */
export function trainHead(
  examples: readonly (Omit<Labelled, 'text'> & { readonly hashed: Hashed })[],
  { seed, bits, epochs, rate, decay }: TrainerOptions,
): LinearHead {
  const weights = new Float32Array(2 ** bits);
  const squares = new Float32Array(2 ** bits).fill(1e-6);
  let bias = 0;
  let biasSquares = 1e-6;
  const chance = chanceFrom(seed);
  const learn = (buckets: Uint32Array, positive: boolean, weight: number): void => {
    const z = rawScore({ bias, weights }, buckets);
    const slope = (1 / (1 + Math.exp(-z)) - (positive ? 1 : 0)) * weight;
    const value = 1 / Math.sqrt(buckets.length);
    for (const bucket of buckets) {
      const old = weights[bucket] ?? 0;
      const step = slope * value + decay * old;
      const square = (squares[bucket] ?? 0) + step * step;
      squares[bucket] = square;
      weights[bucket] = old - (rate * step) / Math.sqrt(square);
    }
    biasSquares += slope * slope;
    bias -= (rate * slope) / Math.sqrt(biasSquares);
  };
  const order = examples.map((_, index) => index);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, chance);
    for (const index of order) {
      const example = examples[index];
      if (example === undefined) continue;
      const { hashed: passages, positive, weight } = example;
      if (positive && epoch > 0 && passages.length > 1) {
        const best = strongest({ bias, weights }, passages);
        learn(best, true, weight);
        continue;
      }
      const share = weight / Math.sqrt(Math.max(1, passages.length));
      for (const buckets of passages) if (buckets.length > 0) learn(buckets, positive, share);
    }
  }
  return { bias, weights };
}

function strongest(head: LinearHead, passages: Hashed): Uint32Array {
  let best = passages[0] ?? new Uint32Array(0);
  let most = -Infinity;
  for (const passage of passages) {
    const score = rawScore(head, passage);
    if (score <= most) continue;
    most = score;
    best = passage;
  }
  return best;
}

/** One signed byte a weight. @returns what a step of it is worth */
export function quantised(weights: Float32Array): { values: Int8Array; scale: number } {
  let most = 0;
  for (const weight of weights) most = Math.max(most, Math.abs(weight));
  const scale = most === 0 ? 1 : most / 127;
  return { values: Int8Array.from(weights, (weight) => Math.round(weight / scale)), scale };
}
