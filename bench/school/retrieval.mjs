import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Curriculum } from '../../server/dist/school/curriculum.js';
import { foldText } from '../../server/dist/school/folded.js';
import { Postings, bagOf, counted } from '../../server/dist/school/postings.js';
import { gramsOf, plainOf } from '../../server/dist/school/tokens.js';
import { isDevelopment } from './claims.mjs';

const file = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const lines = (path) =>
  readFileSync(file(path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** BM25 over pairs of characters, nothing else. */
function baselineOf(items) {
  const pairs = (text) => gramsOf(foldText(plainOf(text)).text).filter((gram) => gram.length === 2);
  const postings = new Postings(items.map(({ text }) => bagOf([[pairs(text), 1]])));
  return (text) =>
    postings.search(counted(pairs(text)), 10).map(({ document }) => items[document].code);
}

function score(queries, search) {
  const sum = { first: 0, five: 0, ten: 0, year: 0 };
  for (const query of queries) {
    const found = search(query);
    const has = (code) => query.codes.includes(code);
    if (has(found[0])) sum.first++;
    if (found.slice(0, 5).some(has)) sum.five++;
    if (found.slice(0, 10).some(has)) sum.ten++;
    if (query.codes.some((code) => code[5] === found[0]?.[5])) sum.year++;
  }
  return sum;
}

/** From a paragraph of the commentary to its code; its codes' own passages are not looked at. */
export function retrieval(pack) {
  const curriculum = new Curriculum({ ...pack, aliases: [] });
  const baseline = baselineOf(pack.items);
  const queries = pack.passages.filter(({ text, codes }) => text.length >= 30 && codes.length > 0);
  const rows = [];
  for (const [name, part] of [
    ['all', queries],
    [
      'not in the development part',
      queries.filter(({ codes }) => !isDevelopment(codes[0].slice(0, 8))),
    ],
  ]) {
    const ours = score(part, ({ text, codes }) =>
      curriculum.search(text, 10, new Set(codes)).codes.map(({ code }) => code),
    );
    const base = score(part, ({ text }) => baseline(text));
    const n = part.length;
    const isAll = name === 'all';
    rows.push(
      [`R@1, ${name}`, { hits: ours.first, n, base: base.first }],
      [`R@5, ${name}`, { hits: ours.five, n, base: base.five, ...(isAll && { bar: 0.87 }) }],
      [`R@10, ${name}`, { hits: ours.ten, n, base: base.ten }],
      [
        `same grade @1, ${name}`,
        { hits: ours.year, n, base: base.year, ...(isAll && { bar: 0.88 }) },
      ],
    );
  }
  return { title: 'Commentary to code (split by code)', rows };
}

/** Questions in pupils' words, by people who did not set the search; words of the pack only. */
export function pupilsWords(pack) {
  const queries = lines('server/data/school/pupil-questions-jp.jsonl');
  const baseline = baselineOf(pack.items);
  const base = score(queries, ({ question }) => baseline(question));
  const n = queries.length;
  const rows = [];
  for (const [name, given] of [
    ['without the pack’s words', { ...pack, words: [], aliases: [] }],
    ['with words', { ...pack, aliases: [] }],
    ['with words and aliases', pack],
  ]) {
    const curriculum = new Curriculum(given);
    const ours = score(queries, ({ question }) =>
      curriculum.search(question, 10).codes.map(({ code }) => code),
    );
    rows.push(
      [`R@5, ${name}`, { hits: ours.five, n, base: base.five, bar: 0.7 }],
      [`same grade @1, ${name}`, { hits: ours.year, n, base: base.year }],
    );
  }
  const words = [
    'The aliases were written by the authors of the questions: read that row with care.',
  ];
  return { title: 'Questions in pupils’ words', rows, words };
}
