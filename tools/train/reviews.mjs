// What reviewers have decided on, as `sekisho reviews export` writes it, as examples for training:
// JSON lines of {text, lang?, kind, label, rule, verdict}. They are an institution's own and people's
// words, so they go into weights of its own alone (see train.mjs).
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { hazards } from '../../server/dist/supervisor/hazards.js';
import { languageOf } from '../../server/dist/supervisor/index.js';

/** A file is read whole. */
const mostBytes = 256 * 1024 * 1024;
/** Longer texts are cut by the trainer in any case. */
const mostUnits = 16_384;

/** The label of a task's example, undefined where the example is none of the task's. */
const labelsOf = {
  attack: ({ kind, label }) => {
    if (!kind.startsWith('attack.')) return undefined;
    if (label === 0) return {};
    return { attack: kind === 'attack.jailbreak' ? 'jailbreak' : 'injection' };
  },
  harm: ({ kind, label }) => {
    const hazard = hazards.find((each) => each.kind === kind);
    if (hazard === undefined) return undefined;
    return label === 0 ? {} : { hazards: [hazard.ailuminate] };
  },
  // Which sentence of an answer was meant is not said: only that none of them is one.
  answer: ({ kind, label }) =>
    kind.startsWith('answer.') && label === 0 ? { said: 'answer' } : undefined,
};

function rowOf(line, at) {
  let row;
  try {
    row = JSON.parse(line);
  } catch {
    row = undefined;
  }
  const { text, lang, kind, label } = row ?? {};
  const right =
    typeof text === 'string' &&
    typeof kind === 'string' &&
    (label === 0 || label === 1) &&
    (lang === undefined || /^[a-z]{2}$/.test(lang));
  // The number of the line alone: what stands in it is somebody's.
  if (!right) throw new Error(`couldn't read the reviews: line ${at + 1} is no labelled example`);
  const piece = text.slice(0, mostUnits);
  return { text: piece, lang: lang ?? languageOf(piece), kind, label };
}

/** @throws {Error} naming the line that is none, and nothing that stands in it */
export function readReviews(file) {
  if (statSync(file).size > mostBytes)
    throw new Error(`couldn't read the reviews: the file has more than ${mostBytes} bytes`);
  const lines = readFileSync(file, 'utf8')
    .replace(/^\ufeff/, '')
    .split('\n');
  return lines.flatMap((line, at) => (line.trim() === '' ? [] : [rowOf(line, at)]));
}

/**
 * A training part for a task, or undefined where the reviews hold nothing for it.
 * @param sentences how the answer model divides a text
 */
export function partOfReviews(reviews, { task, file, sentences }) {
  const items = reviews.flatMap((row) => {
    const labels = labelsOf[task](row);
    if (labels === undefined) return [];
    const texts = task === 'answer' ? sentences(row.text) : [row.text];
    return texts.map((text) => ({ text, lang: row.lang, ...labels }));
  });
  if (items.length === 0) return undefined;
  return {
    id: 'reviews',
    family: 'reviews',
    licence: 'texts of the institution, not to be published',
    by: `verdicts of reviewers, ${basename(file)}`,
    part: 'train',
    items,
  };
}
