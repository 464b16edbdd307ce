import { expect, test } from 'vitest';
import { type PassageRow, readPassageRow } from '../src/api/passages.ts';
import { mergeRows } from '../src/passages/list.ts';
import { parseRoute } from '../src/route.ts';

const row = (id: string, index: number, end: string | null): PassageRow =>
  readPassageRow({ id, index, end, decision: 'allow' });

test('rows stand newest first, one for each passage', () => {
  const merged = mergeRows(
    [row('b', 2, 'complete'), row('a', 1, 'complete')],
    [row('c', 3, null), row('b', 2, 'complete')],
  );
  expect(merged.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
});

test('the end of a passage replaces its beginning, and never the other way round', () => {
  const [ended] = mergeRows([row('a', 1, null)], [row('a', 1, 'refused')]);
  expect(ended?.end).toBe('refused');
  const [kept] = mergeRows([row('a', 1, 'refused')], [row('a', 1, null)]);
  expect(kept?.end).toBe('refused');
});

test('a row with gaps or surprises is shown with what can be told', () => {
  expect(readPassageRow({ id: 'a', rules: ['x', 7], ms: 'soon', later: true })).toMatchObject({
    id: 'a',
    rules: ['x', ''],
    ms: null,
    end: null,
    decision: 'error',
  });
  expect(readPassageRow(null).id).toBe('');
});

test('an address leads to its page, and an unknown one to the chat', () => {
  expect(parseRoute('#/passages/0af3')).toEqual({ page: 'passage', id: '0af3' });
  expect(parseRoute('#/passages')).toEqual({ page: 'passages' });
  expect(parseRoute('#/verify')).toEqual({ page: 'verify' });
  expect(parseRoute('#/passages/../rules')).toEqual({ page: 'chat' });
  expect(parseRoute('')).toEqual({ page: 'chat' });
});
