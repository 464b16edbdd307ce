import { describe, expect, test } from 'vitest';
import { ToolCalls, type WireToolPiece } from '../../src/upstream/tool-calls.ts';

/** The calls that these pieces make, as a caller would join them. */
function joined(pieces: readonly WireToolPiece[]): string[] {
  const calls = new ToolCalls();
  const made: { id: string; name: string; text: string }[] = [];
  for (const piece of pieces) {
    const event = calls.event(0, piece);
    const call = (made[event.index] ??= { id: '', name: '', text: '' });
    call.id += event.id ?? '';
    call.name += event.name ?? '';
    call.text += event.arguments;
  }
  return made.map(({ id, name, text }) => `${id} ${name} ${text}`);
}

const piece = (text: string, more: Partial<WireToolPiece> = {}): WireToolPiece => ({
  arguments: text,
  ...more,
});
const a = { id: 'a', name: 'f' };
const b = { id: 'b', name: 'f' };

describe('pieces of tool calls', () => {
  test.each<[string, WireToolPiece[]]>([
    [
      'in the usual way, also when they interleave',
      [
        piece('', { index: 0, ...a }),
        piece('', { index: 1, ...b }),
        piece('{"x"', { index: 0 }),
        piece('{}', { index: 1 }),
        piece(':1}', { index: 0 }),
      ],
    ],
    ['without an index', [piece('{"x"', a), piece(':1}'), piece('{}', b)]],
    [
      'with an index of 0 for all',
      [piece('{"x":1}', { index: 0, ...a }), piece('{}', { index: 0, ...b })],
    ],
    [
      'with indexes that count blocks',
      [piece('{"x":1}', { index: 3, ...a }), piece('{}', { index: 7, ...b })],
    ],
    [
      'with id and name in each piece',
      [
        piece('{"x"', { index: 0, ...a }),
        piece(':1}', { index: 0, ...a }),
        piece('{}', { index: 1, ...b }),
      ],
    ],
    [
      'with a new id in each piece',
      [
        piece('{"x"', { index: 0, ...a }),
        piece(':1}', { index: 0, id: 'other' }),
        piece('{}', { index: 1, ...b }),
      ],
    ],
    [
      'with the name after the id',
      [
        piece('', { index: 0, id: 'a' }),
        piece('{"x":1}', { index: 0, name: 'f' }),
        piece('{}', { index: 1, ...b }),
      ],
    ],
  ])('find their call when they come %s', (_how, pieces) => {
    expect(joined(pieces)).toEqual(['a f {"x":1}', 'b f {}']);
  });

  test('get an id of ours when their server gives none', () => {
    const made = joined([piece('{}', { name: 'f' }), piece('[]', { name: 'g' })]);
    expect(made[0]).toMatch(/^call_[0-9a-f]{32} f \{\}$/);
    expect(made[1]).toMatch(/^call_[0-9a-f]{32} g \[\]$/);
  });

  test('have an end: nobody is made to remember calls without number', () => {
    const calls = new ToolCalls();
    const many = (): void => {
      for (let i = 0; i < 2_000; i++)
        calls.event(0, piece('', { index: i, id: `${i}`, name: 'f' }));
    };
    expect(many).toThrow(/too many tool calls/);
  });
});
