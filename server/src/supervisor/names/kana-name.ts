import { before, callingAt } from './evidence.ts';
import {
  foreignEnd,
  foreignOdds,
  foreignParts,
  isDigit,
  joinedName,
  loneName,
  mostKatakana,
  stageName,
} from './foreign-name.ts';
import { foreignNames, foreignThings } from './foreign-names.ts';
import { givenReadings } from './given-names.ts';
import { type Sighting, hiragana } from './kanji-name.ts';
import { honorifics } from './name-words.ts';
import { type Reader, isHiragana, isKanji, isKatakana, isLatin, runEnd } from './reader.ts';
import { surnameReadings } from './surnames.ts';

/** A part of a name counts again this far behind it. */
const mentionUnits = 160;

/** A foreign name in katakana, or a Japanese one where a form wants it so. */
export function katakanaNameAt(reader: Reader, start: number): Sighting | undefined {
  const end = foreignEnd(reader, start);
  if (end - start >= mostKatakana || end - start < 2) return undefined;
  const parts = foreignParts(reader, start, end);
  const context = before(reader.text, start);
  const calling = behind(reader, end);
  if (context === 'label') return formNameAt(reader, start, end);
  if (parts.length > 1)
    return joinedName(reader, { start, end, parts, context, called: calling !== 'none' });
  const [word = ''] = parts;
  if (foreignThings().has(word)) return undefined;
  if (calling !== 'none' && word.length <= 10 && !isPeople(word))
    return calledName(reader, { start, end, word, calling });
  const next = reader.code(end);
  if (isKanji(next)) return stageName(reader, start, end);
  if (isLatin(next) || isDigit(next) || next === 0x30fb) return undefined;
  if (isJapanese(word) && context === 'role') return { start, end, score: 60 };
  if (word.length > 2 && mentioned(reader.text, start, word)) return { start, end, score: 68 };
  return loneName(reader, { start, end, context });
}

/** 本人はフランスで: what a sentence goes on with has to look like a name; a form says it alone. */
function formNameAt(reader: Reader, start: number, end: number): Sighting | undefined {
  if (reader.text[start - 1] === 'は' && foreignOdds(reader.text, start, end) < 0) return undefined;
  return formName(reader, start, end);
}

/** Before an honorific or a title. アニメーション監督 and バドミントン選手 are about a thing. */
function calledName(
  reader: Reader,
  of: {
    readonly start: number;
    readonly end: number;
    readonly word: string;
    readonly calling: 'honorific' | 'title';
  },
): Sighting | undefined {
  const { start, end, word, calling } = of;
  if (foreignNames().has(word)) return { start, end, score: 84 };
  const least = calling === 'title' ? 0 : -3;
  if (!isJapanese(word) && foreignOdds(reader.text, start, end) <= least) return undefined;
  return { start, end, score: calling === 'honorific' ? 66 : 60 };
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
