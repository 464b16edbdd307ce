import { assert, array, constantFrom, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { GradeFit } from '../../src/school/grade-fit.ts';
import { smallPack } from './small-pack.ts';

const pack = smallPack();
const fit = new GradeFit(pack);
const yearOf = new Map(
  pack.characters.flatMap(({ characters, year }) =>
    Array.from(characters, (letter) => [letter, year] as const),
  ),
);
const letters = [...yearOf.keys(), '鬱', '薔', 'あ', 'ア', 'A', '1', '。', '々'];

test('exactly the characters above the year are found, whatever stands round them', () => {
  assert(
    property(array(constantFrom(...letters)), integer({ min: 1, max: 6 }), (text, year) => {
      const joined = text.join('あ');
      const found = fit.hardWords(joined, year).flatMap(({ characters }) => Array.from(characters));
      const above = text.filter(
        (letter) =>
          /\p{sc=Han}/u.test(letter) && letter !== '々' && (yearOf.get(letter) ?? 99) > year,
      );
      expect(found).toEqual(above);
    }),
  );
});

test('a word with its reading beside it is left alone from then on', () => {
  expect(fit.hardWords('憲法(けんぽう)とは。憲法は', 3)).toEqual([]);
  expect(fit.hardWords('憲法とは。憲法(けんぽう)は', 3)).toHaveLength(1);
  expect(fit.hardWords('<ruby>憲法<rt>けんぽう</rt></ruby>とは', 3)).toEqual([]);
});

test('a word that is taught by then and what the pupil wrote are left alone', () => {
  expect(fit.hardWords('江戸', 3)).toEqual([]);
  expect(fit.hardWords('江戸', 2)).toHaveLength(1);
  expect(fit.hardWords('憲法とは', 3, '憲法って何')).toEqual([]);
});

test('nothing is said of years the table does not reach', () => {
  expect(fit.hardWords('鬱', 7)).toEqual([]);
});
