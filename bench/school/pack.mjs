// A pack in memory from the published data, for measuring: the elementary course of study of social
// studies with its codes, the official commentary as passages, kanji by grade. Not the product's
// importer; it keeps to what the measurements need.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/data/education/', import.meta.url));
export const hasData = existsSync(`${folder}curriculum-jp/commentary_part.jsonl`);
export const withoutData = 'the folder shared/data/education beside the checkout is not there';

export const educationFile = (path) => `${folder}${path}`;
export const rowsOf = (path) =>
  readFileSync(educationFile(path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The code above: its last level set to 0. */
export function parentOf(code) {
  for (let at = 14; at >= 6; at--) {
    if (code[at] !== '0') return `${code.slice(0, at)}0${code.slice(at + 1)}`;
  }
  return undefined;
}

export function socialItems() {
  const rows = rowsOf('curriculum-jp/elementary-2017-social-studies.jsonl');
  const codes = new Set(rows.map(({ code }) => code));
  return rows.map(({ code, text }) => {
    let parent = parentOf(code);
    while (parent !== undefined && !codes.has(parent)) parent = parentOf(parent);
    return {
      code,
      text,
      years: /[1-6]/.test(code[5]) ? [Number(code[5])] : [],
      subject: 'social-studies',
      parent: parent ?? null,
      prerequisites: [],
      source: 'course-of-study',
    };
  });
}

export function commentary() {
  return rowsOf('curriculum-jp/commentary_part.jsonl').map(({ id, text, about, page }) => {
    const years = [...new Set(about.map((code) => code[5]))].filter((year) => /[1-6]/.test(year));
    return {
      id,
      text: text.trim(),
      codes: about,
      years: years.map(Number),
      subject: about[0][2] === '6' ? 'science' : 'social-studies',
      title: '小学校学習指導要領解説',
      place: page,
      source: 'commentary',
    };
  });
}

export function kanjiByYear() {
  const years = new Map();
  const lines = readFileSync(educationFile('curriculum-jp/kyoiku-kanji.csv'), 'utf8').split('\n');
  for (const line of lines.slice(1)) {
    const [letter, year] = line.trim().split(',');
    if (year === undefined) continue;
    years.set(Number(year), (years.get(Number(year)) ?? '') + letter);
  }
  return [...years].map(([year, characters]) => ({ year, characters, source: 'kanji' }));
}

const rows = {
  items: [],
  passages: [],
  aliases: [],
  characters: [],
  words: [],
  topics: [],
  views: [],
  cautions: [],
  calendar: [],
  signs: [],
  helplines: [],
};

const subjects = [
  ['social-studies', 'Social studies', '社会'],
  ['science', 'Science', '理科'],
];

/** @param given rows that replace the empty ones */
export function packOf(given, id = 'jp-bench') {
  return {
    ...rows,
    ...given,
    hash: '0'.repeat(64),
    manifest: {
      format: 'sekisho.pack/v1',
      id,
      version: '0',
      country: 'JP',
      title: { en: 'For measuring', ja: '測定用' },
      languages: ['ja'],
      authors: ['bench'],
      limits: { en: 'For measuring only', ja: '測定専用' },
      years: Array.from({ length: 12 }, (_, at) => ({
        year: at + 1,
        label: { en: `Year ${at + 1}`, ja: `${at + 1}年` },
        also: at < 6 ? [`小${at + 1}`] : at < 9 ? [`中${at - 5}`] : [`高${at - 8}`],
        ages: [at + 6, at + 7],
      })),
      subjects: subjects.map(([subject, en, ja]) => ({ id: subject, title: { en, ja }, also: [] })),
      sources: ['course-of-study', 'commentary', 'kanji'].map((source) => ({
        id: source,
        title: source,
        publisher: 'MEXT',
        licence: 'see MANIFEST.md',
      })),
      files: {},
    },
  };
}

/** Rows the product brings, written by hand. */
const written = (name) => {
  const path = fileURLToPath(new URL(`../../server/data/packs/jp/${name}.jsonl`, import.meta.url));
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
};
const filled = (row) => ({
  ...row,
  ...(row.cues && { cues: { with: [], not: [], ...row.cues } }),
  ...(row.framing && { framing: row.framing.map((one) => ({ from: 0, to: 20, ...one })) }),
});

export const japanesePack = () => {
  const items = socialItems();
  const codes = new Set(items.map(({ code }) => code));
  const passages = commentary().map((passage) => ({
    ...passage,
    codes: passage.codes.filter((code) => codes.has(code)),
  }));
  const byHand = Object.fromEntries(
    ['words', 'topics', 'views', 'cautions', 'signs'].map((name) => [
      name,
      written(name).map(filled),
    ]),
  );
  const aliases = written('aliases').flatMap((row) => {
    const known = row.codes.filter((code) => codes.has(code));
    return known.length === 0 ? [] : [{ ...row, codes: known }];
  });
  const helplines = written('helplines').map((row) => ({ ages: [0, 120], ...row }));
  return packOf({ ...byHand, items, passages, aliases, helplines, characters: kanjiByYear() });
};
