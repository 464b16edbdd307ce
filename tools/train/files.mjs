// Reads the data sets the trainer learns from and is tested on: CSV, JSON and JSON lines, plain or
// gzip, from a folder that is no part of this repository.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The folder of data sets: SEKISHO_DATA, or ../shared/data beside the checkout. */
export const dataFolder = process.env.SEKISHO_DATA ?? join(root, '..', 'shared', 'data');

export const hasData = existsSync(join(dataFolder, 'supervisor'));
export const withoutData = `no data sets at ${dataFolder}: set SEKISHO_DATA to a folder that has them`;

/** More sets, for tests only: put there by whoever wants them counted too. */
export const moreData = join(root, '.bootstrap', 'data');

const find = (path) =>
  [dataFolder, moreData].map((folder) => join(folder, path)).find((file) => existsSync(file));

/** Whether a file of a set is there. */
export const isThere = (path) => find(path) !== undefined;

/** The largest set is 4 MB unpacked. */
const mostBytes = 64 * 1024 * 1024;

export function text(path) {
  const file = find(path);
  if (file === undefined) throw new Error(`couldn't read ${path}: it is not at ${dataFolder}`);
  const bytes = readFileSync(file);
  const plain = path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes;
  return plain.toString('utf8').replace(/^\ufeff/, '');
}

export const json = (path) => JSON.parse(text(path));

export const lines = (path) =>
  text(path)
    .split('\n')
    .filter((line) => line.trim() !== '');

export const jsonLines = (path) => lines(path).map((line) => JSON.parse(line));

/** RFC 4180: quoted fields may hold commas, quotes and line breaks. One object a row. */
export function csv(path) {
  const [head = [], ...rows] = cells(text(path));
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])));
}

function cells(source) {
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < source.length; at++) {
    const unit = source[at];
    if (quoted) {
      if (unit !== '"') cell += unit;
      else if (source[at + 1] === '"') cell += source[at++];
      else quoted = false;
    } else if (unit === '"') quoted = true;
    else if (unit === ',') {
      row.push(cell);
      cell = '';
    } else if (unit === '\n') {
      rows.push([...row, cell.replace(/\r$/, '')]);
      row = [];
      cell = '';
    } else cell += unit;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows.filter((each) => each.length > 1 || each[0] !== '');
}
