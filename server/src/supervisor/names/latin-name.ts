import { givenReadings } from './given-names.ts';
import { initialNameAt } from './foreign-name.ts';
import type { Sighting } from './kanji-name.ts';
import { lazily } from '../lexicon.ts';
import { type Reader, isLatin, isUpper } from './reader.ts';
import { surnameReadings } from './surnames.ts';

/** Before a name, in English and in the languages of Southeast Asia, with the blank behind it. */
const titlesBefore =
  /(?:^|[^\p{L}])(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Madam|Bapak|Ibu|Pak|Bu|Saudara|Saudari|Sdr|Sdri|Tn|Ny|Encik|En|Puan|Pn|Tuan|Cik|Datuk|Dato|Datin|Tan Sri|Haji|Hajah|Hj|[Ôô]ng|[Bb]à|[Aa]nh|[Cc]hị|[Cc]ô|[Cc]hú|[Bb]ác|Daw|Maung|Khun|Nai|Ginoong|Ginang|Binibining|Gng|Bb|G)\.? $/u;
/** Labels of forms, with their mark. */
const labelsBefore =
  /(?:name|full name|patient|student|pupil|employee|guardian|contact person|applicant|nama|nama lengkap|nama penuh|pesakit|pelajar|họ tên|họ và tên|bệnh nhân|pangalan|氏名|名前|ローマ字|担当|担当者)(?:\)| \(romaji\))? ?[:=|] ?"?$/iu;
const sons = new Set(['bin', 'binti', 'binte', 'bt', 'b.', 'a/l', 'a/p', 's/o', 'd/o']);
const particles = new Set(['de', 'dela', 'delos', 'del', 'la', 'van', 'von', 'da', 'dos', 'y']);
const callings = ['-san', '-sama', '-sensei', '-kun', '-chan', '-shi'];
/** The longest of both lists. */
const mostSmall = 5;
const mostWords = 5;
const mostUnits = 48;
const lookBack = 24;

/** Names in Latin letters: behind a title or a label, around bin, or of Japan in romaji. */
export function latinNameAt(reader: Reader, start: number): Sighting | undefined {
  if (!isUpper(reader.text.charCodeAt(start))) return undefined;
  const initials = initialNameAt(reader, start);
  if (initials !== undefined) return initials;
  const before = reader.text.slice(Math.max(0, start - lookBack), start);
  const titled = mayEndTitle(before) && titlesBefore.test(before);
  const labelled = !titled && /[:=|] ?"?$/.test(before) && labelsBefore.test(before);
  const words = readWords(reader, start);
  const end = words.at(-1)?.end ?? start;
  if (words.some(({ word }) => word.length <= mostSmall && sons.has(word.toLowerCase())))
    return { start, end, score: 88 };
  if (titled) return { start, end, score: 88 };
  if (labelled) return { start, end, score: 84 };
  return romaji(reader, start, words);
}

/** The last word of a title begins with a capital, in Vietnamese also with a, b or c. */
function mayEndTitle(before: string): boolean {
  let at = before.length - 1;
  if (before.charCodeAt(at) !== 0x20) return false;
  if (before.charCodeAt(at - 1) === 46) at--;
  for (at--; at >= 0; at--) {
    const code = before.charCodeAt(at);
    if (code > 0x7f) return true;
    if ((code | 32) < 97 || (code | 32) > 122) break;
  }
  const first = before.charCodeAt(at + 1);
  return first < 0x61 || first <= 0x63 || first > 0x7f;
}

interface Word {
  readonly word: string;
  readonly end: number;
}

/** Capitalised words, and the small ones that join them, as far as one name may go. */
function readWords(reader: Reader, start: number): readonly Word[] {
  const found: Word[] = [];
  let at = start;
  let joint = false;
  while (found.length < mostWords && at - start < mostUnits) {
    let end = at;
    while (end - at < 20 && isNameUnit(reader, end)) end++;
    while (end > at && "'’".includes(reader.text[end - 1] ?? ' ')) end--;
    const word = reader.text.slice(at, end);
    const small = word.length <= mostSmall && (sons.has(word.toLowerCase()) || particles.has(word));
    if (word === '' || (!small && !isUpper(word.charCodeAt(0)))) break;
    joint = small;
    found.push({ word, end: at + word.length });
    const initial = word.length === 1 && reader.at(at + 1) === '.';
    const gap = initial ? at + 2 : at + word.length;
    if (reader.at(gap) !== ' ') break;
    at = gap + 1;
  }
  if (joint) found.pop();
  return found;
}

