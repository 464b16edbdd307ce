import { type After, type Before, after, before } from './evidence.ts';
import { foreignThings } from './foreign-names.ts';
import { type GivenShape, givenReadings, givenShape, isKnownGiven } from './given-names.ts';
import { type KanjiRun, likelier } from './likely-name.ts';
import { placesAfter } from './name-words.ts';
import { type Reader, isHiragana, isKanji, isKatakana, runEnd } from './reader.ts';
import { type Surname, familyFirsts, neighbours, surnameTrie, surnames } from './surnames.ts';

export interface Sighting {
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** The family name alone, for later mentions. */
  readonly family?: string;
  /** It has a given name too. */
  readonly whole?: true;
  /** Nothing but its shape says that it is a name: no label, role, title, honorific or reading. */
  readonly bare?: true;
}

/** Longest run of kanji that is looked at: a name and the title behind it. */
const mostKanji = 10;
/** Longest given name in kanji. */
const mostGiven = 4;
const strength: Readonly<Record<GivenShape, number>> = { known: 34, strong: 30, weak: 22, none: 0 };
const beforeScore: Readonly<Record<Before, number>> = { label: 40, role: 16, none: 0, firm: -60 };
const afterScore: Readonly<Record<After, number>> = {
  honorific: 34,
  title: 30,
  reading: 24,
  particle: 5,
  clean: 3,
  place: -30,
  joined: -12,
};

/** One run of kanji, and the best reading of it as a name so far. */
interface Run extends KanjiRun {
  best: Sighting | undefined;
}

interface Family {
  readonly name: string;
  readonly listed: Surname | undefined;
  readonly score: number;
}

/** What begins here as the name of a person, in its best reading, or undefined. */
export function kanjiNameAt(reader: Reader, start: number): Sighting | undefined {
  const context = before(reader.text, start);
  if (context === 'firm') return undefined;
  const end = nameRunEnd(reader, start);
  const listed = surnameTrie.lengths(reader, start);
  const run: Run = { reader, start, end, context, best: undefined };
  for (let length = 1; 1 << length <= listed; length++) {
    if ((listed & (1 << length)) === 0 || start + length > run.end) continue;
    readAs(run, familyOf(reader.text.slice(start, start + length)));
  }
  if ((listed & 4) === 0 && run.end - start > 2) readAs(run, unlistedFamily(run));
  if (run.best === undefined) unlisted(run);
  if (run.best === undefined) spaced(run);
  if (run.best === undefined) neighbour(run);
  return likelier(run, run.best);
}

/** Kanji, and ヶ ケ ノ between two of them as in 一ノ瀬. */
function nameRunEnd(reader: Reader, start: number): number {
  let at = start;
  while (at - start < mostKanji) {
    const code = reader.code(at);
    const joint = code === 0x30f6 || code === 0x30b1 || code === 0x30ce;
    if (!isKanji(code) && !(joint && at > start && isKanji(reader.code(at + 1)))) break;
    at++;
  }
  return at;
}

function familyOf(name: string): Family {
  const listed = surnames().get(name);
  if (name.length === 1) return { name, listed, score: listed?.frequent === true ? 20 : 18 };
  return { name, listed, score: listed?.frequent === true ? 30 : 26 };
}

const familyEnds = '田山川村本野井口原島崎﨑木沢澤橋谷藤岡瀬内上下尾塚沼間屋部林森倉津松浦池';

/** Two characters that end like the names of families do, and stand on no list. */
function unlistedFamily({ reader, start }: Run): Family | undefined {
  if (!familyEnds.includes(reader.text.charAt(start + 1))) return undefined;
  const known = familyFirsts().has(reader.text.charAt(start));
  return { name: reader.text.slice(start, start + 2), listed: undefined, score: known ? 18 : 14 };
}

