import { readFileSync, readdirSync } from 'node:fs';
import { Curriculum } from '../../server/dist/school/curriculum.js';
import { foldText } from '../../server/dist/school/folded.js';
import { Postings, bagOf, counted } from '../../server/dist/school/postings.js';
import { gramsOf } from '../../server/dist/school/tokens.js';
import { educationFile, packOf } from './pack.mjs';

/** Questions of sources none of which anything was trained or set on: [file, subject]. */
const sources = [
  ['elementary_mathematics', '数_学'],
  ['high_school_geography', '地理歴史'],
  ['high_school_physics', '理_科'],
  ['world_religions', '公_民'],
];

function questions() {
  return sources.flatMap(([file, subject]) =>
    readFileSync(educationFile(`by-sa/jmmlu/${file}.csv`), 'utf8')
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
      .filter((row) => row !== '')
      .map((text) => ({ text, subject, file })),
  );
}

/** Lines of the upper secondary course of study (the draft of 2018), by subject. */
function statements() {
  const folder = educationFile('curriculum-jp/highschool-2018-md/');
  return readdirSync(folder)
    .filter((name) => name.startsWith('第2章'))
    .flatMap((name) => {
      const subject = /第\d+節_(.+)\.md$/.exec(name.normalize('NFC'))[1];
      return readFileSync(`${folder}${name}`, 'utf8')
        .split('\n')
        .filter((line) => line.length >= 20)
        .map((text) => ({ text, subject }));
    });
}

/** Accuracy over all and over the surest part, by the margin between the first two. */
function surest(answers, part) {
  const kept = answers
    .toSorted((a, b) => b.margin - a.margin)
    .slice(0, Math.round(answers.length * part));
  return { hits: kept.filter(({ isRight }) => isRight).length, n: kept.length };
}

const decide = (shares, subject) => {
  const [[first, most] = ['', 0], [, next] = ['', 0]] = [...shares].toSorted((a, b) => b[1] - a[1]);
  return { isRight: first === subject, margin: most === 0 ? 0 : (most - next) / most };
};

/** Which of ten subjects a question belongs to, by what the curriculum says and nothing else. */
export function routing() {
  const lines = statements();
  const items = lines.map(({ text, subject }, at) => ({
    code: `${at}`,
    text,
    years: [10],
    subject,
    parent: null,
    prerequisites: [],
    source: 'course-of-study',
  }));
  const curriculum = new Curriculum(packOf({ items }));
  const pairs = (text) => gramsOf(foldText(text).text).filter((gram) => gram.length === 2);
  const postings = new Postings(items.map(({ text }) => bagOf([[pairs(text), 1]])));
  const asked = questions();
  const sum = (hits) => {
    const shares = new Map();
    for (const [subject, score] of hits) shares.set(subject, (shares.get(subject) ?? 0) + score);
    return shares;
  };
  const ours = asked.map(({ text, subject }) =>
    decide(
      sum(curriculum.search(text, 10).codes.map((code) => [code.subject, code.score])),
      subject,
    ),
  );
  const base = asked.map(({ text, subject }) =>
    decide(
      sum(
        postings
          .search(counted(pairs(text)), 10)
          .map(({ document, score }) => [items[document].subject, score]),
      ),
      subject,
    ),
  );
  const rows = [
    [1, undefined],
    [0.75, 0.8],
    [0.5, 0.9],
  ].map(([part, bar]) => [
    `${part * 100} % surest`,
    { ...surest(ours, part), base: surest(base, part).hits, ...(bar && { bar }) },
  ]);
  const words = [
    'Ten subjects, four sources of questions; mathematics of primary school is asked of upper secondary text.',
  ];
  return { title: 'Routing to a subject, every source unseen', rows, words };
}
