// Precision, recall and F1 of the names found in texts, exact spans, with 95 % intervals: Wilson,
// and a bootstrap over texts for F1.
import { personName } from '../../server/dist/supervisor/detectors/person-name.js';
import { normalise } from '../../server/dist/supervisor/index.js';
import { resolve } from '../../server/dist/supervisor/resolve.js';
import { chanceFrom } from '../../server/dist/supervisor/training/chance.js';
import { wilson } from '../../server/dist/supervisor/training/measures.js';

const draws = 1_000;

/** The names a policy would hear of, from a score on: rivals over one place are settled. */
export function namesIn(text, least) {
  const raws = personName
    .detect(normalise(text))
    .filter(({ score }) => score >= least)
    .map((finding) => ({ finding, contest: 'name', rank: 0 }));
  return resolve(raws).findings;
}

const f1Of = ({ hits, found, wanted }) =>
  found + wanted === 0 ? 0 : (2 * hits) / (found + wanted);

/** @returns of all texts, and recall by the kind of writing */
export function nameMeasure(texts, least) {
  const rows = texts.map(({ text, wanted }) => {
    const found = namesIn(text, least);
    const hit = wanted.filter((one) =>
      found.some(({ start, end }) => start === one.start && end === one.end),
    );
    return { hits: hit.length, found: found.length, wanted: wanted.length, hit, all: wanted };
  });
  const add = (some) => {
    const sum = { hits: 0, found: 0, wanted: 0 };
    for (const row of some) for (const key of Object.keys(sum)) sum[key] += row[key];
    return sum;
  };
  const sum = add(rows);
  const chance = chanceFrom(7);
  const values = Array.from({ length: draws }, () =>
    f1Of(add(rows.map(() => rows[Math.floor(chance() * rows.length)]))),
  ).toSorted((a, b) => a - b);
  const named = new Set(rows.flatMap(({ all }) => all.map(({ frame }) => frame)));
  const frames = [...named].toSorted((a, b) => (a < b ? -1 : 1));
  const count = (list, frame) => list.filter((one) => one.frame === frame).length;
  return {
    precision: wilson(sum.hits, sum.found),
    recall: wilson(sum.hits, sum.wanted),
    f1: {
      value: f1Of(sum),
      low: values[Math.floor(draws * 0.025)],
      high: values[Math.floor(draws * 0.975)],
      n: texts.length,
    },
    byFrame: frames.map((frame) => ({
      frame,
      recall: wilson(
        rows.reduce((all, { hit }) => all + count(hit, frame), 0),
        rows.reduce((all, row) => all + count(row.all, frame), 0),
      ),
    })),
  };
}
