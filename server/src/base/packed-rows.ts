import assert from 'node:assert/strict';
import { Scratch } from './scratch.ts';

/** A column whose values all fit into the same few bytes; each may also be null. */
export type PackedColumn = { readonly name: string } & (
  | { readonly kind: 'blob'; readonly bytes: number }
  /** A whole number that is not negative. */
  | { readonly kind: 'integer' }
  /** ASCII without trailing spaces, at most so long. */
  | { readonly kind: 'text'; readonly bytes: number }
);

export type PackedValue = Uint8Array | number | string | null;

/** Decimal digits of the largest whole number that a double holds. */
const integerBytes = 16;
const zero = 0x30;
const blank = 0x20;
const isNull = 0x30;
const isThere = 0x31;

interface Field {
  readonly column: PackedColumn;
  /** Of the mark before the value. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * Many rows as one blob, which SQLite takes apart itself: the driver is given one value instead of
 * one for each field. Measured, a row then costs half of what it does as a list of values.
 */
export class PackedRows {
  /** An INSERT of all rows, whose one parameter is what `pack` returns. */
  readonly sql: string;
  /** The same, passing over rows whose unique columns are in the table already. */
  readonly sqlOfNew: string;
  readonly rowBytes: number;
  readonly #fields: readonly Field[];
  readonly #scratch = new Scratch();

  constructor(table: string, columns: readonly PackedColumn[]) {
    const fields: Field[] = [];
    let start = 0;
    for (const column of columns) {
      const bytes = column.kind === 'integer' ? integerBytes : column.bytes;
      fields.push({ column, start, bytes });
      start += 1 + bytes;
    }
    this.#fields = fields;
    this.rowBytes = start;
    const names = columns.map(({ name }) => name).join(', ');
    // `row` is where a row starts in the blob, counted from 1 as SQLite does.
    const insert = (verb: string): string => `
      WITH RECURSIVE rows(row) AS (VALUES (1) UNION ALL
        SELECT row + ${start} FROM rows WHERE row + ${start} <= length(?1))
      ${verb} INTO ${table} (${names}) SELECT ${fields.map(expressionOf).join(', ')} FROM rows`;
    this.sql = insert('INSERT');
    this.sqlOfNew = insert('INSERT OR IGNORE');
  }

  /**
   * @param rows each with a value for every column, in order; one at least
   * @returns bytes that are good until the next call
   */
  pack(rows: readonly (readonly PackedValue[])[]): Buffer {
    assert.ok(rows.length > 0, 'an insert has rows');
    const bytes = this.#scratch.take(rows.length * this.rowBytes);
    let row = 0;
    for (const values of rows) {
      for (let i = 0; i < this.#fields.length; i++) put(bytes, row, this.#fields[i]!, values[i]!);
      row += this.rowBytes;
    }
    return bytes;
  }

  /** One row as it was packed. @returns a value for every column, in order */
  unpack(row: Buffer): readonly PackedValue[] {
    assert.ok(row.length === this.rowBytes, 'a packed row has the length of its table');
    return this.#fields.map(({ column: { kind }, start, bytes }) => {
      if (row[start] === isNull) return null;
      const value = row.subarray(start + 1, start + 1 + bytes);
      if (kind === 'blob') return value;
      const text = value.toString('latin1');
      return kind === 'integer' ? Number(text) : text.trimEnd();
    });
  }
}

function put(into: Buffer, row: number, { column, start, bytes }: Field, value: PackedValue): void {
  const at = row + start;
  into[at] = value === null ? isNull : isThere;
  if (value === null) return;
  if (column.kind === 'blob') {
    const blob = value as Uint8Array;
    assert.ok(blob.length === bytes, 'a packed blob has the length of its column');
    into.set(blob, at + 1);
    return;
  }
  if (column.kind === 'integer') {
    assert.ok(Number.isSafeInteger(value) && Number(value) >= 0, 'a packed number is a count');
    putDigits(into, at + bytes, value as number);
    return;
  }
  const text = value as string;
  assert.ok(text.length <= bytes, 'a packed text fits into its column');
  // A loop of its own: for a few characters the calls of Buffer cost more than the bytes.
  for (let i = 0; i < bytes; i++) {
    into[at + 1 + i] = i < text.length ? text.charCodeAt(i) : blank;
  }
}

/** @param end of the sixteen digits, the last of which stands there */
function putDigits(into: Buffer, end: number, value: number): void {
  let rest = value;
  for (let at = end; at > end - integerBytes; at--) {
    const tens = Math.floor(rest / 10);
    into[at] = zero + (rest - tens * 10);
    rest = tens;
  }
}

function expressionOf({ column: { kind }, start, bytes }: Field): string {
  const value = `substr(?1, row + ${start + 1}, ${bytes})`;
  const there = `substr(?1, row + ${start}, 1) = x'${isThere.toString(16)}'`;
  const read = {
    blob: value,
    integer: `CAST(${value} AS INTEGER)`,
    text: `rtrim(CAST(${value} AS TEXT))`,
  };
  return `CASE WHEN ${there} THEN ${read[kind]} END`;
}
