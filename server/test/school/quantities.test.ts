import { describe, expect, test } from 'vitest';
import { foldText } from '../../src/school/folded.ts';
import { agree, comparable, quantitiesOf } from '../../src/school/quantities.ts';

const only = (text: string, comma: ',' | '.' = ','): ReturnType<typeof quantitiesOf>[number] => {
  const [first, ...more] = quantitiesOf(foldText(text).text, comma);
  expect(more, text).toEqual([]);
  expect(first, text).toBeDefined();
  return first;
};

describe('a number', () => {
  test.each([
    ['明治元年', 'year', 1868, '年'],
    ['昭和39年', 'year', 1964, '年'],
    ['令和元年度', 'year', 2019, '年'],
    ['一八六八年', 'year', 1868, '年'],
    ['１６０３年', 'year', 1603, '年'],
    ['紀元前221年', 'year', -221, '年'],
    ['พ.ศ. 2475', 'year', 1932, '年'],
    ['in 1990', 'year', 1990, '年'],
    ['19世紀', 'century', 19, '世紀'],
    ['千二百人', 'number', 1_200, '人'],
    ['1,200人', 'number', 1_200, '人'],
    ['１，２００人', 'number', 1_200, '人'],
    ['1億2千万人', 'number', 120_000_000, '人'],
    ['10 か国', 'number', 10, 'か国'],
    ['3.776km', 'number', 3_776, 'm'],
    ['三千七百七十六メートル', 'number', 3_776, 'm'],
    ['3分の1', 'number', 1 / 3, 'share'],
    ['7割', 'number', 0.7, 'share'],
    ['4年間', 'number', 4, '年間'],
  ])('written %s is read', (text, kind, value, unit) => {
    const found = only(text);
    expect([found.kind, found.unit]).toEqual([kind, unit]);
    expect(found.value).toBeCloseTo(value, 9);
  });

  test('is grouped as the country groups', () => {
    expect(only('17.000 orang', '.').value).toBe(17_000);
    expect(only('1.5 million people').value).toBe(1_500_000);
    expect(only('1,5 juta orang', '.').value).toBe(1_500_000);
  });

  test.each([
    '四国',
    '九州',
    '三重県',
    '十分に',
    '一部',
    '千葉',
    '万一',
    '統一する',
    '第二次世界大戦',
  ])('is not seen in the word %s', (text) => {
    expect(quantitiesOf(text)).toEqual([]);
  });
});

describe('two values', () => {
  const compare = (a: string, b: string): boolean => {
    const [one, other] = [only(a), only(b)];
    expect(comparable(one, other)).toBe(true);
    expect(agree(one, other)).toBe(agree(other, one));
    return agree(one, other);
  };

  test.each([
    ['明治元年', '1868年'],
    ['千二百人', '1,200人'],
    ['約1,200人', '1,180人'],
    ['14,000人以上', '14,125人'],
    ['1868年', '19世紀'],
    ['5km', '5,000m'],
    ['70％', '7割'],
    ['六十分', '1時間'],
  ])('%s and %s are the same', (a, b) => {
    expect(compare(a, b)).toBe(true);
  });

  test.each([
    ['明治2年', '1868年'],
    ['1,200人', '1,180人'],
    ['約1,200人', '1,400人'],
    ['14,000人以上', '2,000人'],
    ['1968年', '19世紀'],
    ['5km', '500m'],
  ])('%s and %s are not', (a, b) => {
    expect(compare(a, b)).toBe(false);
  });
});
