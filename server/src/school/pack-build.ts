import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SchoolError } from './errors.ts';
import { importCommentaryLines, importCommentaryTurtle } from './importers/commentary.ts';
import {
  importCourseLines,
  importCourseTable,
  importCourseTurtle,
  withPrerequisites,
} from './importers/course-of-study.ts';
import type { Imported, ImportedFile } from './importers/imported.ts';
import { importLehrplan } from './importers/lehrplan.ts';
import { importOak } from './importers/oak.ts';
import { type TableKind, importTable } from './importers/tables.ts';
import { readBounded, sha256 } from './pack.ts';
import type { PackDraft } from './pack-writer.ts';
import { type FileName, type Item, type Rows, fileNames, packLimits } from './schema.ts';

/** What a pack is made from beside what people wrote: paths by kind of source. */
export interface BuildInputs {
  /** Japan's course of study: Turtle, a page of tables or JSON lines. */
  readonly course?: readonly string[];
  /** Its commentary: Turtle or JSON lines. */
  readonly commentary?: readonly string[];
  /** Links between what is learnt first and later: Turtle. */
  readonly prerequisites?: readonly string[];
  readonly oak?: readonly string[];
  readonly lehrplan?: readonly string[];
  /** Tables of a ministry, as comma-separated values. */
  readonly items?: readonly string[];
  readonly passages?: readonly string[];
  readonly characters?: readonly string[];
}

export interface Built {
  readonly draft: PackDraft;
  readonly leftOut: readonly string[];
}

/**
 * Lays what was imported under what people wrote: their rows come first, and their titles of
 * subjects stand.
 * @throws SchoolError with the file and the line
 */
export async function buildDraft(written: PackDraft, inputs: BuildInputs): Promise<Built> {
  const imported: Imported[] = [];
  const course = await readAll(inputs.course);
  if (course.length > 0) imported.push(importCourse(course));
  for (const [read, paths] of [
    [importOak, inputs.oak],
    [importLehrplan, inputs.lehrplan],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    const files = await readAll(paths);
    if (files.length > 0) imported.push(read(files));
  }
  for (const kind of ['items', 'passages', 'characters'] as const) {
    // oxlint-disable-next-line no-await-in-loop
    imported.push(...(await readTables(kind, inputs[kind], written)));
  }
  const prerequisites = await readAll(inputs.prerequisites);
  const items = imported.flatMap(({ rows }) => rows.items ?? []);
  const linked = prerequisites.length === 0 ? items : withPrerequisites(items, prerequisites);
  const commentary = await readAll(inputs.commentary);
  if (commentary.length > 0) imported.push(importCommentary(commentary, linked));
  const draft = merged(written, imported, linked);
  const { rows, strangers } = withKnownCodes(draft.rows);
  const leftOut = imported.flatMap((one) => one.leftOut);
  if (strangers > 0) leftOut.push(`${strangers} rows of aliases about codes that are not here`);
  return { draft: { ...draft, rows }, leftOut };
}

function importCourse(files: readonly ImportedFile[]): Imported {
  const [first] = files;
  if (/\.html?$/.test(first!.name)) return importCourseTable(first!);
  return /\.jsonl?$/.test(first!.name) ? importCourseLines(first!) : importCourseTurtle(files);
}

function importCommentary(files: readonly ImportedFile[], items: readonly Item[]): Imported {
  const [first] = files;
  return /\.jsonl?$/.test(first!.name)
    ? importCommentaryLines(first!, items)
    : importCommentaryTurtle(files, items);
}

/** The tables' source is the first the pack's authors name: only they know it. */
async function readTables(
  kind: TableKind,
  paths: readonly string[] | undefined,
  written: PackDraft,
): Promise<readonly Imported[]> {
  const files = await readAll(paths);
  const source =
    written.manifest.sources.find(({ id }) => id === kind) ?? written.manifest.sources[0];
  if (files.length > 0 && source === undefined) {
    throw new SchoolError('pack_invalid', 'pack.yaml: sources');
  }
  return files.map((file) => importTable(kind, file, source!));
}

function merged(
  { manifest, rows }: PackDraft,
  imported: readonly Imported[],
  items: readonly Item[],
): PackDraft {
  const subjects = new Map((manifest.subjects ?? []).map((subject) => [subject.id, subject]));
  const sources = new Map(manifest.sources.map((source) => [source.id, source]));
  for (const { subjects: more, source } of imported) {
    for (const subject of more) if (!subjects.has(subject.id)) subjects.set(subject.id, subject);
    // A table's hash belongs to the source its authors described.
    sources.set(source.id, { ...source, ...sources.get(source.id) });
  }
  const all: Partial<Record<FileName, readonly unknown[]>> = {};
  for (const name of fileNames) {
    const theirs = imported.flatMap((one): readonly unknown[] => one.rows[name] ?? []);
    all[name] = [...(rows[name] ?? []), ...(name === 'items' ? items : theirs)];
  }
  return {
    manifest: { ...manifest, subjects: [...subjects.values()], sources: [...sources.values()] },
    rows: all,
  };
}

/** What is written about a curriculum is of use as far as the curriculum was imported. */
function withKnownCodes(rows: PackDraft['rows']): {
  readonly rows: PackDraft['rows'];
  readonly strangers: number;
} {
  const known = new Set((rows.items ?? []).map((row) => (row as Partial<Item>).code));
  const all = (rows.aliases ?? []) as readonly Partial<Rows['aliases'][number]>[];
  const aliases = all.flatMap((row) => {
    const codes = (row.codes ?? []).filter((code) => known.has(code));
    return codes.length === 0 ? [] : [{ ...row, codes }];
  });
  return { rows: { ...rows, aliases }, strangers: all.length - aliases.length };
}

async function readAll(paths: readonly string[] = []): Promise<readonly ImportedFile[]> {
  const files: ImportedFile[] = [];
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop
    files.push(await readImported(path));
  }
  return files;
}

/** The largest dump has 70 MB of Turtle in 4 MB of gzip. */
const mostBytes = 4 * packLimits.fileBytes;

/** @param path may end with `.gz` @throws SchoolError `pack_absent`, `pack_too_large` */
async function readImported(path: string): Promise<ImportedFile> {
  const name = basename(path);
  const raw = await readBounded(path, mostBytes);
  if (raw === undefined) throw new SchoolError('pack_absent', name);
  return {
    name: name.replace(/\.gz$/, ''),
    text: (name.endsWith('.gz') ? unpack(raw, name) : raw).toString('utf8'),
    sha256: sha256(raw),
  };
}

function unpack(raw: Buffer, name: string): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw new SchoolError('pack_too_large', `${name}: damaged, or too large`, cause);
  }
}
