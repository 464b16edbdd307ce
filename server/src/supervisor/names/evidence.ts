import { honorifics, labels, placesAfter, roles, titles } from './name-words.ts';
import { type Reader, isHiragana, isKanji, isKatakana } from './reader.ts';
import type { BackwardTrie } from './trie.ts';

/** What stands before a name: the label of a form, a role, or neither. */
export type Before = 'label' | 'role' | 'firm' | 'none';

const firms =
  /(?:株式会社|有限会社|合同会社|\(株\)|財団法人|社団法人|学校法人|医療法人|社会福祉法人)$/;

/** Marks that may stand between a label and what it labels. */
const labelMarks = ':|=>)]】\t';

export function before(text: string, at: number): Before {
  let end = at;
  while (end > at - 2 && ' \t"「『【'.includes(text[end - 1] ?? '.')) end--;
  const mark = text[end - 1] ?? '';
  if (mark === '') return 'none';
  if (labelMarks.includes(mark)) {
    let word = end - 1;
    while (word > end - 3 && ' )]】'.includes(text[word - 1] ?? '.')) word--;
    if (ends(text, word, labels)) return 'label';
  }
  if (mark === 'は' && ends(text, end - 1, labels)) return 'label';
  if (end < at && ends(text, end, labels)) return 'label';
  if ((mark === '社' || mark === '人' || mark === ')') && isFirm(text, at)) return 'firm';
  if (ends(text, end, roles)) return 'role';
  if ((mark === 'の' || mark === '・' || mark === '、') && ends(text, end - 1, roles))
    return 'role';
  return 'none';
}

function isFirm(text: string, at: number): boolean {
  return firms.test(text.slice(Math.max(0, at - 8), at));
}

/** Whether a word of the list ends here; 前 and 元 and 妻 only as words of their own. */
function ends(text: string, at: number, list: BackwardTrie): boolean {
  const lengths = list.lengths(text, at);
  return lengths > 2 || (lengths === 2 && !isKanji(text.charCodeAt(at - 2)));
}

/** Whether a role of two characters or more ends here, so that a name may begin inside a run. */
export function roleEndsAt(text: string, at: number): boolean {
  return roles.lengths(text, at) > 2;
}

/** What stands behind a name. `joined`: more kanji, which make another word of it. */
export type After = 'honorific' | 'title' | 'place' | 'joined' | 'reading' | 'particle' | 'clean';

/** 福島市長 is the mayor of a place, not a mayor with its name. */
const localHeads = '市町村区県府都';

export function after(reader: Reader, at: number): After {
  const code = reader.code(at);
  if (code === 0x28) return readingBehind(reader, at + 1) ? 'reading' : 'clean';
  const gap = code === 0x20 ? 1 : 0;
  const calling = callingAt(reader, at + gap);
  if (calling === 'honorific') return calling;
  if (calling === 'title' && (gap > 0 || !localHeads.includes(reader.at(at)))) return calling;
  if (gap > 0) return 'clean';
  if (placesAfter.longest(reader, at) > 0) return 'place';
  if (isKanji(code)) return 'joined';
  const next = reader.at(at);
  return next !== '' && 'はがもをにのとへや'.includes(next) ? 'particle' : 'clean';
}

/** The honorific or title that begins here, if it is one. */
export function callingAt(reader: Reader, at: number): 'honorific' | 'title' | undefined {
  const honorific = honorifics.longest(reader, at);
  // 君 begins 君津: what goes on in kanji is no honorific.
  if (honorific > 1 || (honorific === 1 && !isKanji(reader.code(at + 1)))) return 'honorific';
  const title = titles.longest(reader, at);
  return title > 0 && !makesWord(reader.at(at + title)) ? 'title' : undefined;
}

/** 委員会, 社長室 and 選手権: behind a title, it is about something else. */
function makesWord(next: string): boolean {
  return next !== '' && '会権団室制戦選級職賞杯席所'.includes(next);
}

/** Two kana or more behind a bracket: how the name is read. */
function readingBehind(reader: Reader, at: number): boolean {
  for (const index of [at, at + 1]) {
    const code = reader.code(index);
    if (!isHiragana(code) && !isKatakana(code)) return false;
  }
  return true;
}
