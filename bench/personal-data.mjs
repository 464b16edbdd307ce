// How much personal data the detectors find in running text, and how much they take for it that is
// none: identifiers with check digits among decoys, telephone numbers, e-mail and postal addresses,
// dates of birth, names, and ordinary sentences that no rule should touch. Texts are generated from
// a fixed seed. Names in an encyclopaedia's sentences are measured too where the folder of data sets
// has names/ner-wikipedia.json, or NER_WIKIPEDIA names it (ner.json of
// stockmarkteam/ner-wikipedia-dataset, 5e525c2, CC BY-SA 3.0), and those of a news site where it
// has names/wikinews-iob2.txt (hironsan.txt of Hironsan/IOB2Corpus, text of Wikinews, CC BY 2.5).
// usage: npm run bench personal-data
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { nameMeasure } from './personal-data/name-measure.mjs';
import { encyclopaediaTexts, newsTexts } from './personal-data/sentences.mjs';
import { createPolicy } from './personal-data/rule-book.mjs';
import { identifierTexts, otherTexts } from './personal-data/identifiers.mjs';
import { nameTexts } from './personal-data/names.mjs';
import { random } from './personal-data/random.mjs';
import { percent, score } from './personal-data/score.mjs';
import { allDetectors, createSupervisor } from '../server/dist/supervisor/index.js';
import { surnames } from '../server/dist/supervisor/names/surnames.js';

const say = (text) => process.stdout.write(`${text}\n`);
const rules = createPolicy();
const supervisor = createSupervisor({
  rules: rules.everything,
  detectors: allDetectors,
  classes: ['public', 'personal'],
});
const strict = createSupervisor({
  rules: rules.ours,
  detectors: allDetectors,
  classes: ['public', 'personal'],
});

/** Findings of one text, from a score on: what a rule of that score would be about. */
function find(text, least) {
  const { findings } = supervisor.inspect('input', [{ path: 'p', text }]);
  return findings.filter((finding) => finding.score >= least);
}

function table(title, rows) {
  say(`\n${title}`);
  for (const [name, { precision, recall, f1, wanted }] of rows) {
    const line = `  ${name.padEnd(34)} n ${String(wanted).padStart(5)}  recall ${percent(recall)}`;
    // What is wrongly found belongs to no style of writing, only to a kind or to all.
    const whole = name === 'all' || name.includes('.');
    if (wanted > 0) {
      say(whole ? `${line}  precision ${percent(precision)}  F1 ${f1.toFixed(3)}` : line);
    }
  }
}

/** @param same whether a finding may answer a wanted span: by default of its kind */
function measure(texts, least, { kinds, group = ({ kinds: [first] }) => first }) {
  const groups = new Map();
  const all = { hits: 0, false: 0, missed: 0 };
  for (const { text, wanted } of texts) {
    const found = find(text, least).filter(({ kind }) => kinds.has(kind));
    const left = [...wanted];
    for (const finding of found) {
      const at = left.findIndex(
        (one) =>
          one.start === finding.start &&
          one.end === finding.end &&
          one.kinds.includes(finding.kind),
      );
      const [hit] = at < 0 ? [] : left.splice(at, 1);
      count(
        groups,
        hit === undefined ? finding.kind : group(hit),
        hit === undefined ? 'false' : 'hits',
      );
      all[hit === undefined ? 'false' : 'hits']++;
    }
    for (const one of left) {
      count(groups, group(one), 'missed');
      all.missed++;
      if (process.env.SHOW) say(`  missed: ${text}`);
    }
  }
  return [...[...groups].map(([name, counts]) => [name, score(counts)]), ['all', score(all)]];
}

function count(groups, name, what) {
  const counts = groups.get(name) ?? { hits: 0, false: 0, missed: 0 };
  counts[what]++;
  groups.set(name, counts);
}

function identifiers() {
  const texts = identifierTexts(random(20_261_125), 4_000);
  const kinds = new Set(texts.flatMap(({ wanted }) => wanted.flatMap((one) => one.kinds)));
  table(
    `Identifiers with check digits in running Japanese text, score 55 and more (${texts.length} texts, nearly half with a decoy)`,
    measure(texts, 55, { kinds }),
  );
  const styles = measure(texts, 55, { kinds, group: ({ style }) => style });
  table(
    'The same by the way they are written',
    styles.slice(0, -1).filter(([name]) => !name.includes('.')),
  );
}

function others() {
  const texts = otherTexts(random(7), 2_000);
  const kinds = new Set(texts.flatMap(({ wanted }) => wanted.flatMap((one) => one.kinds)));
  table('Telephone, e-mail, addresses, dates of birth in every era', measure(texts, 55, { kinds }));
}

