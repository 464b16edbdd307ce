import { SchoolError } from '../errors.ts';
import { jsonRows } from '../json-rows.ts';
import type { Item, PackPassage } from '../schema.ts';
import { courseCode } from './course-code.ts';
import { type Imported, type ImportedFile, hashOf } from './imported.ts';
import { readTurtle } from './turtle.ts';

// The ministry's commentary (解説) on the course of study, as linked data or as JSON lines made
// from it: paragraphs that name the codes they are about.

const cos = 'https://w3id.org/jp-cos/';
const commentary = 'https://w3id.org/jp-cos-commentary/';
const terms = {
  text: 'http://schema.org/description',
  title: 'http://purl.org/dc/terms/title',
  about: 'http://schema.org/about',
  page: `${cos}commentaryPage`,
} as const;

const source = {
  id: 'commentary',
  title: '学習指導要領解説 / 学習指導要領解説LOD',
  publisher: '文部科学省; 教育データプラス研究会',
  url: 'https://w3id.org/jp-cos-commentary/',
  licence: '文部科学省ウェブサイト利用規約（公共データ利用規約、CC BY 4.0 互換）',
  attribution: '出典：文部科学省「学習指導要領解説」、学習指導要領解説LOD',
  changes: 'paragraphs chosen, structure turned into rows',
} as const;

interface Paragraph {
  readonly id: string;
  readonly text: string;
  readonly codes: readonly string[];
  readonly title: string | undefined;
  readonly page: string | undefined;
}

/** @param items of the same pack: years and subject of a paragraph are those of its codes */
export function importCommentaryTurtle(
  files: readonly ImportedFile[],
  items: readonly Item[],
): Imported {
  const graph = readTurtle(files.map(({ text }) => text));
  const paragraphs: Paragraph[] = [];
  for (const subject of graph.subjects()) {
    const text = graph.one(subject, terms.text);
    if (!subject.startsWith(commentary) || text === undefined) continue;
    paragraphs.push({
      id: subject.slice(commentary.length),
      text,
      codes: graph.all(subject, terms.about).map(({ value }) => value.slice(cos.length)),
      title: graph.one(subject, terms.title),
      page: graph.one(subject, terms.page),
    });
  }
  return imported(paragraphs, items, files);
}

/** JSON lines `{id, text, about, page}`. */
export function importCommentaryLines(file: ImportedFile, items: readonly Item[]): Imported {
  const paragraphs = jsonRows(file.text, file.name).map(({ value, where }) => {
    return paragraphOf((value ?? {}) as Readonly<Record<string, unknown>>, where);
  });
  return imported(paragraphs, items, [file]);
}

function paragraphOf(row: Readonly<Record<string, unknown>>, where: string): Paragraph {
  const { id, text, about, page } = row;
  if (typeof id !== 'string' || typeof text !== 'string' || !Array.isArray(about)) {
    throw new SchoolError('pack_invalid', `${where}: id, text or about`);
  }
  return {
    id,
    text,
    codes: about.filter((code): code is string => typeof code === 'string'),
    title: undefined,
    page: typeof page === 'string' ? page : undefined,
  };
}

function imported(
  paragraphs: readonly Paragraph[],
  items: readonly Item[],
  files: readonly ImportedFile[],
): Imported {
  const byCode = new Map(items.map((item) => [item.code, item]));
  let strangers = 0;
  const passages: PackPassage[] = [];
  for (const { id, text, codes: named, title, page } of paragraphs) {
    const codes = named.filter((code) => courseCode.test(code) && byCode.has(code));
    if (named.length > 0 && codes.length === 0) strangers++;
    if (codes.length === 0 || text.trim() === '') continue;
    const about = codes.map((code) => byCode.get(code)!);
    const [first] = about;
    passages.push({
      id,
      text: text.trim(),
      codes,
      years: [...new Set(about.flatMap(({ years }) => years))].toSorted((a, b) => a - b),
      subject: first?.subject ?? null,
      ...(title === undefined || title === text ? {} : { title: title.slice(0, 500) }),
      ...(page === undefined ? {} : { place: page.slice(0, 500) }),
      source: source.id,
    });
  }
  return {
    source: { ...source, ...hashOf(files) },
    rows: { passages },
    subjects: [],
    leftOut: strangers === 0 ? [] : [`${strangers} paragraphs about codes that are not here`],
  };
}
