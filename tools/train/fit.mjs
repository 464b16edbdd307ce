// Fits the heads of a task: weights from the sets of the training part, calibration and thresholds
// from sets that are neither trained nor tested on, all from one seed.
import {
  calibrate,
  calibrated,
  chooseThresholds,
} from '../../server/dist/supervisor/training/calibration.js';
import {
  hashed,
  quantised,
  rawScoreOfText,
  trainHead,
} from '../../server/dist/supervisor/training/linear-trainer.js';

const settings = { seed: 20_261_125, epochs: 10, rate: 0.2, decay: 0.01 };
/** A set counts as much as so many of its items at most, so that no large one drowns the rest. */
const fullWeightItems = 400;
/** The rarer side may be made to count at most so many times as much. */
const mostBoost = 2;

/** Fewer positives in the validation sets than this calibrate nothing. */
const fewestPositives = 10;

/** Hashes every item once; heads and folds share it. */
export function prepare(task) {
  return task.parts().map((part) => ({
    ...part,
    items: part.items.map((item) => ({ ...item, hashed: hashed(item.text, task.bits) })),
  }));
}

/** Weighted examples of a head, from the training parts that are not of the family held out. */
function examples(parts, head, heldOut) {
  const rows = parts
    .filter(({ part, family }) => part === 'train' && family !== heldOut)
    .flatMap(({ items }) => {
      const mine = items.filter((item) => head.of(item) !== undefined);
      const weight = Math.min(1, Math.sqrt(fullWeightItems / Math.max(1, mine.length)));
      return mine.map((item) => ({ hashed: item.hashed, positive: head.of(item), weight }));
    });
  const sum = (positive) =>
    rows.filter((row) => row.positive === positive).reduce((all, { weight }) => all + weight, 0);
  const [positives, negatives] = [sum(true), sum(false)];
  const boost = positives === 0 ? 1 : Math.min(mostBoost, negatives / positives);
  return rows.map((row) => (row.positive ? { ...row, weight: row.weight * boost } : row));
}

/** From a budget of false alarms on negatives that are neither trained nor tested on. */
export function budget(negatives, { mostFalse, sureFalse }) {
  return chooseThresholds(negatives, { mostFalse, sureFalse });
}

export function fitHead(task, parts, head, heldOut) {
  return trainHead(examples(parts, head, heldOut), { ...settings, bits: task.bits });
}

const scores = (linear, { items }, head) =>
  items
    .filter((item) => head.of(item) !== undefined)
    .map((item) => ({
      score: rawScoreOfText(linear, item.hashed),
      positive: head.of(item),
      lang: item.lang,
    }));

/**
 * What a head says of items that the fitted model has not seen: those of the validation part, and
 * of each family of the training part by a model trained without it.
 */
function unseen(task, parts, head, linear) {
  const validated = parts
    .filter(({ part }) => part === 'validate')
    .flatMap((each) => scores(linear, each, head));
  const folds = task.families.map((family) => {
    const without = fitHead(task, parts, head, family);
    const own = parts.filter((part) => part.family === family && part.part !== 'test');
    return {
      family,
      fitted: without,
      validated: parts
        .filter(({ part }) => part === 'validate')
        .flatMap((each) => scores(without, each, head)),
      scores: own.flatMap((each) => scores(without, each, head)),
    };
  });
  return { validated, folds };
}

/** One head, with its calibration and thresholds. */
function tuned(task, parts, head, shared) {
  const linear = fitHead(task, parts, head);
  const isGate = head.name === task.heads[0].name || task.id === 'answer';
  const { validated, folds } = isGate
    ? unseen(task, parts, head, linear)
    : {
        validated: parts
          .filter(({ part }) => part === 'validate')
          .flatMap((each) => scores(linear, each, head)),
        folds: [],
      };
  // Positives from the validation sets where they hold enough; else those of families left out.
  const chosen = validated.filter(({ positive }) => positive);
  const positives =
    chosen.length >= fewestPositives
      ? chosen
      : [...chosen, ...folds.flatMap((fold) => fold.scores.filter(({ positive }) => positive))];
  const negatives = validated.filter(({ positive }) => !positive);
  const known = positives.length >= 5 && negatives.length >= 5;
  const calibration = known
    ? calibrate([...positives, ...negatives])
    : (shared ?? { slope: 1, offset: 0 });
  const probability = (row) => ({ ...row, score: calibrated(calibration, row.score) });
  const thresholds = isGate
    ? budget(negatives.map(probability), task)
    : { threshold: 0.5, sure: 0.9 };
  return { linear, calibration, thresholds, validated: validated.map(probability), folds };
}

/** Everything of a task: the weights file's parts and what was seen on the way. */
export function fitTask(task) {
  const parts = prepare(task);
  const heads = [];
  for (const head of task.heads) heads.push({ head, ...tuned(task, parts, head) });
  const buckets = 2 ** task.bits;
  const values = new Int8Array(buckets * heads.length);
  const described = heads.map(({ head, linear, calibration, thresholds }, index) => {
    const { values: own, scale } = quantised(linear.weights);
    for (let bucket = 0; bucket < buckets; bucket++)
      values[bucket * heads.length + index] = own[bucket];
    return { name: head.name, scale, bias: linear.bias, ...calibration, ...thresholds };
  });
  const header = { id: task.id, version: 1, features: 1, bits: task.bits, heads: described };
  return { parts, heads, weights: { header, values } };
}
