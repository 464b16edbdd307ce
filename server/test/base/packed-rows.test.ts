import fc from 'fast-check';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { PackedRows, type PackedValue } from '#base';

const columns = [
  { name: 'n', kind: 'integer' },
  { name: 'key', kind: 'blob', bytes: 4 },
  { name: 'word', kind: 'text', bytes: 9 },
] as const;

/** What SQLite has in the table after the rows were inserted. */
function stored(rows: readonly (readonly PackedValue[])[]): unknown[] {
  const database = new Libsql(':memory:');
  database.exec('CREATE TABLE t (row INTEGER PRIMARY KEY, n INTEGER, key BLOB, word TEXT) STRICT');
  const packed = new PackedRows('t', columns);
  database.prepare(packed.sql).run([packed.pack(rows)]);
  const found = database.prepare('SELECT n, hex(key) AS key, word FROM t ORDER BY row').all();
  database.close();
  return (found as { n: unknown; key: string; word: unknown }[]).map(({ n, key, word }) => [
    n,
    key,
    word,
  ]);
}

const asStored = (rows: readonly (readonly PackedValue[])[]): unknown[] =>
  rows.map(([n, key, word]) => [n, Buffer.from((key as Uint8Array) ?? []).toString('hex'), word]);

describe('rows packed into one blob', () => {
  it('are in the table as they were given, in their order, nulls among them', () => {
    const row = fc.tuple(
      fc.option(fc.maxSafeNat()),
      fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 })),
      fc.option(fc.stringMatching(/^[!-~]{0,9}$/)),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        const found = stored(rows).map((of) => {
          const [n, key, word] = of as [unknown, string, unknown];
          return [n, key.toLowerCase(), word];
        });
        expect(found).toEqual(asStored(rows));
      }),
      { numRuns: 50 },
    );
    const largest = [[Number.MAX_SAFE_INTEGER, Buffer.alloc(4, 0xff), 'nine char']];
    expect(stored(largest)).toEqual([[Number.MAX_SAFE_INTEGER, 'FFFFFFFF', 'nine char']]);
  });

  it('are refused when a value does not fit into its column', () => {
    const packed = new PackedRows('t', columns);
    const key = Buffer.alloc(4);
    for (const row of [
      [-1, key, 'a'],
      [0.5, key, 'a'],
      [2 ** 53, key, 'a'],
      [1, Buffer.alloc(3), 'a'],
      [1, Buffer.alloc(5), 'a'],
      [1, key, 'ten chars!'],
    ]) {
      expect(() => packed.pack([row])).toThrow();
    }
    expect(() => packed.pack([])).toThrow();
  });
});
