import { type Reader, isHiragana, isKanji, isKatakana, isLatin } from '../names/reader.ts';
import { createBackwardTrie, createTrie } from '../names/trie.ts';

export interface Place {
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

const prefectures = createTrie(() =>
  (
    '北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 ' +
    '新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 ' +
    '奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 ' +
    '長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県'
  ).split(' '),
);
const labels = createBackwardTrie(() =>
  '住所 現住所 ご住所 御住所 自宅 自宅住所 住民票住所 届出住所 送付先 お届け先 居所 転居先 転入先 転出先 実家'.split(
    ' ',
  ),
);
const municipal = '市区町村郡';
const mostMunicipal = 7;
const mostTown = 14;
const mostBuilding = 18;

/** Where an address may begin, by what stands before it alone. */
export function mayBeginAddress(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === 0x3012) return true;
  if (!isKanji(code) && !isHiragana(code) && !isKatakana(code)) return false;
  const previous = text.charCodeAt(at - 1);
  if (isKanji(code) && !isKanji(previous)) return true;
  // 東京都 may follow any kanji: 住所東京都, 現在東京都.
  return (
    '北青岩宮秋山福茨栃群埼千東神新富石長岐静愛三滋京大兵奈和鳥島岡広徳香高佐熊鹿沖'.includes(
      text.charAt(at),
    ) || labelled(text, at)
  );
}

function labelled(text: string, at: number): boolean {
  let end = at;
  while (end > at - 2 && ': は\n\t|'.includes(text[end - 1] ?? '.')) end--;
  return end < at && labels.lengths(text, end) > 0;
}

/**
 * An address of Japan that begins here: the ladder from the prefecture or the city down to the
 * number of a house. Without the number it names a part of a town, which is nobody's.
 */
export function japaneseAddressAt(reader: Reader, start: number): Place | undefined {
  let at = postalCode(reader, start);
  const coded = at > start;
  const prefecture = prefectures.longest(reader, at);
  at += prefecture;
  const municipality = readMunicipalities(reader, at);
  const named = labelled(reader.text, start);
  if (!coded && prefecture === 0 && municipality === at && !named) return undefined;
  const town = readTown(reader, municipality);
  if (town === municipality && municipality === at && !named) return undefined;
  const number = readNumber(reader, town);
  if (number === undefined) return undefined;
  const ladder = (coded ? 1 : 0) + (prefecture > 0 ? 1 : 0) + (municipality > at ? 1 : 0);
  if (ladder === 0 && !named) return undefined;
  const score = ladder > 1 || named ? 90 : number.worded ? 85 : 70;
  return { start, end: readBuilding(reader, number.end), score };
}

