import { honorifics, labels, maxWord, placesAfter, roles, titles } from './name-words.ts';
import { Reader, isHiragana, isKanji, isKatakana } from './reader.ts';

/** What stands before a name: the label of a form, a role, or neither. */
export type Before = 'label' | 'role' | 'firm' | 'none';

const firms =
  /(?:株式会社|有限会社|合同会社|\(株\)|財団法人|社団法人|学校法人|医療法人|社会福祉法人)$/;

/** Reads at most `lookBack` units before the place. */
export const lookBack = 12;

export function before(text: string, at: number): Before {
  let end = at;
  while (end > at - 2 && ' \t"「『【'.includes(text[end - 1] ?? '.')) end--;
  const mark = text[end - 1] ?? '';
  if (':|=>)]】\n'.includes(mark) && mark !== '') {
    let word = end - 1;
    while (word > end - 3 && ' )]】'.includes(text[word - 1] ?? '.')) word--;
    const label = endsWith(text, word, labels());
    if (label !== undefined && mark !== '\n') return 'label';
  }
  if (mark === 'は' && endsWith(text, end - 1, labels()) !== undefined) return 'label';
  if ((end < at || mark === '\t') && endsWith(text, end, labels()) !== undefined) return 'label';
  if (firms.test(text.slice(Math.max(0, at - 8), at))) return 'firm';
  if (endsWith(text, end, roles()) !== undefined) return 'role';
  if ('の・、'.includes(mark) && mark !== '' && endsWith(text, end - 1, roles()) !== undefined) {
    return 'role';
  }
  return 'none';
}

function endsWith(text: string, at: number, words: ReadonlySet<string>): string | undefined {
  for (let length = Math.min(maxWord + 1, at); length > 0; length--) {
    const word = text.slice(at - length, at);
    if (!words.has(word)) continue;
    // 前 and 元 and 妻 are roles only where they are words of their own.
    if (length > 1 || !isKanji(text.charCodeAt(at - 2))) return word;
  }
  return undefined;
}

/** Whether a role of two characters or more ends here, so that a name may begin inside a run. */
export function roleEndsAt(text: string, at: number): boolean {
  return (endsWith(text, at, roles()) ?? '').length > 1;
}

/** What stands behind a name. `joined`: more kanji, which make another word of it. */
export type After = 'honorific' | 'title' | 'place' | 'joined' | 'reading' | 'particle' | 'clean';

const localHeads = /^[市町村区県府都]/;

export function after(reader: Reader, at: number): After {
  const next = reader.at(at);
  if (next === '(') return readingBehind(reader, at + 1) ? 'reading' : 'clean';
  const from = next === ' ' ? at + 1 : at;
  const honorific = reader.longest(from, honorifics(), 4);
  if (honorific !== undefined && !startsWord(reader, from, honorific)) return 'honorific';
  const title = reader.longest(from, titles(), 5);
  // 福島市長 is the mayor of a place, not a mayor with its name.
  const local = title !== undefined && from === at && localHeads.test(title);
  if (title !== undefined && !local && !makesWord(reader.at(from + title.length))) return 'title';
  if (from > at) return 'clean';
  if (reader.longest(at, placesAfter(), 4) !== undefined) return 'place';
  if (isKanji(next.charCodeAt(0))) return 'joined';
  return 'はがもをにのとへや'.includes(next) && next !== '' ? 'particle' : 'clean';
}

/** 委員会 and 社長室: behind a title, it is about the office. */
export function makesWord(next: string): boolean {
  return next !== '' && '会権団室制戦選級職賞杯席所'.includes(next);
}

/** 君 begins 君津 and 選手 begins 選手権: what goes on in kanji is no honorific. */
function startsWord(reader: Reader, at: number, word: string): boolean {
  const next = reader.code(at + word.length);
  return (word.length === 1 || word === '選手') && isKanji(next);
}

/** Two kana or more behind a bracket: how the name is read. */
function readingBehind(reader: Reader, at: number): boolean {
  for (const index of [at, at + 1]) {
    const code = reader.code(index);
    if (!isHiragana(code) && !isKatakana(code)) return false;
  }
  return true;
}
