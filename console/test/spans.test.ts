import { expect, test } from 'vitest';
import { readNotes } from '../src/api/lessons.ts';
import { isReading, spansOf } from '../src/school/spans.ts';

const text = '憲法は1956年に公布された。';

function noteAt(start: number, end: number, more: object = {}): object {
  return { kind: 'contradiction.year', about: 'answer', start, end, text: { en: 'x' }, ...more };
}

function spans(notes: readonly object[]) {
  const read = readNotes(notes);
  const readings = read.filter(isReading);
  const numbered = read
    .filter((note) => !isReading(note))
    .map((note, i) => ({ number: i + 1, note }));
  return spansOf(text, numbered, readings);
}

test('a text without notes is one span, and every cut text is whole again', () => {
  expect(spans([])).toMatchObject([{ text, numbers: [], ending: [], reading: '' }]);
  const cut = spans([noteAt(3, 8), noteAt(0, text.length), noteAt(5, 12)]);
  expect(cut.map((span) => span.text).join('')).toBe(text);
});

test('overlapping notes each end where their words end', () => {
  const found = spans([noteAt(3, 8), noteAt(0, text.length)]);
  expect(found.map(({ numbers, ending }) => [numbers, ending])).toEqual([
    [[2], []],
    [[1, 2], [1]],
    [[2], [2]],
  ]);
});

test('a reading stands over its word, which no other note cuts', () => {
  const reading = noteAt(0, 2, { kind: 'kanji', offer: { reading: 'けんぽう' } });
  const found = spans([reading, noteAt(1, 8)]);
  expect(found[0]).toMatchObject({ text: '憲法', reading: 'けんぽう', numbers: [1] });
});

test('places outside the text, and readings that overlap, break nothing', () => {
  const reading = { kind: 'kanji', offer: { reading: 'よみ' } };
  const found = spans([noteAt(3, 999), noteAt(-5, 2), noteAt(8, 8), noteAt(0, 2, reading)]);
  expect(found.map((span) => span.text).join('')).toBe(text);
  const twice = spans([noteAt(0, 3, reading), noteAt(1, 4, reading)]);
  expect(twice.filter((span) => span.reading !== '')).toHaveLength(1);
});

test('notes on further answers of one request are left out', () => {
  expect(readNotes([noteAt(0, 2, { choice: 1 })])).toEqual([]);
});
