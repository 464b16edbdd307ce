import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allDetectors, normalise } from '../../src/supervisor/index.ts';
import { joinNormal, normalFrom, unfinishedUnits } from '../../src/supervisor/normalise.ts';

const alphabet = fc.constantFrom(
  'a',
  'Z',
  '1',
  '-',
  ' ',
  '。',
  'あ',
  '一',
  '９',
  'ｶ',
  'ﾞ',
  '\u3099',
  'e',
  '\u0301',
  '\u0323',
  '㍿',
  '⑫',
  '\u200b',
  '\ufe0f',
  '😀',
  '\u{e0041}',
  '𠮷',
  'ำ',
  'ệ',
  'İ',
  '\u00a0',
  '—',
  'ー',
  '\ud83d',
  '\ude00',
  '１',
  'ﬃ',
  '½',
  'Σ',
  '\r\n',
);
const texts = fc.oneof(
  fc.array(alphabet, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

test('offsets go up, stay inside the original and cover whole code points', () => {
  fc.assert(
    fc.property(texts, (original) => {
      const normal = normalise(original);
      expect(normal.lower.length).toBe(normal.text.length);
      let before = 0;
      for (let index = 0; index < normal.text.length; index++) {
        const start = normal.start(index);
        const end = normal.end(index);
        expect(start).toBeGreaterThanOrEqual(before);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(original.length);
        expect(normal.indexAt(start)).toBeLessThanOrEqual(index);
        before = start;
      }
      expect(normal.start(normal.text.length)).toBe(original.length);
    }),
    { numRuns: 1_000 },
  );
});

test('what a unit came from gives that unit again', () => {
  fc.assert(
    fc.property(texts, (original) => {
      const normal = normalise(original);
      for (let index = 0; index < normal.text.length; index++) {
        // A unit may be half of a surrogate pair; what it came from is the whole character.
        const isPair = (at: number): boolean => (original.codePointAt(at) ?? 0) > 0xffff;
        const from = normal.start(index) - (isPair(normal.start(index) - 1) ? 1 : 0);
        const to = normal.end(index) + (isPair(normal.end(index) - 1) ? 1 : 0);
        const source = original.slice(from, to);
        expect(normalise(source).text).toContain(normal.text[index]);
      }
    }),
    { numRuns: 500 },
  );
});

test('a finding has the same place in the original whatever is written around it', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const address = 'ｔaro@ｅxample.jp';
      const original = `${before} 。${address}。 ${after}`;
      const found = allDetectors
        .flatMap((detector) => detector.detect(normalise(original)))
        .filter(({ kind }) => kind === 'personal.email');
      const place = before.length + 2;
      expect(found.map(({ start }) => start)).toContain(place);
      expect(found.map(({ start, end }) => original.slice(start, end))).toContain(address);
    }),
    { numRuns: 300 },
  );
});

test('piece by piece gives the same as the whole', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 6 }), (pieces) => {
      let normal = normalise('');
      let kept = '';
      for (const piece of pieces) {
        const arrived = kept + piece;
        const finished = arrived.length - unfinishedUnits(arrived);
        normal = joinNormal(normal, normalise(arrived.slice(0, finished)));
        kept = arrived.slice(finished);
      }
      normal = joinNormal(normal, normalise(kept));
      const whole = normalise(pieces.join(''));
      expect(normal.text).toBe(whole.text);
      for (let index = 0; index <= whole.text.length; index++) {
        expect(normal.start(index)).toBe(whole.start(index));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('the rest of a text is the text from there', () => {
  fc.assert(
    fc.property(texts, fc.nat({ max: 40 }), (original, at) => {
      const whole = normalise(original);
      const index = Math.min(at, whole.text.length);
      const rest = normalFrom(whole, index);
      expect(rest.text).toBe(whole.text.slice(index));
      for (let unit = 0; unit < rest.text.length; unit++) {
        expect(rest.start(unit)).toBe(whole.start(index + unit) - whole.start(index));
        expect(rest.end(unit)).toBe(whole.end(index + unit) - whole.start(index));
      }
    }),
  );
});

test('units that are taken as they are stand for themselves in NFKC too', () => {
  for (let code = 0; code < 0x10000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const unit = String.fromCharCode(code);
    const { text } = normalise(unit);
    if (text === unit && !/[\u0340-\u0345\u0374]/.test(unit)) {
      expect({ code, text: unit.normalize('NFKC') }).toEqual({ code, text: unit });
    }
  }
});

test.each([
  ['ﾏｲﾅﾝﾊﾞｰ', 'マイナンバー'],
  ['か\u3099', 'が'],
  ['１２３－４', '123-4'],
  ['一二〇', '120'],
  ['a\u200bb\u{e0041}c', 'abc'],
  ['x\u3000y', 'x y'],
  ['căn cước'.normalize('NFD'), 'căn cước'],
])('%j is read as %j', (original, read) => {
  expect(normalise(original).text).toBe(read);
});

test('the lower case of a text is as long as the text, whatever marks are joined', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('I', 'i', '\u0307', '\u0130', 'a', '\u0301', 'か', '\u3099'),
      }),
      (original) => {
        const normal = normalise(original);
        expect(normal.lower.length).toBe(normal.text.length);
      },
    ),
  );
});
