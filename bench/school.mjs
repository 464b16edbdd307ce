// What the school's checks reach without a model, each figure beside its baseline, with counts and
// 95 % intervals (Wilson): retrieval, pupils' words, routing of sources not seen, corrupted
// sentences, benign questions, levels over a conversation, time and memory.
// usage: npm run bench:school
import { hasData, japanesePack, withoutData } from './school/pack.mjs';

const say = (text = '') => process.stdout.write(`${text}\n`);
if (!hasData) {
  say(`Nothing was measured: ${withoutData}.`);
  process.exit(0);
}
const { wilson } = await import('../server/dist/supervisor/training/measures.js');
const { retrieval, pupilsWords } = await import('./school/retrieval.mjs');
const { routing } = await import('./school/routing.mjs');
const { corruptions } = await import('./school/corruptions.mjs');
const { conversations, pace } = await import('./school/lesson.mjs');

const share = (hits, n) => {
  const { value, low, high } = wilson(hits, n);
  return `${value.toFixed(3)} [${low.toFixed(3)}-${high.toFixed(3)}] n=${n}`;
};
/** One line: what, reached, baseline, and the bar where there is one. */
const line = (what, { hits, n, base, bar, most = false }) => {
  const value = hits / n;
  const isMet = bar === undefined || (most ? value <= bar : value >= bar);
  const aim =
    bar === undefined ? '' : `  bar ${most ? '<= ' : ''}${bar}: ${isMet ? 'met' : 'NOT met'}`;
  const beside = base === undefined ? '' : `  baseline ${share(base, n)}`;
  say(`  ${what.padEnd(52)}${share(hits, n)}${beside}${aim}`);
};

const pack = await japanesePack();
for (const part of [retrieval, pupilsWords, routing, corruptions, conversations]) {
  const { title, rows, words = [] } = await part(pack);
  say(title);
  for (const [what, row] of rows) line(what, row);
  for (const word of words) say(`  ${word}`);
  say();
}
const { title, words } = pace(pack);
say(title);
for (const word of words) say(`  ${word}`);