function isNameUnit(reader: Reader, at: number): boolean {
  const code = reader.code(at);
  return isLatin(code) || "'’".includes(reader.text[at] ?? ' ') || slashed(reader, at);
}

/** a/l and d/o are words. */
function slashed(reader: Reader, at: number): boolean {
  const code = reader.text.charCodeAt(at);
  return code === 47 && /[asd]/.test(reader.text[at - 1] ?? '') && /[lpo]/.test(reader.at(at + 1));
}

/** Yamada Taro, Taro YAMADA, Sato-san. */
function romaji(reader: Reader, start: number, words: readonly Word[]): Sighting | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  const calling =
    reader.at(first.end) === '-'
      ? callings.find((word) => startsWith(reader, first.end, word))
      : undefined;
  if (calling === undefined && second === undefined) return undefined;
  const one = plain(first.word);
  const japanese = families().has(one) || givens().has(one);
  if (calling !== undefined) return { start, end: first.end, score: japanese ? 86 : 72 };
  if (second === undefined || !japanese) return undefined;
  const two = plain(second.word);
  const familyFirst = families().has(one) && givens().has(two);
  const givenFirst = givens().has(one) && families().has(two);
  if (!familyFirst && !givenFirst) return undefined;
  const score = one.length < 3 || two.length < 3 ? 48 : 66;
  return { start, end: second.end, score, bare: true };
}

function startsWith(reader: Reader, at: number, word: string): boolean {
  if (reader.at(at) !== '-') return false;
  return reader.slice(at, at + word.length) === word && !isLatin(reader.code(at + word.length));
}

/** Lower case, without the marks and letters of long vowels. */
function plain(word: string): string {
  const lower = word.toLowerCase();
  // Nearly always nothing but the letters of English.
  if (/^[a-z]*$/.test(lower)) return lower.includes('o') ? shortened(lower) : undoubled(lower);
  return shortened(
    word
      .toLowerCase()
      .normalize('NFD')
      .replaceAll(/[\u0300-\u036f]/g, ''),
  );
}

function shortened(word: string): string {
  return undoubled(word.replaceAll(/o[ouh](?![aiueoy])|oh$/g, 'o'));
}

function undoubled(word: string): string {
  return word.includes('uu') ? word.replaceAll('uu', 'u') : word;
}

const families = lazily(() => new Set([...surnameReadings.words].map((kana) => romajiOf(kana))));
const givens = lazily(() => new Set([...givenReadings.words].map((kana) => romajiOf(kana))));

const rows: Readonly<Record<string, string>> = {
  あいうえお: 'a i u e o',
  かきくけこ: 'ka ki ku ke ko',
  さしすせそ: 'sa shi su se so',
  たちつてと: 'ta chi tsu te to',
  なにぬねの: 'na ni nu ne no',
  はひふへほ: 'ha hi fu he ho',
  まみむめも: 'ma mi mu me mo',
  やゆよわん: 'ya yu yo wa n',
  らりるれろ: 'ra ri ru re ro',
  がぎぐげご: 'ga gi gu ge go',
  ざじずぜぞ: 'za ji zu ze zo',
  だぢづでど: 'da ji zu de do',
  ばびぶべぼ: 'ba bi bu be bo',
  ぱぴぷぺぽ: 'pa pi pu pe po',
};

const letters = lazily(() => {
  const table = new Map<string, string>();
  for (const [kana, sounds] of Object.entries(rows)) {
    const parts = sounds.split(' ');
    for (const [index, unit] of kana.split('').entries()) table.set(unit, parts[index] ?? '');
  }
  return table;
});

/** Hepburn, with long vowels short, as passports have it. */
function romajiOf(kana: string): string {
  let out = '';
  for (const unit of kana) {
    const small = 'ゃゅょ'.indexOf(unit);
    if (small >= 0) {
      const glide = /(?:sh|ch|j)i$/.test(out) ? '' : 'y';
      out = out.slice(0, -1) + glide + ('auo'[small] ?? '');
    } else if (unit === 'っ') out += '*';
    else {
      const sound = letters().get(unit) ?? '';
      out = out.endsWith('*') ? out.slice(0, -1) + (sound[0] ?? '') + sound : out + sound;
    }
  }
  return shortened(out);
}
