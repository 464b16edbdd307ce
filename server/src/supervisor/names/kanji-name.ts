import { type After, after, before } from './evidence.ts';
import { foreignThings } from './foreign-names.ts';
import { type GivenShape, givenReadings, givenShape } from './given-names.ts';
import { placesAfter } from './name-words.ts';
import { type Reader, isHiragana, isKanji, isKatakana, runEnd } from './reader.ts';
import { type Surname, surnames } from './surnames.ts';

export interface Sighting {
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** The family name alone, for later mentions. */
  readonly family?: string;
  readonly whole?: true;
}

/** Longest run of kanji that is looked at: a name and the title behind it. */
const mostKanji = 10;
const strength: Readonly<Record<GivenShape, number>> = { known: 34, strong: 30, weak: 22, none: 0 };

interface Place {
  readonly start: number;
  readonly runEnd: number;
  readonly context: ReturnType<typeof before>;
}

/** The best reading of what begins here as the name of a person, or undefined. */
export function kanjiNameAt(reader: Reader, start: number): Sighting | undefined {
  const end = nameRunEnd(reader, start);
  const place = { start, runEnd: end, context: before(reader.text, start) };
  if (place.context === 'firm') return undefined;
  let best: Sighting | undefined;
  for (let length = 1; length <= 4 && length <= end - start; length++) {
    const family = reader.text.slice(start, start + length);
    const listed = surnames().get(family);
    if (namesPlace(reader, start + length, end)) continue;
    for (const sighting of [
      ...whole(reader, place, { family, listed }),
      familyOnly(reader, place, { family, listed }),
    ]) {
      if (sighting !== undefined && (best === undefined || sighting.score > best.score)) {
        best = sighting;
      }
    }
  }
  return best ?? neighbour(reader, place) ?? unlisted(reader, place);
}

