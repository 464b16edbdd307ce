import { calendars } from './calendars.ts';
import { type Numeral, numeralsOf } from './numerals.ts';

/** A number with what it counts. Indices are of the folded text. */
export interface Quantity {
  readonly start: number;
  readonly end: number;
  readonly kind: 'number' | 'year' | 'century';
  /** In the base unit of its dimension: metres, grams, seconds, parts of one. */
  readonly value: number;
  /** What the value may have been rounded to. */
  readonly roundTo: number;
  /** `m`, `人`, `か国`; empty where nothing says what is counted. */
  readonly unit: string;
  readonly isAbout: boolean;
  readonly bound: 'least' | 'most' | null;
}

/** [dimension, factor, ways of writing it]. The longest that fits is taken. */
const measures: readonly (readonly [string, number, readonly string[]])[] = [
  [
    'm',
    1_000,
    ['km', 'キロメートル', 'kilometres', 'kilometers', 'kilometer', 'ki-lô-mét', 'กิโลเมตร'],
  ],
  ['m', 1, ['m', 'メートル', 'metres', 'meters', 'meter', 'mét', 'เมตร']],
  ['m', 0.01, ['cm', 'センチメートル', 'センチ', 'เซนติเมตร']],
  ['m', 0.001, ['mm', 'ミリメートル', 'ミリ']],
  ['m2', 1e6, ['km2', '平方キロメートル', 'km²', 'square kilometres', 'square kilometers']],
  ['m2', 1e4, ['ha', 'ヘクタール', 'hectares', 'hektar', 'hecta', 'เฮกตาร์']],
  ['m2', 100, ['アール']],
  ['m2', 1, ['m2', '平方メートル']],
  ['m3', 1, ['m3', '立方メートル']],
  ['g', 1e6, ['t', 'トン', 'tonnes', 'tons', 'ton', 'tấn', 'ตัน']],
  ['g', 1_000, ['kg', 'キログラム', 'กิโลกรัม']],
  ['g', 1, ['g', 'グラム', 'gram', 'กรัม']],
  ['g', 0.001, ['mg', 'ミリグラム']],
  ['l', 1, ['l', 'リットル', 'litres', 'liters', 'liter', 'lít', 'ลิตร']],
  ['l', 0.1, ['dl', 'デシリットル']],
  ['l', 0.001, ['ml', 'ミリリットル']],
  ['s', 86_400, ['日間', 'days', 'hari', 'ngày', 'วัน']],
  ['s', 3_600, ['時間', 'hours', 'hour', 'jam', 'giờ', 'ชั่วโมง']],
  ['s', 60, ['分間', '分', 'minutes', 'minute', 'menit', 'phút', 'นาที']],
  ['s', 1, ['秒間', '秒', 'seconds', 'second', 'detik', 'giây', 'วินาที']],
  [
    'share',
    0.01,
    ['%', 'パーセント', 'percent', 'per cent', 'persen', 'peratus', 'phần trăm', 'ร้อยละ'],
  ],
  ['share', 0.1, ['割']],
  ['℃', 1, ['℃', '°c', '度']],
  ['年間', 1, ['年間', 'か年', 'years', 'tahun lamanya']],
  [
    'か国',
    1,
    ['か国', 'カ国', 'ヶ国', 'ケ国', 'ヵ国', '箇国', 'countries', 'negara', 'nước', 'ประเทศ'],
  ],
  ['か月', 1, ['か月', 'カ月', 'ヶ月', 'ケ月', 'ヵ月', '箇月', 'months', 'bulan', 'tháng', 'เดือน']],
  ['か所', 1, ['か所', 'カ所', 'ヶ所', 'ケ所', 'ヵ所', '箇所', 'places']],
  ['人', 1, ['人', '名', 'people', 'persons', 'orang', 'người', 'คน']],
  ['歳', 1, ['歳', '才', 'years old']],
  ['円', 1, ['円', 'yen']],
];
const counters =
  '種類|種|つ|回|倍|個|本|枚|冊|台|匹|頭|羽|戸|軒|件|点|番目|番|位|階|週間|週|月|日|時|代|世帯|隻|機|票|' +
  '学年|年生|年前|年後|年代|章|条|次|部|組|校|社|字|文字|段|層|色|方|面|角形|都市|島|県|都府県|道府県|州|区|巻|問|元|ドル|ヶ条|か条|カ条';

interface Unit {
  readonly dimension: string;
  readonly factor: number;
}