function readAs(run: Run, family: Family | undefined): void {
  if (family === undefined) return;
  const { reader, start, end } = run;
  const from = start + family.name.length;
  // 三井銀行, 福島大学: what follows makes the family name part of another name.
  if (from < end && placesAfter.longest(reader, from) > 1) return;
  for (let length = 1; length <= mostGiven && from + length <= end; length++) {
    const shape = givenShape(reader.text.slice(from, from + length));
    judge(run, family, { shape, end: from + length, gap: 0 });
    // A frequent family name and two more characters are nearly always a person all the same.
    const pair = length === 2 && from + 2 === end && family.listed?.frequent === true;
    if (shape === 'none' && pair) unusual(run, family);
  }
  if (from === end) readBehindRun(run, family);
  if (family.listed !== undefined) familyOnly(run, family, family.listed);
}

/** A given name behind a blank, or in kana. */
function readBehindRun(run: Run, family: Family): void {
  const { reader, end } = run;
  const gap = reader.code(end) === 0x20 ? 1 : 0;
  const from = end + gap;
  if (gap === 1) {
    const last = runEnd(reader, from, { is: isKanji, most: mostGiven + 1 });
    for (let length = 1; length <= mostGiven && from + length <= last; length++) {
      const shape = givenShape(reader.text.slice(from, from + length));
      judge(run, family, { shape, end: from + length, gap });
    }
  }
  if (family.listed === undefined || family.name.length < 2) return;
  const code = reader.code(from);
  if (gap === 0 && childGiven(run, family, from)) return;
  if (isKatakana(code)) katakanaGiven(run, family, { from, gap });
  else if (isHiragana(code)) hiraganaGiven(run, family, { from, gap });
}

interface Behind {
  readonly from: number;
  readonly gap: number;
}

const kanaChild = /^(?:[ぁ-ん]{1,3}|[ァ-ヴ]{1,3})[子美代江枝恵]/;

/** 赤木まり子 and 近藤ナツ子 */
function childGiven(run: Run, family: Family, from: number): boolean {
  const length = kanaChild.exec(run.reader.slice(from, from + 4))?.[0].length ?? 0;
  if (length === 0 || isKanji(run.reader.code(from + length))) return false;
  judge(run, family, { shape: 'strong', end: from + length, gap: 0 });
  return true;
}

/** 井上ヨシマサ */
function katakanaGiven(run: Run, family: Family, { from, gap }: Behind): void {
  const end = runEnd(run.reader, from, { is: isKatakana, most: 7 });
  const given = run.reader.text.slice(from, end);
  if (given.length < 2 || given.length > 6 || foreignThings().has(given)) return;
  const known = givenReadings.has(hiragana(given));
  const shape = known ? 'strong' : given.length <= 4 ? 'weak' : 'none';
  judge(run, family, { shape, end, gap });
}

/** 鈴木あきえ: particles are written in hiragana too, so that the given name has to be known. */
function hiraganaGiven(run: Run, family: Family, { from, gap }: Behind): void {
  const given = givenReadings.longest(run.reader, from);
  if (given < 2) return;
  const next = run.reader.at(from + given);
  if (isHiragana(next.charCodeAt(0)) && !'はがをにのともへやさ'.includes(next)) return;
  judge(run, family, { shape: given > 2 ? 'strong' : 'weak', end: from + given, gap });
}

export function hiragana(katakana: string): string {
  let out = '';
  for (const unit of katakana) {
    const code = unit.charCodeAt(0);
    out += code >= 0x30a1 && code <= 0x30f6 ? String.fromCharCode(code - 0x60) : unit;
  }
  return out;
}

function offer(run: Run, end: number, of: Omit<Sighting, 'start' | 'end'>): void {
  const score = Math.max(0, Math.min(97, of.score));
  if (run.best === undefined || score > run.best.score) {
    run.best = { ...of, start: run.start, end, score };
  }
}

interface Given {
  readonly shape: GivenShape;
  readonly end: number;
  readonly gap: number;
}

