// Trains the supervisor's own small models from data sets beside the repository and writes weights,
// cards and pages: the same bytes from the same data. With `--reviews` it learns from the verdicts
// of an institution's reviewers too, and then writes into a folder of its own, so that nobody's
// words come into what is published.
// usage: npm run train [-- attack harm answer names] [--reviews FILE] [--output FOLDER]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeWeights } from '../../server/dist/supervisor/model/weights-file.js';
import { byCategory, measured, page } from './card.mjs';
import { hasData, withoutData } from './files.mjs';
import { fitTask } from './fit.mjs';
import { limits } from './limits.mjs';
import { writeNames } from './names-card.mjs';
import { partOfReviews, readReviews } from './reviews.mjs';
import { sentences, tasks } from './tasks.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const published = join(root, 'server', 'data', 'models');
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { reviews: { type: 'string' }, output: { type: 'string', short: 'o' } },
});
const own = join(root, 'data', 'models-with-reviews');
const folder = resolve(values.output ?? (values.reviews === undefined ? published : own));

const say = (text) => process.stdout.write(`${text}\n`);

if (!hasData) {
  say(`Nothing was trained: ${withoutData}.`);
  process.exit(0);
}

const reviews = values.reviews === undefined ? [] : readReviews(values.reviews);
if (values.reviews !== undefined && folder === published) {
  say('Nothing was trained: weights that learned from reviews do not go into the package.');
  process.exit(2);
}

mkdirSync(folder, { recursive: true });
for (const task of tasks.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  const reviewed = partOfReviews(reviews, { task: task.id, file: values.reviews ?? '', sentences });
  const fit = fitTask(task, reviewed === undefined ? [] : [reviewed]);
  const file = writeWeights(fit.weights);
  const seen = measured(fit, task);
  const card = {
    id: task.id,
    version: 1,
    title: task.title,
    weights: {
      file: `${task.id}.bin`,
      bytes: file.length,
      bits: task.bits,
      sha256: createHash('sha256').update(file).digest('hex'),
    },
    data: fit.parts.map(({ id, family, part, items, licence, by }) => ({
      id,
      family,
      part,
      items: items.length,
      licence,
      by,
    })),
    heads: fit.heads.map(({ head, calibration, thresholds }) => ({
      ...seen.find(({ name }) => name === head.name),
      name: head.name,
      calibration,
      thresholds,
    })),
    categories: byCategory(fit, task),
    limits: limits[task.id],
  };
  writeFileSync(join(folder, `${task.id}.bin`), file);
  writeFileSync(join(folder, `${task.id}.card.json`), `${JSON.stringify(card, null, 1)}\n`);
  for (const language of ['en', 'ja'])
    writeFileSync(join(folder, `${task.id}.card.${language}.md`), page(card, language));
  const [first] = seen;
  const figures =
    first.test === null ? '' : `, F1 ${first.test.f1.value} on ${first.test.f1.n} unseen`;
  if (reviewed !== undefined) say(`${task.id}: ${reviewed.items.length} examples of reviewers`);
  say(
    `${task.id}: ${file.length} bytes${figures}, ${first.ordinary.value} false alarms on ordinary text`,
  );
}

if (wanted.length === 0 || wanted.includes('names')) say(await writeNames(folder));

// Formatted as everything else here is, so that a card that did not change shows no change.
const formatter = join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt');
if (existsSync(formatter)) spawnSync(process.execPath, [formatter, folder], { stdio: 'ignore' });
