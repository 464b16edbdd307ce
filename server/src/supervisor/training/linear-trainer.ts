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
  /** How much an example that is told wrong counts beside weights that are large. */
  readonly strength: number;
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

export interface HashedExample extends Omit<Labelled, 'text'> {
  readonly hashed: Hashed;
}

interface Row {
  readonly buckets: Uint32Array;
  readonly side: 1 | -1;
  readonly weight: number;
}

/**
 * A linear support vector machine with squared loss, by descent along the examples (Hsieh et al.
 * 2008, dual coordinate descent). A text is positive when one of its passages is: a second round
 * learns of each positive text only from the passage that scored highest after the first
 * (multiple-instance learning), and of a negative one from all of them. The same seed and examples
 * give the same bytes: nothing depends on time, order of keys, or the machine's own functions.
 */
export function trainHead(examples: readonly HashedExample[], options: TrainerOptions): LinearHead {
  const first = descend(examples.flatMap(rowsOf), options);
  if (!examples.some(({ hashed: text, positive }) => positive && text.length > 1)) return first;
  const second = examples.map((example) =>
    example.positive ? { ...example, hashed: [strongestOf(first, example.hashed)] } : example,
  );
  return descend(second.flatMap(rowsOf), options);
}

/** What says nothing is left out; a text of many passages counts more than one, less than all. */
function rowsOf({ hashed: text, positive, weight }: HashedExample): readonly Row[] {
  const share = weight / Math.sqrt(Math.max(1, text.length));
  return text
    .filter((buckets) => buckets.length > 0)
    .map((buckets) => ({ buckets, side: positive ? 1 : -1, weight: share }));
}

function descend(
  rows: readonly Row[],
  { seed, bits, epochs, strength }: TrainerOptions,
): LinearHead {
  const weights = new Float32Array(2 ** bits);
  const multipliers = new Float64Array(rows.length);
  const order = rows.map((_, index) => index);
  const chance = chanceFrom(seed);
  let bias = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, chance);
    for (const index of order) {
      const row = rows[index];
      if (row === undefined) continue;
      const { buckets, side, weight } = row;
      const before = multipliers[index] ?? 0;
      const slack = 1 / (2 * strength * weight);
      const slope = side * rawScore({ bias, weights }, buckets) - 1 + slack * before;
      // The features of a passage have length 1 together, and so has the bias.
      const after = Math.max(0, before - slope / (2 + slack));
      if (after === before) continue;
      multipliers[index] = after;
      const change = (after - before) * side;
      const step = change / Math.sqrt(buckets.length);
      for (const bucket of buckets) weights[bucket] = (weights[bucket] ?? 0) + step;
      bias += change;
    }
  }
  return { bias, weights };
}

/** The passage of a text that scores highest. */
export function strongestOf(head: LinearHead, passages: Hashed): Uint32Array {
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

/**
 * Two heads as one, each with the same say: their scores of these examples have the same spread.
 * They err on different texts, and a sum of linear models is one.
 */
export function blended(
  [a, b]: readonly [LinearHead, LinearHead],
  examples: readonly HashedExample[],
): LinearHead {
  const [x, y] = [1 / spread(a, examples), 1 / spread(b, examples)];
  return {
    bias: a.bias * x + b.bias * y,
    weights: a.weights.map((weight, bucket) => weight * x + (b.weights[bucket] ?? 0) * y),
  };
}

function spread(head: LinearHead, examples: readonly HashedExample[]): number {
  let squares = 0;
  for (const { hashed: text } of examples) {
    const score = rawScoreOfText(head, text) - head.bias;
    squares += score * score;
  }
  return Math.sqrt(squares / Math.max(1, examples.length)) || 1;
}

/** One signed byte a weight. @returns what a step of it is worth */
export function quantised(weights: Float32Array): { values: Int8Array; scale: number } {
  let most = 0;
  for (const weight of weights) most = Math.max(most, Math.abs(weight));
  const scale = most === 0 ? 1 : most / 127;
  return { values: Int8Array.from(weights, (weight) => Math.round(weight / scale)), scale };
}
