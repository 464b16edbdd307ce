import { before, callingAt } from './evidence.ts';
import { foreignNames, foreignThings } from './foreign-names.ts';
import { givenReadings } from './given-names.ts';
import { type Sighting, hiragana } from './kanji-name.ts';
import { honorifics } from './name-words.ts';
import {
  type Reader,
  isHiragana,
  isKanji,
  isKatakana,
  isLatin,
  isUpper,
  runEnd,
} from './reader.ts';
import { surnameReadings } from './surnames.ts';

const mostKatakana = 32;

/** What ends English words for things, and few names that are not on the list. */
const thingEnds =
  /(?:ズ|ング|ション|メント|シップ|ティック|リティ|ロジー|ウェア|ミクス|イズム|ニック|ファー|サーキット|スタジアム|コム|ネット|ブック|ワーク|ライン|フォン|パイ|クエスト|ファンタジー|マシン|ドライブ|センター|ハウス|コート|ボード|ボール|フィルム|ピクチャー|メディア|サイエンス|コンピュータ|シティー?)$/;

/** The dot and the double hyphens that join the parts of a foreign name. */
function isDot(code: number): boolean {
  return code === 0x30fb || code === 0x3d || code === 0x30a0;
}

/** A part of a name counts again this far behind it. */
const mentionUnits = 160;

/** A foreign name in katakana, or a Japanese one where a form wants it so. */
export function katakanaNameAt(reader: Reader, start: number): Sighting | undefined {
  let end = foreignEnd(reader, start);
  if (end - start >= mostKatakana || end - start < 2) return undefined;
  const parts = reader.text.slice(start, end).split(/[・=゠]/);
  const context = before(reader.text, start);
  const called = behind(reader, end);
  if (context === 'label') return formName(reader, start, end);
  if (parts.length > 1) {
    return foreign(start, end, { parts, context, called, around: around(reader, start, end) });
  }
  const [word = ''] = parts;
  if (called !== 'none' && word.length <= 10 && !foreignThings().has(word) && !isPeople(word)) {
    return { start, end, score: foreignNames().has(word) ? 84 : called === 'honorific' ? 66 : 52 };
  }
  const next = reader.code(end);
  if (isKanji(next) || isLatin(next) || isDigit(next) || next === 0x30fb) return undefined;
  if (isJapanese(word) && context === 'role') return { start, end, score: 60 };
  if (word.length > 2 && !foreignThings().has(word) && mentioned(reader.text, start, word))
    return { start, end, score: 68 };
  if (!foreignNames().has(word) || foreignThings().has(word)) return undefined;
  return context === 'role' ? { start, end, score: 66 } : { start, end, score: 51, bare: true };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/**
 * The parts of a foreign name: katakana with dots or hyphens between, also around an initial
 * (ジョン・F・ケネディ), and the number of a ruler (ルイ15世).
 */
function foreignEnd(reader: Reader, start: number): number {
  let end = start;
  let at = start;
  while (at - start < mostKatakana) {
    const code = reader.code(at);
    if (isKatakana(code)) end = ++at;
    else if (isDot(code)) at++;
    else if (isUpper(code) && isDot(reader.code(at - 1)) && isDot(reader.code(at + 1))) at++;
    else break;
  }
  if (at - start >= mostKatakana) return start + mostKatakana;
  const ruler = reader.slice(end, end + 4);
  const number = /^(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})世/.exec(ruler);
  return end + (number?.[0].length ?? 0);
}

/** Whether it is part of a foreign name a little before. */
function mentioned(text: string, at: number, word: string): boolean {
  const from = Math.max(0, at - mentionUnits);
  const near = text.slice(from, at);
  for (const joined of [`・${word}`, `${word}・`]) {
    const place = near.lastIndexOf(joined);
    if (place < 0) continue;
    const lead = text.slice(Math.max(0, from + place - 12), from + place);
    const parts = /[ァ-ヺー]+(?:[・=][ァ-ヺー]+)*$/.exec(lead)?.[0].split(/[・=]/) ?? [];
    if ([...parts, word].some((part) => foreignNames().has(part))) return true;
  }
  return false;
}

