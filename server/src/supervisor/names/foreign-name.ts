import { type After, type Before, after } from './evidence.ts';
import { foreignNames, foreignThings } from './foreign-names.ts';
import type { Sighting } from './kanji-name.ts';
import { nameModel } from './name-model.ts';
import { type Reader, isKanji, isKatakana, isLatin, isUpper } from './reader.ts';
import { surnameTrie } from './surnames.ts';

/** Longest foreign name with all its parts. */
export const mostKatakana = 32;

/** What ends English words for things, and few names that are not on the list. */
const thingEnds =
  /(?:ズ|ング|ション|メント|シップ|ティック|リティ|ロジー|ウェア|ミクス|イズム|ニック|ファー|サーキット|スタジアム|コム|ネット|ブック|ワーク|ライン|フォン|パイ|クエスト|ファンタジー|マシン|ドライブ|センター|ハウス|コート|ボード|ボール|フィルム|ピクチャー|メディア|サイエンス|コンピュータ|シティー?)$/;

/** Logarithms of odds, chosen on the half of an encyclopaedia's sentences that may be looked at. */
const leastLone = 1;
/** A name on our list is likelier than its shape says. */
const listedGain = 2;
const roleGain = 1.5;
/** ルイ15世 */
const rulerGain = 3;
const quotedLoss = 2;
const placeLoss = 1.5;
const particleGain = 0.7;
/** Before a family name of Japan, and behind initials. */
const leastStage = 0.5;
const leastInitial = -0.5;
/** One part can't make or break a whole name. */
const partRange = { least: -4, most: 3, listed: 1.5 };
/** What one step of the odds is worth in a score. */
const oddsWorth = 8;

/** The dots and the double hyphens that join the parts of a foreign name. */
const joints = /[・=゠·]/;

function isDot(code: number): boolean {
  return code === 0x30fb || code === 0x3d || code === 0x30a0 || code === 0xb7;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** How much a stretch of katakana looks like a part of a foreign name. */
export function foreignOdds(text: string, from: number, to: number): number {
  return nameModel().oddsOf({ text, from, to, part: 'foreign' });
}

/** The parts of what stands there, without their joints. */
export function foreignParts(reader: Reader, start: number, end: number): readonly string[] {
  return reader.text.slice(start, end).split(joints);
}

/**
 * The parts of a foreign name: katakana with dots or hyphens between, also around an initial
 * (ジョン・F・ケネディ), and the number of a ruler (ルイ15世).
 */
export function foreignEnd(reader: Reader, start: number): number {
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

export interface Foreign {
  readonly start: number;
  readonly end: number;
  readonly parts: readonly string[];
  readonly context: Before;
  /** An honorific or a title stands behind it. */
  readonly called: boolean;
}

/** A foreign name of two parts and more. */
export function joinedName(reader: Reader, of: Foreign): Sighting | undefined {
  const { start, end, parts, context, called } = of;
  if (parts.length > 5 || parts.some((part) => part.length === 0 || part.length > 10)) {
    return undefined;
  }
  const known = parts.filter((part) => foreignNames().has(part)).length;
  const things = parts.filter((part) => foreignThings().has(part)).length;
  const endings = parts.filter((part) => thingEnds.test(part) && !foreignNames().has(part)).length;
  let score = 46 + (known > 0 ? 16 : 0) + (foreignNames().has(parts[0] ?? '') ? 6 : 0);
  score += around(reader, start, end) - things * 30 - endings * 14;
  score += oddsWorth * joinedOdds(reader.text, start, parts);
  if (context === 'role') score += 14;
  if (called) score += 24;
  if (score < 40) return undefined;
  const bare = context === 'none' && !called;
  return { start, end, score: Math.round(Math.min(95, score)), ...(bare ? { bare } : {}) };
}

/** Of all parts on average. */
function joinedOdds(text: string, start: number, parts: readonly string[]): number {
  const { least, most, listed } = partRange;
  let sum = 0;
  let from = start;
  for (const part of parts) {
    const odds = Math.max(least, Math.min(most, foreignOdds(text, from, from + part.length)));
    sum += foreignNames().has(part) ? Math.max(odds, listed) : odds;
    from += part.length + 1;
  }
  return sum / parts.length;
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

/** A foreign name of one part, which only its shape and its place tell from other words. */
export function loneName(
  reader: Reader,
  { start, end, context }: Pick<Foreign, 'start' | 'end' | 'context'>,
): Sighting | undefined {
  const previous = reader.text.charCodeAt(start - 1);
  if (end - start > 12 || isLatin(previous) || isDigit(previous) || previous === 0x26)
    return undefined;
  const initial = previous === 0x2e && isUpper(reader.text.charCodeAt(start - 2));
  if (initial || (isKanji(previous) && context !== 'role') || reader.at(end) === '&')
    return undefined;
  const word = reader.text.slice(start, end);
  const ruler = /[0-9一二三四五六七八九十]+世$/.exec(word)?.[0].length ?? 0;
  let odds = foreignOdds(reader.text, start, end - ruler) + (ruler > 0 ? rulerGain : 0);
  if (foreignNames().has(word.slice(0, word.length - ruler))) odds += listedGain;
  if (context === 'role') odds += roleGain;
  if (odds + placed(reader, start, end) < leastLone) return undefined;
  return context === 'role' ? { start, end, score: 66 } : { start, end, score: 51, bare: true };
}

/** What its neighbours say for a name of one part. */
function placed(reader: Reader, start: number, end: number): number {
  const previous = reader.text[start - 1] ?? '';
  const next = reader.at(end);
  const quoted = previous !== '' && '「『"《【('.includes(previous) ? -quotedLoss : 0;
  if (next === '') return quoted;
  if ('でへ」』'.includes(next)) return quoted - placeLoss;
  return quoted + ('はがもとを'.includes(next) ? particleGain : 0);
}

/** ジャニー喜多川 and アントニオ猪木: a foreign name before a family name of Japan. */
export function stageName(reader: Reader, start: number, end: number): Sighting | undefined {
  const family = surnameTrie.longest(reader, end);
  if (family < 2) return undefined;
  const behind: After = after(reader, end + family);
  if (behind === 'joined' || behind === 'place') return undefined;
  const listed = foreignNames().has(reader.text.slice(start, end));
  if (!listed && foreignOdds(reader.text, start, end) < leastStage) return undefined;
  return { start, end: end + family, score: 54, bare: true };
}

/** M.メドレー and W・エドワーズ・デミング: initials before a foreign name. */
export function initialNameAt(reader: Reader, start: number): Sighting | undefined {
  let at = start;
  while (at - start < 6 && isUpper(reader.code(at))) {
    if (!isDot(reader.code(at + 1)) && reader.at(at + 1) !== '.') break;
    at += 2;
  }
  if (at === start || !isKatakana(reader.code(at))) return undefined;
  const end = foreignEnd(reader, at);
  if (end - at < 2 || end - at >= mostKatakana) return undefined;
  const [word = ''] = foreignParts(reader, at, end);
  const listed = foreignNames().has(word);
  if (foreignThings().has(word)) return undefined;
  if (!listed && foreignOdds(reader.text, at, at + word.length) < leastInitial) return undefined;
  return { start, end, score: 54, bare: true };
}
