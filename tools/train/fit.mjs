// Fits the heads of a task: weights from the sets of the training part, calibration and thresholds
// from sets that are neither trained nor tested on, all from one seed.
import {
  calibrate,
  calibrated,
  chooseThresholds,
} from '../../server/dist/supervisor/training/calibration.js';
import { isDense } from '../../server/dist/supervisor/model/strongest.js';
import {
  blended,
  hashed,
  quantised,
  rawScoreOfText,
  trainHead,
} from '../../server/dist/supervisor/training/linear-trainer.js';
import { trainLogistic } from '../../server/dist/supervisor/training/logistic-trainer.js';

const settings = { seed: 20_261_125, epochs: 20 };
/**
 * A set counts as much as so many of its items at most, or as many as it says itself, so that no
 * large one drowns the rest.
 */
const fullWeightItems = 400;
/** The rarer side may be made to count at most so many times as much. */
const mostBoost = 2;

/** Fewer positives in the validation sets than this calibrate nothing. */
const fewestPositives = 10;

/** Hashes every item once; heads and folds share it. */
export function prepare(task, more = []) {
  return [...task.parts(), ...more].map((part) => ({
    ...part,
    items: part.items.map((item) => ({
      ...item,
      hashed: hashed(item.text, task.bits),
      dense: isDense(item.text, 0, item.text.length),
    })),
  }));
}

/** Weighted examples of a head, from the training parts that are not of the family held out. */
function examples(parts, head, heldOut) {
  const rows = parts
    .filter(({ part, family }) => part === 'train' && family !== heldOut)
    .flatMap(({ items, counts = fullWeightItems }) => {
      const mine = items.filter((item) => head.of(item) !== undefined);
      const weight = Math.min(1, Math.sqrt(counts / Math.max(1, mine.length)));
      return mine.map((item) => ({ hashed: item.hashed, positive: head.of(item), weight }));
    });
  const sum = (positive) =>
    rows.filter((row) => row.positive === positive).reduce((all, { weight }) => all + weight, 0);
  const [positives, negatives] = [sum(true), sum(false)];
  const boost = positives === 0 ? 1 : Math.min(mostBoost, negatives / positives);
  return rows.map((row) => (row.positive ? { ...row, weight: row.weight * boost } : row));
}

/** Sets with fewer items than this are one set for a budget. */
const fewestNegatives = 40;

/**
 * From a budget of false alarms on negatives that are neither trained nor tested on: the larger of
 * what keeps it over all of them and of what keeps it on the mean over the sets, so that neither a
 * large set nor a small one decides alone. Sets written to resemble what is looked for are left
 * out: the budget is one of ordinary text.
 */
export function budget(all, { mostFalse, sureFalse }) {
  const negatives = all.filter(({ near }) => !near);
  const pooled = chooseThresholds(negatives, { mostFalse, sureFalse });
  const threshold = Math.max(pooled.threshold, overSets(negatives, mostFalse));
  return { threshold, sure: Math.max(threshold, pooled.sure) };
}

function overSets(negatives, most) {
  const bySet = new Map();
  for (const row of negatives) bySet.set(row.set, [...(bySet.get(row.set) ?? []), row]);
  const rest = [...bySet.values()].filter((rows) => rows.length < fewestNegatives).flat();
  const sets = [...bySet.values()].filter((rows) => rows.length >= fewestNegatives);
  if (rest.length > 0) sets.push(rest);
  const weighted = sets
    .flatMap((rows) => rows.map(({ score }) => ({ score, weight: 1 / rows.length / sets.length })))
    .toSorted((a, b) => b.score - a.score);
  let spent = 0;
  for (const { score, weight } of weighted) {
    spent += weight;
    if (spent > most) return Math.min(0.999, score + 1e-4);
  }
  return 0;
}

/** A head of the training parts; where a task asks for it, two ways of learning as one. */
export function fitHead(task, parts, head, heldOut) {
  const rows = examples(parts, head, heldOut);
  const { bits, strength } = task;
  const machine = trainHead(rows, { ...settings, bits, strength });
  if (task.logistic === undefined) return machine;
  const logistic = trainLogistic(rows, { seed: settings.seed, bits, ...task.logistic });
  return blended([machine, logistic], rows);
}

/** A gate answers for its own kind of script, every other head for all. */
export const isAbout = (head, item) =>
  head.of(item) !== undefined && (head.dense === undefined || head.dense === item.dense);

const scores = (linear, { id, near = false, items }, head) =>
  items
    .filter((item) => isAbout(head, item))
    .map((item) => ({
      score: rawScoreOfText(linear, item.hashed),
      positive: head.of(item),
      lang: item.lang,
      set: id,
      near,
      hazards: item.hazards,
    }));

/**
 * What a head says of items that the fitted model has not seen: those of the validation part, and
 * of each family of the training part by a model trained without it.
 */
function unseen(task, parts, head, { linear, families }) {
  const validated = parts
    .filter(({ part }) => part === 'validate')
    .flatMap((each) => scores(linear, each, head));
  const folds = families.map((family) => {
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
  const isGate = head.dense !== undefined || task.id === 'answer';
  const families = isGate ? task.families : (task.categoryFamilies ?? []);
  const { validated, folds } = unseen(task, parts, head, { linear, families });
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
    ? budget(negatives.map(probability), { ...task, ...head })
    : { threshold: 0.5, sure: 0.9 };
  return { linear, calibration, thresholds, validated: validated.map(probability), folds };
}

/**
 * Everything of a task: the weights file's parts and what was seen on the way.
 * @param more parts beside those of the task
 */
export function fitTask(task, more) {
  const parts = prepare(task, more);
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
