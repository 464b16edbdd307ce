import { chanceFrom, shuffle } from './chance.ts';
import { type HashedExample, type LinearHead, rawScore, strongestOf } from './linear-trainer.ts';

export interface LogisticOptions {
  readonly seed: number;
  /** Of the model: 2^bits buckets. */
  readonly bits: number;
  readonly epochs: number;
  readonly rate: number;
  /** Pull of each weight towards nothing, at every step that touches it. */
  readonly decay: number;
}

/**
 * Logistic regression by AdaGrad (Duchi et al. 2011). A text is positive when one of its passages
 * is: of a positive text each epoch after the first learns from the passage that scores highest
 * (multiple-instance learning), of a negative text from all of them. The same seed and examples
 * give the same bytes: nothing depends on time, order of keys, or the machine's own functions.
 */
export function trainLogistic(
  examples: readonly HashedExample[],
  { seed, bits, epochs, rate, decay }: LogisticOptions,
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
        const best = strongestOf({ bias, weights }, passages);
        learn(best, true, weight);
        continue;
      }
      const share = weight / Math.sqrt(Math.max(1, passages.length));
      for (const buckets of passages) if (buckets.length > 0) learn(buckets, positive, share);
    }
  }
  return { bias, weights };
}
