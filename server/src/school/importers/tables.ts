import { SchoolError } from '../errors.ts';
import type { Item, Manifest, PackPassage, Source } from '../schema.ts';
import { readCsv } from './csv.ts';
import type { Imported, ImportedFile } from './imported.ts';

// For a ministry without linked data: tables as any spreadsheet saves them. The columns are named
// as the members of the format; lists stand in one cell, divided by a semicolon.

export type TableKind = 'items' | 'passages' | 'characters';

/** What a table itself cannot say. @throws SchoolError `pack_invalid` with the row and column */
export function importTable(kind: TableKind, file: ImportedFile, source: Source): Imported {
  const rows = readCsv(file.text, file.name);
  const from = { source: { ...source, sha256: file.sha256 }, leftOut: [] };
  switch (kind) {
    case 'items': {
      const items = rows.map((row, at) => itemOf(row, `${file.name}: row ${at + 2}`, source.id));
      return { ...from, rows: { items }, subjects: subjectsOf(items) };
    }
    case 'passages': {
      const passages = rows.map((row, at) =>
        passageOf(row, `${file.name}: row ${at + 2}`, source.id),
      );
      return { ...from, rows: { passages }, subjects: subjectsOf(passages) };
    }
    case 'characters':
      return { ...from, rows: { characters: charactersOf(rows, file, source.id) }, subjects: [] };
  }
}

type Row = Readonly<Record<string, string>>;

function itemOf(row: Row, where: string, source: string): Item {
  return {
    code: needed(row, 'code', where),
    text: needed(row, 'text', where),
    years: yearsOf(row, where),
    subject: row['subject']?.trim() || null,
    parent: row['parent']?.trim() || null,
    prerequisites: listOf(row, 'prerequisites'),
    source,
  };
}

function passageOf(row: Row, where: string, source: string): PackPassage {
  const title = row['title']?.trim();
  const place = row['place']?.trim();
  return {
    id: needed(row, 'id', where),
    text: needed(row, 'text', where),
    codes: listOf(row, 'codes'),
    years: yearsOf(row, where),
    subject: row['subject']?.trim() || null,
    ...(title ? { title } : {}),
    ...(place ? { place } : {}),
    source,
  };
}

/** Two columns: a character and its year, by these names or in this order. */
function charactersOf(rows: readonly Row[], file: ImportedFile, source: string) {
  const byYear = new Map<number, string[]>();
  for (const [at, row] of rows.entries()) {
    const [first = '', second = ''] = Object.values(row);
    const character = (row['character'] ?? first).trim();
    const year = Number(row['year'] ?? second);
    if (Array.from(character).length !== 1 || !Number.isInteger(year)) {
      throw new SchoolError('pack_invalid', `${file.name}: row ${at + 2}: character, year`);
    }
    byYear.set(year, [...(byYear.get(year) ?? []), character]);
  }
  return [...byYear]
    .toSorted(([a], [b]) => a - b)
    .map(([year, characters]) => ({ year, characters: characters.join(''), source }));
}

function needed(row: Row, column: string, where: string): string {
  const value = row[column]?.trim();
  if (value === undefined || value === '') {
    throw new SchoolError('pack_invalid', `${where}: ${column}`);
  }
  return value;
}

function listOf(row: Row, column: string): readonly string[] {
  return (row[column] ?? '').split(';').flatMap((value) => value.trim() || []);
}

/** `4`, `3;4` or `7-9`. */
function yearsOf(row: Row, where: string): readonly number[] {
  return listOf(row, 'years').flatMap((value) => {
    const [, from = '', to = from] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(value) ?? [];
    const first = Number(from);
    const last = Number(to);
    if (from === '' || last < first || last > 20) {
      throw new SchoolError('pack_invalid', `${where}: years`);
    }
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** Titles are the ids until the pack's own pack.yaml names them. */
function subjectsOf(rows: readonly { readonly subject: string | null }[]): Manifest['subjects'] {
  const ids = new Set(rows.flatMap(({ subject }) => subject ?? []));
  return [...ids].map((id) => ({ id, title: { en: id }, also: [] }));
}
