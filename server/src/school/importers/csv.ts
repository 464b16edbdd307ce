import { SchoolError } from '../errors.ts';
import { packLimits } from '../schema.ts';

/**
 * Reads comma-separated values (RFC 4180), with or without a byte order mark; the first line names
 * the columns.
 * @returns a record for each line, by column name
 * @throws SchoolError `pack_invalid` with the line, `pack_too_large`
 */
export function readCsv(text: string, name: string): readonly Readonly<Record<string, string>>[] {
  const lines = splitCsv(text.replace(/^\uFEFF/, ''), name);
  const [head = [], ...body] = lines;
  const columns = head.map((column) => column.trim());
  if (columns.length === 0 || new Set(columns).size !== columns.length) {
    throw new SchoolError('pack_invalid', `${name}:1: columns`);
  }
  return body.map((fields, index) => {
    if (fields.length !== columns.length) {
      throw new SchoolError('pack_invalid', `${name}: row ${index + 2}: ${fields.length} fields`);
    }
    return Object.fromEntries(columns.map((column, at) => [column, fields[at] ?? '']));
  });
}

function splitCsv(text: string, name: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (rows.length > packLimits.rows) throw new SchoolError('pack_too_large', name);
    let field: string;
    if (text[at] === '"') {
      [field, at] = quoted(text, at, name);
    } else {
      const end = endOfPlain(text, at);
      field = text.slice(at, end);
      at = end;
    }
    row.push(field);
    if (text[at] === ',') {
      at++;
      // A comma at the very end is followed by one more, empty field.
      if (at === text.length) row.push('');
      continue;
    }
    if (text[at] === '\r') at++;
    if (at < text.length && text[at] !== '\n') {
      throw new SchoolError('pack_invalid', `${name}: row ${rows.length + 1}: quotes`);
    }
    at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

function endOfPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

/** @returns the field and where it ends; two quotes within it are one */
function quoted(text: string, from: number, name: string): [string, number] {
  let field = '';
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) throw new SchoolError('pack_invalid', `${name}: a quote is not closed`);
    field += text.slice(at, end);
    if (text[end + 1] !== '"') return [field, end + 1];
    field += '"';
    at = end + 2;
  }
}