function postalCode(reader: Reader, start: number): number {
  if (reader.code(start) !== 0x3012) return start;
  let at = reader.code(start + 1) === 0x20 ? start + 2 : start + 1;
  for (const length of [3, 4]) {
    for (let digit = 0; digit < length; digit++) if (!isDigit(reader.code(at++))) return start;
    if (length === 3 && (reader.at(at) === '-' || reader.at(at) === 'ー')) at++;
  }
  while (' \n,'.includes(reader.at(at)) && reader.at(at) !== '') at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** 松本市, 横浜市中区, 南佐久郡小海町 */
function readMunicipalities(reader: Reader, from: number): number {
  let end = from;
  for (let step = 0; step < 3; step++) {
    const next = municipalityEnd(reader, end);
    if (next === end) break;
    end = next;
  }
  return end;
}

/** The nearest 市, 区, 町, 村 or 郡 behind one to six characters; 市川市 and 町田市 have two. */
function municipalityEnd(reader: Reader, from: number): number {
  for (let at = from; at - from < mostMunicipal; at++) {
    const unit = reader.at(at);
    if (at > from && municipal.includes(unit) && unit !== '') {
      const doubled = municipal.includes(reader.at(at + 1)) && reader.at(at + 1) !== '';
      return doubled ? at + 2 : at + 1;
    }
    if (!isTownUnit(reader.code(at)) || isParticle(unit)) return from;
  }
  return from;
}

function isTownUnit(code: number): boolean {
  return isKanji(code) || isKatakana(code) || isHiragana(code);
}

/** What ends a place inside a sentence; の and か stand in names of towns as well. */
function isParticle(unit: string): boolean {
  return unit !== '' && 'はがをにでとへや'.includes(unit);
}

const kanjiNumber = '〇一二三四五六七八九十百千';

/** The name of a town, up to its number. In 北1条西2丁目 the first number is part of the name. */
function readTown(reader: Reader, from: number): number {
  let at = from;
  while (at - from < mostTown) {
    const street = streetNumber(reader, at);
    if (street > at) {
      at = street;
      continue;
    }
    if (!isTownUnit(reader.code(at)) || numberWord(reader, at)) break;
    at++;
  }
  const name = reader.text.slice(from, at);
  if (
    /[はがをにでとへやも]$|では|には|から|まで|です|での|とは|ます|した|する|[年月日]/.test(name)
  ) {
    return from;
  }
  return reader.code(at) === 0x20 && isDigit(reader.code(at + 1)) ? at + 1 : at;
}

function streetNumber(reader: Reader, from: number): number {
  let at = from;
  while (at - from < 3 && isDigit(reader.code(at))) at++;
  return at > from && (reader.at(at) === '条' || reader.at(at) === '線') ? at + 1 : from;
}

/** Kanji digits before 丁目, 番 or 号 are a number; 三番町 and 八幡 are not. */
function numberWord(reader: Reader, from: number): boolean {
  let at = from;
  if (!kanjiNumber.includes(reader.at(at))) return false;
  while (at - from < 5 && kanjiNumber.includes(reader.at(at)) && reader.at(at) !== '') at++;
  const next = reader.at(at);
  if (next === '丁') return reader.at(at + 1) === '目';
  if (next === '番') return reader.at(at + 1) !== '町';
  if (next === 'の') {
    // 三の丸 is a town, and 三の四 a number.
    const second = reader.at(at + 1);
    return isDigit(reader.code(at + 1)) || (second !== '' && kanjiNumber.includes(second));
  }
  return next === '号' || next === '-' || next === 'ー';
}

interface Numbered {
  readonly end: number;
  /** With 丁目, 番, 番地 or 号, or of three parts: nothing but a house has that. */
  readonly worded: boolean;
}

/** 1丁目2番3号, 1-2-3, 123番地の4, 一丁目二番三号 */
function readNumber(reader: Reader, from: number): Numbered | undefined {
  let at = from;
  let end = from;
  let parts = 0;
  let worded = false;
  for (; parts < 5; parts++) {
    const digits = digitsEnd(reader, at);
    if (digits === at) break;
    at = digits;
    const word = unitWord(reader, at);
    worded ||= word > 0;
    end = at += word;
    if ('-ーのノ'.includes(reader.at(at)) && reader.at(at) !== '') at++;
    else if (word === 0) {
      parts++;
      break;
    } else if (reader.code(at) === 0x20 && isDigit(reader.code(at + 1))) at++;
  }
  if (parts === 0) return undefined;
  const first = reader.text.slice(from, digitsEnd(reader, from));
  // 2024-25 is a season, and one bare number anything.
  if (!worded && (parts < 2 || first.length > 4 || /^(?:19|20)\d\d$/.test(first))) return undefined;
  return { end, worded: worded || parts > 2 };
}

function digitsEnd(reader: Reader, from: number): number {
  let at = from;
  while (at - from < 5 && isDigit(reader.code(at))) at++;
  if (at > from) return isDigit(reader.code(at)) ? from : at;
  // 十 alone is no number: the first unit of every number is a digit of the normalised text.
  if ('十百千'.includes(reader.at(at))) return from;
  while (at - from < 5 && reader.at(at) !== '' && kanjiNumber.includes(reader.at(at))) at++;
  return at;
}

const unitWords = createTrie(() => [
  '丁目',
  '番',
  '番地',
  '号',
  '番館',
  '号室',
  '号棟',
  '棟',
  '階',
  'F',
]);

function unitWord(reader: Reader, at: number): number {
  return unitWords.longest(reader, at);
}

const buildings =
  /(?:マンション|ハイツ|コーポ|ビル|荘|アパート|レジデンス|メゾン|タワー|ハウス|棟|館|団地|パレス|ヴィラ|ハイム|コート|プラザ|シティ|住宅|寮|テラス|ガーデン|キャッスル|サンライズ)/;

/** ハイツ山田203号室: a building by a word that buildings have, and its room. */
function readBuilding(reader: Reader, from: number): number {
  let at = reader.code(from) === 0x20 ? from + 1 : from;
  const begin = at;
  while (at - begin < mostBuilding && isBuildingUnit(reader.code(at))) at++;
  const name = reader.text.slice(begin, at);
  const room = digitsEnd(reader, at);
  const bare = begin === at && begin > from;
  if (room === at) return buildings.test(name) && name.length > 1 ? at : from;
  const word = unitWord(reader, room);
  if (!buildings.test(name) && !(bare && word > 0)) return from;
  return room + word;
}

function isBuildingUnit(code: number): boolean {
  return isKanji(code) || isKatakana(code) || isLatin(code) || code === 0x30fb;
}
