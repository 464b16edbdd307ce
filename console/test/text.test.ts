import { expect, test } from 'vitest';
import { en } from '../src/text/en.ts';
import { createFormat, fill } from '../src/text/format.ts';
import { ja } from '../src/text/ja.ts';

type Tree = { readonly [name: string]: string | Tree };

/** Every text with the path that leads to it. */
function flatten(tree: Tree, path = ''): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [[`${path}${name}`, value] as const]
      : flatten(value, `${path}${name}.`),
  );
}

const marks = (text: string): readonly string[] => (text.match(/\{\w+\}/g) ?? []).toSorted();

test('a text has the same marks to fill in both languages', () => {
  const japanese = new Map(flatten(ja));
  for (const [path, text] of flatten(en)) {
    expect(marks(japanese.get(path) ?? ''), path).toEqual(marks(text));
  }
});

test('no text is empty, and every Japanese sentence is Japanese', () => {
  for (const [path, text] of flatten(en)) expect(text.trim(), path).not.toBe('');
  for (const [path, text] of flatten(ja)) {
    expect(text, path).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
  }
});

test('marks are filled, and one without a value stays visible', () => {
  expect(fill('{a} and {b}', { a: '1' })).toBe('1 and {b}');
});

test('numbers, times and countries follow the language', () => {
  expect(createFormat('en').number(1234567)).toBe('1,234,567');
  expect(createFormat('en').country('JP')).toBe('Japan');
  expect(createFormat('ja').country('US')).toBe('アメリカ合衆国');
  expect(createFormat('ja').country('moon')).toBe('moon');
  expect(createFormat('ja').dateTime(1_795_000_000)).toContain('2026年11月');
});
