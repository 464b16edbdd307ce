import { SchoolError } from '../errors.ts';
import { jsonRows } from '../json-rows.ts';
import type { Item } from '../schema.ts';
import {
  type JapaneseSubject,
  ancestorsOf,
  courseCode,
  subjectNamed,
  subjectOfCode,
  subjectRows,
  yearOfCode,
  yearsBefore,
} from './course-code.ts';
import { type Imported, type ImportedFile, hashOf } from './imported.ts';
import { type Graph, readTurtle } from './turtle.ts';

// Japan's course of study (学習指導要領), which is published as linked data, as a page of tables
// and, from that page, as JSON lines. The text is a ministerial notification.

const cos = 'https://w3id.org/jp-cos/';
const terms = {
  code: 'http://purl.org/dc/terms/identifier',
  text: 'http://schema.org/description',
  part: 'http://schema.org/hasPart',
  grade: `${cos}grade`,
  area: `${cos}subjectArea`,
  basic: `${cos}basicItem`,
  value: 'http://www.w3.org/2000/01/rdf-schema#value',
} as const;

const source = {
  id: 'course-of-study',
  title: '学習指導要領コード / 学習指導要領LOD',
  publisher: '文部科学省; 教育データプラス研究会',
  url: 'https://w3id.org/jp-cos/',
  licence: 'CC-BY-4.0',
  attribution: '出典：文部科学省「学習指導要領」、学習指導要領コード・学習指導要領LOD（CC BY 4.0）',
} as const;

interface Statement {
  readonly code: string;
  readonly text: string;
  readonly years: readonly number[];
  readonly subject: JapaneseSubject | undefined;
  readonly parent: string | undefined;
  readonly prerequisites: readonly string[];
}

/** Turtle of the linked data: one dump, parts of it, or files of single items. */
export function importCourseTurtle(files: readonly ImportedFile[]): Imported {
  const graph = readTurtle(files.map(({ text }) => text));
  const parents = new Map<string, string>();
  for (const subject of graph.subjects()) {
    for (const { value } of graph.all(subject, terms.part)) parents.set(value, subject);
  }
  const statements: Statement[] = [];
  for (const subject of graph.subjects()) {
    const code = subject.startsWith(cos) ? subject.slice(cos.length) : '';
    const text = graph.one(subject, terms.text);
    if (!courseCode.test(code) || text === undefined) continue;
    const parent = parents.get(subject)?.slice(cos.length);
    const area = graph.one(subject, terms.area);
    statements.push({
      code,
      text,
      years: gradesOf(graph, subject, code),
      subject: subjectNamed(decodeURIComponent(area?.split('/').at(-1) ?? '')),
      parent: parent !== undefined && courseCode.test(parent) ? parent : undefined,
      prerequisites: prerequisitesOf(graph, subject),
    });
  }
  return imported(statements, files);
}

/** `cs:grade` where it is there, for it may name several; else what the code says. */
function gradesOf(graph: Graph, subject: string, code: string): readonly number[] {
  const before = yearsBefore(code);
  const said = graph.all(subject, terms.grade).flatMap(({ value }) => value.split(','));
  const grades = said.map((grade) => Number(grade.trim())).filter((n) => n >= 1 && n <= 6);
  if (before !== undefined && grades.length > 0) return grades.map((grade) => before + grade);
  const year = yearOfCode(code);
  return year === undefined ? [] : [year];
}

/** What has to be learnt first; the value stands in a node of its own. */
function prerequisitesOf(graph: Graph, subject: string): readonly string[] {
  return graph.all(subject, terms.basic).flatMap(({ value }) => {
    const code = graph.one(value, terms.value)?.slice(cos.length);
    return code !== undefined && courseCode.test(code) ? [code] : [];
  });
}

/**
 * The prerequisite links of a second file, laid over items that are there.
 * @returns the items with what has to be learnt before them
 */
export function withPrerequisites(
  items: readonly Item[],
  files: readonly ImportedFile[],
): readonly Item[] {
  const graph = readTurtle(files.map(({ text }) => text));
  const known = new Set(items.map(({ code }) => code));
  return items.map((item) => {
    const first = prerequisitesOf(graph, cos + item.code).filter((code) => known.has(code));
    if (first.length === 0) return item;
    return { ...item, prerequisites: [...new Set([...item.prerequisites, ...first])] };
  });
}

/** JSON lines `{code, text}`: other members are not read, for `address` is shifted in the source. */
export function importCourseLines(file: ImportedFile): Imported {
  const rows = jsonRows(file.text, file.name).flatMap(({ value }) => {
    const { code, text } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof code !== 'string' || typeof text !== 'string') return [];
    return courseCode.test(code) && text !== '' ? [{ code, text }] : [];
  });
  return imported(rows.map(statementOf), [file]);
}

/** The page of tables: a cell 学習指導要領コード and one 学習指導要領, each followed by its value. */
export function importCourseTable(file: ImportedFile): Imported {
  // Tables stand within cells of others: a cell is what follows the last tag that opens one.
  const cells = file.text.split('</td>').map((part) => {
    const open = part.lastIndexOf('<td');
    return open === -1 ? '' : plain(part.slice(part.indexOf('>', open) + 1));
  });
  const statements: Statement[] = [];
  let code = '';
  for (const [at, cell] of cells.entries()) {
    const value = cells[at + 1] ?? '';
    if (cell === '学習指導要領コード') code = value;
    if (cell !== '学習指導要領' || !courseCode.test(code)) continue;
    if (value !== '') statements.push(statementOf({ code, text: value }));
    code = '';
  }
  return imported(statements, [file]);
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
  '#39': "'",
};

function plain(html: string): string {
  return html
    .replaceAll(/<[^>]{0,500}>/g, '')
    .replaceAll(/&([a-z]{2,6}|#39);/g, (whole, name: string) => entities[name] ?? whole)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function statementOf({ code, text }: { readonly code: string; readonly text: string }): Statement {
  const year = yearOfCode(code);
  return {
    code,
    text,
    years: year === undefined ? [] : [year],
    subject: subjectOfCode(code),
    parent: undefined,
    prerequisites: [],
  };
}

function imported(statements: readonly Statement[], files: readonly ImportedFile[]): Imported {
  const byCode = new Map<string, Statement>();
  for (const statement of statements) {
    if (!byCode.has(statement.code)) byCode.set(statement.code, statement);
  }
  if (byCode.size === 0) throw new SchoolError('pack_invalid', `${files[0]?.name}: no codes`);
  const items = [...byCode.values()].map(({ code, text, years, subject, parent, ...more }) => {
    const above = parent ?? ancestorsOf(code).find((other) => byCode.has(other)) ?? null;
    return {
      code,
      text: text.trim(),
      years: [...new Set(years)].toSorted((a, b) => a - b),
      subject: subject ?? null,
      parent: above !== null && byCode.has(above) ? above : null,
      prerequisites: more.prerequisites.filter((first) => byCode.has(first)),
      source: source.id,
    };
  });
  const twice = statements.length - byCode.size;
  return {
    source: { ...source, ...hashOf(files) },
    rows: { items },
    subjects: subjectRows([...byCode.values()].flatMap(({ subject }) => subject ?? [])),
    leftOut: twice === 0 ? [] : [`${twice} statements whose code was there already`],
  };
}
