/** A number as it is written in a text: indices into the folded text. */
export interface Numeral {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  /** The last digit that was given: 1,200 is exact to 1 and may be rounded to 100. */
  readonly roundTo: number;
  /** Written in kanji alone: as often a part of a word as a number. */
  readonly isKanji: boolean;
}

const digits = '〇一二三四五六七八九';
const tens: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000 };
const myriads: Readonly<Record<string, number>> = {
  万: 1e4,
  億: 1e8,
  兆: 1e12,
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  ribu: 1e3,
  juta: 1e6,
  miliar: 1e9,
  nghìn: 1e3,
  triệu: 1e6,
  tỷ: 1e9,
  พัน: 1e3,
  หมื่น: 1e4,
  แสน: 1e5,
  ล้าน: 1e6,
};
const big = Object.keys(myriads).join('|');
const arabic = String.raw`\d{1,3}(?:[,.\u00a0]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?`;
const small = '[〇零一二三四五六七八九十百千]';
const pattern = new RegExp(
  String.raw`(?:(?:${arabic})\s?(?:[千百]\s?)?(?:(?:${big})(?![a-z]))?\s?)+|[〇零一二三四五六七八九十百千万億兆]*${small}[〇零一二三四五六七八九十百千万億兆]*`,
  'gu',
);
const piece = new RegExp(String.raw`(${arabic})?\s?([千百])?\s?(${big})?`, 'gu');

/**
 * Numbers in digits (with marks between thousands, with 万, million, juta), or in kanji.
 * @param text folded
 * @param comma what parts thousands: in Indonesia and Viet Nam a point does
 */
export function numeralsOf(text: string, comma: ',' | '.' = ','): Numeral[] {
  const found: Numeral[] = [];
  for (const match of text.matchAll(pattern)) {
    const written = match[0].trimEnd();
    const isKanji = !/\d/.test(written);
    const read = isKanji ? readKanji(written) : readMixed(written, comma);
    if (read === undefined) continue;
    found.push({ start: match.index, end: match.index + written.length, ...read, isKanji });
  }
  return found;
}

type Read = { readonly value: number; readonly roundTo: number };

/** 1億2千万, 14,000, 1.5 million: pieces add up. */
function readMixed(written: string, comma: ',' | '.'): Read | undefined {
  let value = 0;
  let roundTo = 1;
  for (const [whole, number, ten, large] of written.matchAll(piece)) {
    if (whole.trim() === '') continue;
    const scale = (tens[ten ?? ''] ?? 1) * (myriads[large ?? ''] ?? 1);
    if (number === undefined) {
      value = (value === 0 ? 1 : value) * scale;
      roundTo = scale;
      continue;
    }
    const plain = plainNumber(number, comma);
    const decimals = /\.(\d+)$/.exec(plain)?.[1]?.length ?? 0;
    value += Number(plain) * scale;
    roundTo = scale * 10 ** -decimals;
  }
  return Number.isFinite(value) ? { value, roundTo } : undefined;
}

function plainNumber(number: string, comma: ',' | '.'): string {
  const other = comma === ',' ? '.' : ',';
  const groups = number.split(/[,.\u00a0]/);
  const marks = new Set(number.replaceAll(/\d/g, ''));
  const areThousands = groups.length > 1 && groups.slice(1).every(({ length }) => length === 3);
  // One mark before three digits is ambiguous: what the country writes decides.
  if (areThousands && marks.size === 1 && (groups.length > 2 || !marks.has(other))) {
    return groups.join('');
  }
  return number.replaceAll(comma, '').replaceAll('\u00a0', '').replace(other, '.');
}

function readKanji(written: string): Read | undefined {
  const positional = Array.from(written).every(
    (letter) => letter === '零' || digits.includes(letter),
  );
  if (positional) {
    const plain = Array.from(written)
      .map((letter) => Math.max(0, digits.indexOf(letter)))
      .join('');
    return { value: Number(plain), roundTo: 1 };
  }
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  let roundTo = 1;
  for (const letter of written) {
    const ten = tens[letter];
    const myriad = myriads[letter];
    if (ten !== undefined) {
      section += (digit ?? 1) * ten;
      digit = undefined;
      roundTo = ten;
    } else if (myriad !== undefined) {
      total += (section + (digit ?? (section === 0 ? 1 : 0))) * myriad;
      section = 0;
      digit = undefined;
      roundTo = myriad;
    } else {
      digit = digit === undefined ? Math.max(0, digits.indexOf(letter)) : undefined;
      if (digit === undefined) return undefined;
      roundTo = 1;
    }
  }
  return { value: total + section + (digit ?? 0), roundTo };
}