/** 三井銀行, 福島大学: what follows makes the family name part of another name. */
function namesPlace(reader: Reader, at: number, end: number): boolean {
  const word = at < end ? reader.longest(at, placesAfter(), 4) : undefined;
  return word !== undefined && word.length > 1;
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

interface Family {
  readonly family: string;
  readonly listed: Surname | undefined;
}

function familyScore({ family, listed }: Family): number {
  if (listed === undefined) return looksLikeFamily(family) ? 14 : 0;
  if (family.length === 1) return listed.frequent ? 20 : 18;
  return listed.frequent ? 30 : 26;
}

/** Ends like the names of families do, and is not on the list. */
function looksLikeFamily(family: string): boolean {
  return (
    family.length === 2 &&
    /[田山川村本野井口原島崎﨑木沢澤橋谷藤岡瀬内上下尾塚沼間屋部林森倉津松浦池]$/.test(family)
  );
}

function* whole(reader: Reader, place: Place, of: Family): Generator<Sighting> {
  const base = familyScore(of);
  if (base === 0) return;
  const from = place.start + of.family.length;
  const left = place.runEnd - from;
  for (let length = 1; length <= 4 && length <= left; length++) {
    const given = reader.text.slice(from, from + length);
    const shape = givenShape(given);
    yield* judge(reader, place, { of, base, shape, end: from + length, gap: 0 });
    // A frequent family name and two more characters are nearly always a person all the same.
    const whole = left === 2 && length === 2 && of.listed?.frequent === true;
    if (shape === 'none' && whole) yield* unusual(reader, place, { of, end: from + length });
  }
  if (left > 0) return;
  const gap = reader.at(from) === ' ' ? 1 : 0;
  if (gap === 1) {
    const end = runEnd(reader, from + 1, { is: isKanji, most: 5 });
    for (let length = 1; length <= 4 && from + 1 + length <= end; length++) {
      const given = reader.text.slice(from + 1, from + 1 + length);
      yield* judge(reader, place, {
        of,
        base,
        shape: givenShape(given),
        end: from + 1 + length,
        gap,
      });
    }
  }
  yield* kanaGiven(reader, place, { of, base, from: from + gap, gap });
}

function* unusual(
  reader: Reader,
  place: Place,
  { of, end }: { readonly of: Family; readonly end: number },
): Generator<Sighting> {
  const behind = after(reader, end);
  if (behind === 'joined' || behind === 'place') return;
  const score = 44 + contextScore(place.context, behind) - (of.listed?.ambiguous === true ? 20 : 0);
  yield { ...span(place, end, score), family: of.family, whole: true };
}

/** 鈴木あきえ and 井上ヨシマサ: the script changes, so the given name has to be one. */
function* kanaGiven(
  reader: Reader,
  place: Place,
  { of, base, from, gap }: { of: Family; base: number; from: number; gap: number },
): Generator<Sighting> {
  if (of.listed === undefined || of.family.length < 2) return;
  const code = reader.code(from);
  if (isKatakana(code)) {
    const end = runEnd(reader, from, { is: isKatakana, most: 7 });
    if (end - from < 2 || end - from > 6) return;
    const given = reader.text.slice(from, end);
    if (foreignThings().has(given)) return;
    const known = givenReadings().has(hiragana(given));
    const shape = known ? 'strong' : end - from <= 4 ? 'weak' : 'none';
    yield* judge(reader, place, { of, base, shape, end, gap });
  } else if (isHiragana(code)) {
    const given = reader.longest(from, givenReadings(), 5);
    if (given === undefined || given.length < 2) return;
    const next = reader.at(from + given.length);
    if (isHiragana(next.charCodeAt(0)) && !'はがをにのともへやさ'.includes(next)) return;
    const shape = given.length > 2 ? 'strong' : 'weak';
    yield* judge(reader, place, { of, base, shape, end: from + given.length, gap });
  }
}

export function hiragana(katakana: string): string {
  let out = '';
  for (const unit of katakana) {
    const code = unit.charCodeAt(0);
    out += code >= 0x30a1 && code <= 0x30f6 ? String.fromCharCode(code - 0x60) : unit;
  }
  return out;
}

interface Full {
  readonly of: Family;
  readonly base: number;
  readonly shape: GivenShape;
  readonly end: number;
  readonly gap: number;
}

function* judge(reader: Reader, place: Place, full: Full): Generator<Sighting> {
  const { of, base, shape, end, gap } = full;
  if (shape === 'none' && place.context !== 'label') return;
  const behind = after(reader, end);
  if (behind === 'joined' && (isWeak(full) || gap > 0)) return;
  if (behind === 'place' && shape !== 'known') return;
  let score = base + strength[shape] + gap * 8 + contextScore(place.context, behind);
  if (end - place.start - gap < 3) score -= 10;
  yield { ...span(place, end, score), family: of.family, whole: true };
}

/** Too little to be believed when more kanji follow. */
function isWeak({ of, shape, end, gap }: Full): boolean {
  return shape === 'weak' || shape === 'none' || of.family.length < 2 || end - gap < 0;
}

const beforeScore = { label: 40, role: 16, none: 0, firm: -40 } as const;
const afterScore: Readonly<Record<After, number>> = {
  honorific: 34,
  title: 30,
  reading: 24,
  particle: 5,
  clean: 3,
  place: -30,
  joined: -12,
};

function contextScore(context: Place['context'], behind: After): number {
  return beforeScore[context] + afterScore[behind];
}

function span({ start }: Place, end: number, score: number): Sighting {
  return { start, end, score: Math.max(0, Math.min(97, score)) };
}

/** A family name on its own is a person's when something beside it says so. */
function familyOnly(reader: Reader, place: Place, of: Family): Sighting | undefined {
  const { listed, family } = of;
  if (listed === undefined) return undefined;
  const end = place.start + family.length;
  const behind = after(reader, end);
  if (behind === 'joined' || behind === 'place' || isKatakana(reader.code(end))) return undefined;
  const evident = behind === 'honorific' || behind === 'title' || place.context !== 'none';
  let score = familyScore(of) + contextScore(place.context, behind);
  if (behind === 'honorific') score += 18;
  else if (behind === 'title' || place.context === 'label') score += 14;
  if (family.length === 1 && !evident) return undefined;
  if (listed.ambiguous) score -= evident ? 4 : 20;
  if (!evident && end === place.runEnd) score += listed.frequent ? 20 : 18;
  return { ...span(place, end, score), family };
}

/** 李登輝 and 金大中: one character for the family and two for the person, and nothing else. */
function neighbour(reader: Reader, place: Place): Sighting | undefined {
  const length = place.runEnd - place.start;
  if (!neighbours.includes(reader.text.charAt(place.start))) return undefined;
  for (let end = place.start + Math.min(length, 3); end > place.start + 1; end--) {
    const behind = after(reader, end);
    if (behind === 'joined' || behind === 'place') continue;
    if (/[市区省人宗軍数権化期州国県郡氏家系族語文字]$/.test(reader.text.slice(place.start, end)))
      continue;
    const base = end - place.start === 3 ? 50 : 34;
    return span(place, end, base + contextScore(place.context, behind));
  }
  return undefined;
}

/** Families of China, Korea and Taiwan whose character begins few words of Japanese. */
const neighbours =
  '李劉陳楊趙孫郭鄭梁宋馮鄧曹彭蕭董袁潘蔣蒋蔡蘇魏呂沈姚盧姜崔譚汪廖賈鄒邱尹薛閻陶黎龔邵銭戴朴張周徐習毛羅呉金曺趙';

/** Kanji that no list holds: a label or an honorific alone says that they are a name. */
function unlisted(reader: Reader, place: Place): Sighting | undefined {
  const length = place.runEnd - place.start;
  if (length === 0) return undefined;
  for (let end = place.start + Math.min(length, 5); end > place.start + 1; end--) {
    const name = reader.text.slice(place.start, end);
    const behind = after(reader, end);
    if (behind === 'joined' || behind === 'place' || isWordForPeople(name)) continue;
    const given = givenShape(name);
    if (reader.at(end) === '様' && /[仕同多模異有]$|^一$/.test(name)) continue;
    if (place.context === 'label' && end === place.runEnd) return span(place, end, 72);
    if (behind === 'honorific' && end - place.start <= 4) {
      return span(place, end, given === 'none' ? 58 : given === 'weak' ? 64 : 76);
    }
    if (end === place.runEnd && given === 'known' && name.length > 1) return span(place, end, 48);
    if (end === place.runEnd && /.[太次三]郎$/.test(name)) return span(place, end, 52);
    if (place.context === 'role' && (given === 'known' || /[子郎夫雄彦美香恵]$/.test(name))) {
      return span(place, end, 56);
    }
  }
  return undefined;
}

/** お客様, 患者さん, 店員さん: people, and nobody's name. */
function isWordForPeople(word: string): boolean {
  return (
    /[者員師屋官長生客家手民人士族達方様供婦夫妻嬢主親子兄姉弟妹父母娘孫等]$/.test(word) ||
    /^(?:皆|各|貴|当|御|何|誰|奥|神|王|殿|若|旦|叔|伯|祖|義|息|娘|相手|先方|双方|本人|関係|委員|会社|学校|自治)/.test(
      word,
    )
  );
}