const units = new Map<string, Unit>([
  ...counters.split('|').map((unit) => [unit, { dimension: unit, factor: 1 }] as const),
  ...measures.flatMap(([dimension, factor, names]) =>
    names.map((name) => [name, { dimension, factor }] as const),
  ),
]);
const escaped = [...units.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((unit) => unit.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  .join('|');
const unitAt = new RegExp(String.raw`\s?(${escaped})`, 'uy');
const latinEnd = /^[a-zà-ỹ]/;
const yearAt = /\s?年(?!間|前|後|代|生|目|齢|月日)(?:度)?/uy;
const centuryAt = /\s?(?:世紀|th century|st century|nd century|rd century)/uy;
const aboutBefore =
  /(?:約|およそ|おおよそ|ほぼ|だいたい|大体|about|around|approximately|nearly|almost|roughly|sekitar|kira-kira|lebih kurang|khoảng|gần|ประมาณ|ราว|humigit-kumulang|mga)\s*$/u;
const aboutAfter = /^\s*(?:ほど|程度|くらい|ぐらい|前後|近く|弱|強|頃|ごろ)/u;
const leastAfter = /^\s*(?:以上|余り|あまり|を超え|を越え|超|or more|lebih|trở lên|ขึ้นไป)/u;
const leastBefore = /(?:at least|more than|over|lebih dari|hơn|มากกว่า|少なくとも)\s*$/u;
const mostAfter = /^\s*(?:以下|未満|を下回|以内|or less|or fewer)/u;
const mostBefore = /(?:at most|less than|fewer than|under|kurang dari|dưới|น้อยกว่า)\s*$/u;
const yearBefore =
  /(?:\bin|\bsince|\bfrom|\buntil|\byear|\btahun|\bpada|\bsejak|\bnăm|\bปี|ปี|\bnoong|\btaong|西暦|ค\.ศ\.)\s*$/u;
const eraBefore = new RegExp(
  `(${calendars.map(({ name }) => name.replaceAll('.', String.raw`\.`)).join('|')})\\s*$`,
  'u',
);
const firstYear = new RegExp(
  `(${calendars.map(({ name }) => name.replaceAll('.', String.raw`\.`)).join('|')})元年`,
  'gu',
);
const eraOffset = new Map(calendars.map((calendar) => [calendar.name, calendar]));
/** Kanji numerals in these are words, not numbers. */
const notCounted =
  /^(?:十分(?!間)|一人一人|一人ひとり|一番|一部|一方|一度|一時|一日中|一面|一本化|一角|一次|一社)/u;
/** With one kanji before them these make words and names: 九州, 三島, 一部. */
const wordEnds = new Set('州島県色字方面条段層組部社校点件章区代時票機元'.split(''));
const fraction = /(\d+)\s?分の\s?(\d+)/gu;

/**
 * What a text counts, with Japanese eras, the Buddhist era, centuries and units made comparable.
 * @param text folded
 */
export function quantitiesOf(text: string, comma: ',' | '.' = ','): Quantity[] {
  const found: Quantity[] = [];
  for (const match of text.matchAll(firstYear)) {
    const { offset } = eraOffset.get(match[1]!)!;
    found.push(yearOf(match.index, match.index + match[0].length, offset + 1));
  }
  const fractions: { readonly start: number; readonly end: number }[] = [];
  for (const match of text.matchAll(fraction)) {
    const [start, end] = [match.index, match.index + match[0].length];
    const value = Number(match[2]) / Number(match[1]);
    fractions.push({ start, end });
    if (Number.isFinite(value)) found.push({ ...plain, start, end, value, unit: 'share' });
  }
  const numerals = numeralsOf(text, comma);
  for (const [at, numeral] of numerals.entries()) {
    if (fractions.some(({ start, end }) => numeral.start < end && start < numeral.end)) continue;
    const alone = quantityAt(text, numeral);
    const isBare = alone === undefined || alone.unit === '';
    const quantity = isBare ? (rangeStart(text, numeral, numerals[at + 1]) ?? alone) : alone;
    if (quantity !== undefined) found.push(quantity);
  }
  return found.toSorted((a, b) => a.start - b.start);
}

const plain = { kind: 'number', roundTo: 1, unit: '', isAbout: false, bound: null } as const;

function yearOf(start: number, end: number, value: number): Quantity {
  return { ...plain, start, end, kind: 'year', value, unit: '年' };
}

function quantityAt(text: string, numeral: Numeral): Quantity | undefined {
  const { start, end, value } = numeral;
  const before = text.slice(Math.max(0, start - 16), start);
  if (numeral.isKanji && notCounted.test(text.slice(start, start + 6))) return undefined;
  // Of a world war, as of a king, the number is part of the name.
  if (/第\s?$/.test(before) && /^\s?[次代]/.test(text.slice(end))) return undefined;
  const era = eraBefore.exec(before)?.[1];
  yearAt.lastIndex = end;
  const year = yearAt.exec(text)?.[0];
  if (era !== undefined && (year !== undefined || !/^\p{sc=Han}/u.test(era))) {
    const calendar = eraOffset.get(era)!;
    const from = start - (before.length - before.lastIndexOf(era));
    return yearOf(from, end + (year?.length ?? 0), value + calendar.offset);
  }
  if (year !== undefined && Number.isInteger(value) && value < 3_000) {
    const until = end + year.length;
    const isBefore = /紀元前\s*$/u.test(before);
    if (isBefore) return yearOf(start, until, -value);
    const isLong =
      value < 100 || /^(?:続|つづ|ぶり|以上|もの|にわた|かけ|おき|ごと)/.test(text.slice(until));
    // Without an era two digits are how long, not when.
    return isLong
      ? { ...plain, start, end: until, value, unit: '年間' }
      : yearOf(start, until, value);
  }
  centuryAt.lastIndex = end;
  const century = centuryAt.exec(text)?.[0];
  if (century !== undefined) {
    return { ...plain, start, end: end + century.length, kind: 'century', value, unit: '世紀' };
  }
  if (!numeral.isKanji && isBareYear(text, numeral, before)) return yearOf(start, end, value);
  return counted(text, numeral, before);
}

/** Four digits that nothing is counted by, where years stand. */
function isBareYear(text: string, { start, end, value }: Numeral, before: string): boolean {
  if (!/^\d{4}$/.test(text.slice(start, end)) || value < 1_000 || value > 2_600) return false;
  return yearBefore.test(before) || /^\s*(?:[),.;]|–|-\d{4}|$)/u.test(text.slice(end, end + 6));
}

function counted(text: string, numeral: Numeral, before: string): Quantity | undefined {
  const { start, end, value, roundTo } = numeral;
  unitAt.lastIndex = end;
  let written = unitAt.exec(text);
  if (written !== null && latinEnd.test(written[1]!)) {
    const after = text.charAt(end + written[0].length);
    // `m` of `men` is no metre.
    if (/[\p{sc=Latn}\p{M}]/u.test(after)) written = null;
  }
  if (written === null && numeral.isKanji) {
    // Without a counter a numeral in kanji is a part of a word, unless it is plainly composed.
    if (!/[十百千万億兆]/.test(text.slice(start, end)) || end - start < 3) return undefined;
  }
  if (written === null && /[(（]$/.test(before) && /^[)）]/.test(text.slice(end))) return undefined;
  if (numeral.isKanji && end - start === 1 && wordEnds.has(written![1]!)) return undefined;
  const unit = units.get(written?.[1] ?? '') ?? { dimension: '', factor: 1 };
  const until = end + (written?.[0].length ?? 0);
  const after = text.slice(until, until + 12);
  const least = leastAfter.test(after) || leastBefore.test(before);
  const most = mostAfter.test(after) || mostBefore.test(before);
  return {
    start,
    end: until,
    kind: 'number',
    value: value * unit.factor,
    roundTo: roundTo * unit.factor,
    unit: unit.dimension,
    isAbout: aboutBefore.test(before) || aboutAfter.test(after),
    bound: least ? 'least' : most ? 'most' : null,
  };
}

/** 1603 in 1603-1868年, 2 in 2〜3人: what follows says what is counted. */
function rangeStart(
  text: string,
  numeral: Numeral,
  next: Numeral | undefined,
): Quantity | undefined {
  if (next === undefined || !/^\s?[-~〜～–]\s?$/u.test(text.slice(numeral.end, next.start))) {
    return undefined;
  }
  const other = quantityAt(text, next);
  if (other === undefined) return undefined;
  return { ...other, start: numeral.start, end: numeral.end, value: numeral.value };
}

/** Whether the two can both be true of the same thing. */
export function agree(a: Quantity, b: Quantity): boolean {
  if (a.kind !== b.kind) {
    const [year, century] = a.kind === 'year' ? [a, b] : [b, a];
    return century.kind === 'century' && Math.ceil(year.value / 100) === century.value;
  }
  if (isSame(a.value, b.value)) return true;
  if (a.kind !== 'number') return false;
  if (isWithin(a, b) || isWithin(b, a)) return true;
  if (!a.isAbout && !b.isAbout && a.bound === null && b.bound === null) return false;
  const step = Math.max(stepOf(a), stepOf(b));
  return Math.abs(a.value - b.value) <= step / 2 + 1e-9;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** 14,125 is `14,000 or more`; ten times as much is not what was meant. */
function isWithin(bounded: Quantity, exact: Quantity): boolean {
  if (bounded.bound === 'least') {
    return exact.value >= bounded.value && exact.value <= bounded.value * 1.25;
  }
  if (bounded.bound === 'most') {
    return exact.value <= bounded.value && exact.value >= bounded.value * 0.75;
  }
  return false;
}

/** What a value that is only about right may have been rounded to. */
function stepOf({ value, roundTo, isAbout, bound }: Quantity): number {
  if (!isAbout && bound === null) return roundTo;
  let step = roundTo;
  const most = Math.abs(value) / 10;
  while (step * 10 <= most && isSame(Math.round(value / (step * 10)) * step * 10, value)) {
    step *= 10;
  }
  return step;
}

/** Whether the two count the same kind of thing, so that they can be compared at all. */
export function comparable(a: Quantity, b: Quantity): boolean {
  if (a.kind === 'number' && b.kind === 'number') return a.unit === b.unit;
  return a.kind !== 'number' && b.kind !== 'number';
}