function names() {
  const texts = nameTexts(random(11), 3_000);
  const listed = texts
    .flatMap(({ wanted }) => wanted)
    .filter(({ family }) => surnames().has(family));
  const total = texts.reduce((sum, { wanted }) => sum + wanted.length, 0);
  const kinds = new Set(['personal.name']);
  for (const least of [50, 55]) {
    table(
      `Names in office and school text, score ${least} and more (${Math.round((100 * listed.length) / total)} % of the family names are on our list)`,
      measure(texts, least, { kinds, group: ({ frame }) => frame }),
    );
  }
}

/** Sentences of others, whose names people marked. */
function namesInSentences() {
  const sets = [
    ['of an encyclopaedia not looked at before', encyclopaediaTexts()],
    ['of a news site', newsTexts()],
  ];
  for (const [what, texts] of sets) {
    if (texts === undefined) {
      say(`\nNames in sentences ${what}: not measured, their file is not there.`);
      continue;
    }
    for (const [title, some] of [
      [`Names in ${texts.length} sentences ${what}, score 50 and more, exact spans`, texts],
      ['The same for text that has no foreign names', withoutKatakana(texts)],
    ]) {
      const { precision, recall, f1, byFrame } = nameMeasure(some, 50);
      say(`\n${title}`);
      for (const { frame, recall: own } of byFrame)
        say(`  ${frame.padEnd(24)} recall ${share(own)}`);
      say(`  ${'all'.padEnd(24)} recall ${share(recall)}  precision ${share(precision)}`);
      say(`  ${''.padEnd(24)} F1 ${share(f1)}`);
    }
  }
}

function share({ value, low, high, n }) {
  return `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)}) n ${n}`;
}

function withoutKatakana(texts) {
  return texts.filter(
    ({ text, wanted }) =>
      wanted.every(({ frame }) => !frame.startsWith('katakana')) && !/[ァ-ヶー]{3,}/.test(text),
  );
}

function ordinary() {
  const folder = new URL('../../shared/data/', import.meta.url);
  if (!existsSync(folder)) {
    say('\nOrdinary sentences: not measured, the folder shared/data is not beside the project.');
    return;
  }
  const sentences = ordinarySentences(folder);
  let changed = 0;
  let named = 0;
  for (const text of sentences) {
    const { findings } = strict.inspect('input', [{ path: 'p', text }]);
    const masked = findings.filter(({ rule }) => rule !== undefined);
    if (masked.some(({ kind }) => kind !== 'personal.name')) changed++;
    if (masked.some(({ kind }) => kind === 'personal.name')) named++;
  }
  say(`\nOrdinary Japanese sentences (${sentences.length}) under the default rules`);
  say(
    `  changed or stopped by rules other than names  ${changed}: ${percent({ part: changed, whole: sentences.length })}`,
  );
  say(
    `  in which a name is replaced                   ${named}: ${percent({ part: named, whole: sentences.length })}`,
  );
}

function ordinarySentences(folder) {
  const found = [];
  const ja = new URL('lab/ja/', folder);
  for (const name of readdirSync(ja).filter((file) => /^(?:jethics|jcm).*\.csv$/.test(file))) {
    for (const line of readFileSync(new URL(name, ja), 'utf8').split('\n').slice(1)) {
      found.push(...line.split(',').filter((cell) => /[ぁ-ん]/.test(cell)));
    }
  }
  const curriculum = new URL('education/curriculum-jp/', folder);
  for (const name of readdirSync(curriculum).filter((file) => file.endsWith('.jsonl'))) {
    for (const line of readFileSync(new URL(name, curriculum), 'utf8').trim().split('\n')) {
      const { text = '' } = JSON.parse(line);
      found.push(
        ...String(text)
          .split(/(?<=。)/)
          .filter((sentence) => /[ぁ-ん]/.test(sentence)),
      );
    }
  }
  return found;
}

function pace() {
  const base =
    '本日の会議では、来年度の予算案について話し合いました。提出期限は金曜日までです。市民の皆さまからのご意見を踏まえ、施設の利用時間を見直すこととしました。';
  let text = '';
  while (Buffer.byteLength(text) < 1024) text += base;
  const pass = () => strict.inspect('input', [{ path: 'p', text }]);
  for (let warm = 0; warm < 3_000; warm++) pass();
  const times = [];
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < 500; turn++) pass();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 500);
  }
  const median = times.toSorted((a, b) => a - b)[4];
  say(
    `\nThe whole pass over ${Buffer.byteLength(text)} bytes of Japanese: ${median.toFixed(0)} µs of CPU (median of 9)`,
  );
}

identifiers();
others();
names();
namesInSentences();
ordinary();
pace();