function behind(reader: Reader, at: number): 'honorific' | 'title' | 'none' {
  return callingAt(reader, reader.code(at) === 0x20 ? at + 1 : at) ?? 'none';
}

function foreign(
  start: number,
  end: number,
  of: {
    readonly parts: readonly string[];
    readonly context: ReturnType<typeof before>;
    readonly called: ReturnType<typeof behind>;
    readonly around: number;
  },
): Sighting | undefined {
  const { parts, context, called, around: beside } = of;
  if (parts.length > 5 || parts.some((part) => part.length === 0 || part.length > 10)) {
    return undefined;
  }
  const known = parts.filter((part) => foreignNames().has(part)).length;
  const things = parts.filter((part) => foreignThings().has(part)).length;
  const endings = parts.filter((part) => thingEnds.test(part) && !foreignNames().has(part)).length;
  let score = 46 + (known > 0 ? 16 : 0) + (foreignNames().has(parts[0] ?? '') ? 6 : 0);
  score += beside - things * 30 - endings * 14;
  if (context === 'role') score += 14;
  if (called !== 'none') score += 24;
  if (score < 40) return undefined;
  const bare = context === 'none' && called === 'none';
  return { start, end, score: Math.min(95, score), ...(bare ? { bare } : {}) };
}

/** Marks of titles of works before it; kanji, or a particle of places, behind it. */
function around(reader: Reader, start: number, end: number): number {
  const previous = reader.text[start - 1] ?? '';
  const next = reader.at(end);
  const quoted = previous !== '' && '「『"《【('.includes(previous) ? -9 : 0;
  if (isKanji(next.charCodeAt(0)) || isLatin(next.charCodeAt(0))) return quoted - 9;
  if (next !== '' && 'でへ」』'.includes(next)) return quoted - 7;
  return quoted + (next !== '' && 'はがもとにらや'.includes(next) ? 3 : 0);
}

function isJapanese(word: string): boolean {
  const read = hiragana(word);
  return surnameReadings.has(read) || givenReadings.has(read);
}

/** ユーザーさん, メンバー様: people, and nobody's name. */
function isPeople(word: string): boolean {
  return /(?:ユーザー|メンバー|スタッフ|オーナー|マスター|ドクター|ママ|パパ|ファン|クラス|チーム|グループ|メーカー)$/.test(
    word,
  );
}

/** ヤマダ ハナコ behind フリガナ: up to two runs. */
function formName(reader: Reader, start: number, first: number): Sighting {
  let end = first;
  if (reader.at(end) === ' ') {
    const second = runEnd(reader, end + 1, { is: isKatakana, most: 10 });
    if (second > end + 1) end = second;
  }
  return { start, end, score: 82 };
}

/** A name in hiragana: in brackets behind its kanji, behind a label, or before an honorific. */
export function hiraganaNameAt(
  reader: Reader,
  start: number,
  readsKanji: (bracket: number) => boolean,
): Sighting | undefined {
  const { text } = reader;
  const inBrackets = text[start - 1] === '(' && readsKanji(start - 1);
  // A label ends with a mark or a blank, or with は, which no run of hiragana begins behind.
  const labelled = !isKanji(text.charCodeAt(start - 1)) && before(text, start) === 'label';
  if (inBrackets || labelled) {
    let end = runEnd(reader, start, { is: isHiragana, most: 12 });
    if (reader.at(end) === ' ') end = runEnd(reader, end + 1, { is: isHiragana, most: 10 });
    if (end - start < 2 || (inBrackets && reader.at(end) !== ')')) return undefined;
    return { start, end, score: inBrackets ? 78 : 72 };
  }
  const family = surnameReadings.longest(reader, start);
  if (family > 2) {
    const found = beforeHonorific(reader, start, start + family);
    if (found !== undefined) return found;
  }
  const given = givenReadings.longest(reader, start);
  return given < 2 ? undefined : beforeHonorific(reader, start, start + given);
}

function beforeHonorific(reader: Reader, start: number, end: number): Sighting | undefined {
  if (honorifics.longest(reader, end) === 0) return undefined;
  return { start, end, score: end - start > 2 ? 74 : 60 };
}