/** Family and given name by chance. */
const chances = new Set(['大西洋', '東海林道', '小林業', '川上流', '中山道', '大野原']);

function judge(run: Run, family: Family, { shape, end, gap }: Given): void {
  if (chances.has(run.reader.text.slice(run.start, end))) return;
  if (shape === 'none' && run.context !== 'label') return;
  const behind = after(run.reader, end);
  const short = end - run.start - gap - family.name.length < 2;
  const little = shape === 'weak' || shape === 'none' || family.name.length < 2 || short || gap > 0;
  if ((behind === 'joined' && little) || (behind === 'place' && shape !== 'known')) return;
  // 東京大学 is no 東 of the given name 京大.
  if (family.name.length < 2 && shape === 'weak' && isBare(run, behind)) return;
  let score = family.score + strength[shape] + gap * 8;
  score += beforeScore[run.context] + afterScore[behind];
  if (end - run.start - gap < 3) score -= 10;
  const bare = gap === 0 && isBare(run, behind);
  offer(run, end, { score, family: family.name, whole: true, ...(bare ? { bare } : {}) });
}

/** Nothing beside it is evidence. */
function isBare({ context }: Run, behind: After): boolean {
  return context === 'none' && !['honorific', 'title', 'reading'].includes(behind);
}

function unusual(run: Run, family: Family): void {
  const behind = after(run.reader, run.end);
  if (behind === 'joined' || behind === 'place') return;
  const place = family.listed?.ambiguous === true ? 20 : 0;
  const score = 44 + beforeScore[run.context] + afterScore[behind] - place;
  const bare = isBare(run, behind);
  offer(run, run.end, { score, family: family.name, whole: true, ...(bare ? { bare } : {}) });
}

/** A family name on its own is a person's when something beside it says so. */
function familyOnly(run: Run, family: Family, listed: Surname): void {
  const end = run.start + family.name.length;
  const behind = after(run.reader, end);
  if (behind === 'joined' || behind === 'place' || isKatakana(run.reader.code(end))) return;
  const called = behind === 'honorific' || behind === 'title';
  const evident = called || run.context !== 'none';
  if (family.name.length === 1 && !evident) return;
  let score = family.score + beforeScore[run.context] + afterScore[behind];
  if (behind === 'honorific') score += 18;
  else if (evident) score += 14;
  if (listed.ambiguous) score -= evident ? 4 : 20;
  if (!evident && end === run.end) score += listed.frequent ? 20 : 18;
  offer(run, end, { score, family: family.name, ...(evident ? {} : { bare: true }) });
}

/** 生源寺 拓也: a family that no list holds, a blank, and a given name that one does. */
function spaced(run: Run): void {
  const { reader, start, end } = run;
  if (end - start < 2 || end - start > 3 || reader.code(end) !== 0x20) return;
  const last = runEnd(reader, end + 1, { is: isKanji, most: mostGiven });
  const given = reader.text.slice(end + 1, last);
  if (given.length < 2 || !isKnownGiven(given) || after(reader, last) === 'joined') return;
  const family = reader.text.slice(start, end);
  // 担任 健太 has no family name.
  if (isWordForPeople(family) || before(reader.text, end + 1) !== 'none') return;
  offer(run, last, { score: 66 + beforeScore[run.context], family, whole: true });
}

/** 李登輝 and 金大中: one character for the family and two for the person, and nothing else. */
function neighbour(run: Run): void {
  const { reader, start } = run;
  if (!neighbours.includes(reader.text.charAt(start))) return;
  for (let end = Math.min(run.end, start + 3); end > start + 1; end--) {
    const behind = after(reader, end);
    const name = reader.text.slice(start, end);
    if (behind === 'joined' || behind === 'place' || isNoNeighbour(name)) continue;
    const base = name.length === 3 ? 50 : 34;
    const score = base + beforeScore[run.context] + afterScore[behind];
    offer(run, end, { score, ...(isBare(run, behind) ? { bare: true } : {}) });
    return;
  }
}

/** 江西省, 周波数, 金曜日: what begins with such a character and is a word. */
function isNoNeighbour(name: string): boolean {
  return (
    /[市区省人宗軍数権化期州国県郡氏家系族語文字]$/.test(name) ||
    /^(?:金[曜額属融色銭利持具]|周[辺囲期知]|張本|毛[布髪細皮織筆]|羅針|習[慣字熟得]|徐[々行]|宋[代朝]|呉服|梁[山上]|陳[述情列]|董事)/.test(
      name,
    )
  );
}

/** Kanji that no list holds: a label, a role or an honorific alone says that they are a name. */
function unlisted(run: Run): void {
  const { reader, start, context } = run;
  for (let end = Math.min(run.end, start + 5); end > start + 1; end--) {
    const toTheEnd = end === run.end;
    if (!toTheEnd && !callingKanji.includes(reader.text.charAt(end))) continue;
    if (toTheEnd && context === 'none' && !mayEndName(reader, start, end)) continue;
    const behind = after(reader, end);
    if (behind === 'joined' || behind === 'place') continue;
    const score = unlistedScore(run, { name: reader.text.slice(start, end), behind, toTheEnd });
    if (score > 0 && !(reader.at(end) === '様' && isManner(reader.text.slice(start, end)))) {
      offer(run, end, { score, ...(isBare(run, behind) ? { bare: true } : {}) });
      return;
    }
  }
}

/** What honorifics in kanji begin with. */
const callingKanji = '様氏君殿先嬢女容被師夫翁';

/** Whether an honorific in kana may follow, or the run is a given name: nearly always neither. */
function mayEndName(reader: Reader, start: number, end: number): boolean {
  const next = reader.code(end);
  if (next === 0x20 || next === 0x3055 || next === 0x304f || next === 0x3061) return true;
  const last = reader.text.charCodeAt(end - 1);
  return last === 0x90ce || (end - start < 4 && isKnownGiven(reader.text.slice(start, end)));
}

/** 仕様, 同様, 多様: 様 is no honorific there. */
function isManner(name: string): boolean {
  return /[仕同多模異有]$|^一$/.test(name);
}

function unlistedScore(
  { context }: Run,
  of: { readonly name: string; readonly behind: After; readonly toTheEnd: boolean },
): number {
  const { name, behind, toTheEnd } = of;
  if (isWordForPeople(name)) return 0;
  const given = givenShape(name);
  if (context === 'label' && toTheEnd) return 72;
  if (behind === 'honorific' && name.length <= mostGiven) {
    return given === 'none' ? 58 : given === 'weak' ? 64 : 76;
  }
  const likely = given === 'known' || /[子郎夫雄彦美香恵]$/.test(name);
  if (context === 'role' && (likely || endsInGiven(name))) return likely ? 56 : 60;
  if (toTheEnd && given === 'known') return 48;
  return toTheEnd && /.[太次三]郎$/.test(name) ? 52 : 0;
}

/** 鬼頭健太: two characters or one before a given name that is known. */
function endsInGiven(name: string): boolean {
  return name.length > 2 && [1, 2].some((length) => isKnownGiven(name.slice(length)));
}

/** お客様, 患者さん, 店員さん: people, and nobody's name. */
function isWordForPeople(word: string): boolean {
  return (
    (/[者員師屋官長生客家手民人士族達方様供婦夫妻嬢主親子兄姉弟妹父母娘孫等]$/.test(word) &&
      !/.{2}子$/.test(word)) ||
    /^(?:皆|各|貴|当|御|何|誰|奥|神|王|殿|若|旦|叔|伯|祖|義|息|娘|相手|先方|双方|本人|関係|委員|会社|学校|自治)/.test(
      word,
    )
  );
}
