import { isAsciiWord } from './digits.ts';
import { type Lexicon, createLexicon, lazily } from './lexicon.ts';
import { type NormalText, normalise } from './normalise.ts';

/** Words that say what stands beside them, in the form in which texts are compared with them. */
export interface Vocabulary {
  readonly words: readonly string[];
  readonly lexicon: Lexicon;
}

export function vocabulary(...words: readonly string[]): Vocabulary {
  const folded = lazily(() => words.map((word) => normalise(word).lower));
  return {
    get words() {
      return folded();
    },
    lexicon: createLexicon(folded),
  };
}

export const unitsBefore = 40;
export const unitsAfter = 20;
/** A label this close belongs to the number for certain. */
const nearUnits = 16;

export interface Context {
  /** `near`: directly before. `far`: further before. `after`: behind it, as in 1234 (PIN). */
  readonly label?: 'near' | 'far' | 'after';
  /** The label ends exactly where the number begins. */
  readonly touching: boolean;
  /** Something says that this is a number of another sort: an order, an amount, a file. */
  readonly counter: boolean;
}

/** What orders, goods, files and counts are called: their numbers pass check digits by chance. */
const counterWords: Vocabulary = vocabulary(
  '注文',
  '伝票',
  '受付',
  '品番',
  '商品',
  '製品',
  '型番',
  'jan',
  'isbn',
  'issn',
  'バーコード',
  '追跡',
  '問い合わせ番号',
  'お問合せ番号',
  '法令番号',
  '統計表',
  '統計',
  '管理番号',
  '整理番号',
  '請求書番号',
  '見積',
  '契約番号',
  '送り状',
  '荷物',
  'シリアル',
  '製造番号',
  '会員番号',
  '予約番号',
  '案件番号',
  'ログ',
  '文書番号',
  '資産番号',
  'タイムスタンプ',
  '日時',
  '時刻',
  '金額',
  '合計',
  '小計',
  '価格',
  '単価',
  '予算',
  '売上',
  '件数',
  'order',
  'invoice no',
  'invoice number',
  'invoice #',
  'tracking',
  'serial',
  'sku',
  'barcode',
  'item',
  'product',
  'part no',
  'part number',
  'ticket',
  'case no',
  'case number',
  'reference',
  'ref',
  'log',
  'timestamp',
  'file',
  'version',
  'build',
  'commit',
  'hash',
  'checksum',
  'total',
  'amount',
  'price',
  'batch',
  'lot',
  'shipment',
  'receipt',
  'transaction',
  'session',
  'request id',
  'trace',
  'epoch',
  'pesanan',
  'resi',
  'faktur',
  'คำสั่งซื้อ',
  'พัสดุ',
  'đơn hàng',
  'vận đơn',
  'mã đơn',
);
const counterAfter: Vocabulary = vocabulary(
  '円',
  '万円',
  'ドル',
  '元',
  '件',
  '個',
  '人',
  '名',
  '回',
  '点',
  '%',
  'ms',
  'mb',
  'kb',
  'bytes',
  'byte',
  'yen',
  '.jpg',
  '.png',
  '.pdf',
  '.csv',
  '.log',
  '.txt',
  '.xlsx',
  '.zip',
  '.json',
);

interface Place {
  /** Units between the word and the number. */
  readonly distance: number;
  readonly length: number;
}

/** The nearest of the words that ends within reach before `at`. */
export function wordBefore(
  text: NormalText,
  at: number,
  { lexicon }: Vocabulary,
  reach: number = unitsBefore,
): Place | undefined {
  let best: Place | undefined;
  for (const hit of lexicon.scan(text.lower, Math.max(0, at - reach), at)) {
    const distance = at - hit.at - hit.word.length;
    // Later hits are nearer unless an earlier word is longer and ends behind them.
    if (best !== undefined && distance > best.distance) continue;
    if (standsAlone(text.lower, hit.at, hit.word)) best = { distance, length: hit.word.length };
  }
  return best;
}

/** The nearest of the words that begins and ends within reach after `at`; the longest there. */
export function wordAfter(
  text: NormalText,
  at: number,
  { lexicon }: Vocabulary,
  reach: number = unitsAfter,
): Place | undefined {
  let best: Place | undefined;
  for (const hit of lexicon.scan(text.lower, at, Math.min(text.lower.length, at + reach))) {
    const distance = hit.at - at;
    if (best !== undefined && distance > best.distance) break;
    if (best !== undefined && hit.word.length < best.length) continue;
    if (standsAlone(text.lower, hit.at, hit.word)) best = { distance, length: hit.word.length };
  }
  return best;
}

/** `ic` is no label inside `music`, but マイナンバー is one inside any sentence. */
function standsAlone(text: string, at: number, word: string): boolean {
  const end = at + word.length;
  const joinedBefore = isAsciiLetter(text, at) && isAsciiLetter(text, at - 1);
  const joinedAfter = isAsciiLetter(text, end - 1) && isAsciiLetter(text, end);
  return !joinedBefore && !joinedAfter;
}

function isAsciiLetter(text: string, at: number): boolean {
  return isAsciiWord(text, at) && !/[0-9_]/.test(text[at] ?? '');
}

/** With as many digits between a label and a number, the label may be about the former. */
const minDigits = 7;

function digitsIn(text: string): number {
  return text.replaceAll(/[^0-9]/g, '').length;
}

/** Counter-words before a number, found once for all the detectors that ask about it. */
function counterPlaces(): Map<number, Place | undefined> {
  return new Map();
}

function counterBefore(text: NormalText, at: number): Place | undefined {
  const known = text.once(counterPlaces);
  if (!known.has(at)) known.set(at, sameSentence(text, at, wordBefore(text, at, counterWords)));
  return known.get(at);
}

/** An order number in the sentence before says nothing about a number in this one. */
function sameSentence(text: NormalText, at: number, place: Place | undefined): Place | undefined {
  if (place === undefined) return undefined;
  return text.text.slice(at - place.distance, at).includes('。') ? undefined : place;
}

/**
 * What the words around a number say about it (identifiers carry their name with them in forms,
 * tables and sentences). Reads `unitsBefore` + 1 units before it and `unitsAfter` + 1 after it.
 * @param labelOnly nothing but a label before it matters, so that nothing else is looked for
 */
export function contextOf(
  text: NormalText,
  { start, end }: { readonly start: number; readonly end: number },
  { labels, labelOnly = false }: { readonly labels: Vocabulary; readonly labelOnly?: boolean },
): Context {
  const label = wordBefore(text, start, labels);
  const touching = label?.distance === 0;
  if (label === undefined && labelOnly) return { touching, counter: false };
  const counter = counterBefore(text, start);
  // A word that is part of the label (order in "money order no.") is no counter-evidence.
  const outweighed =
    counter !== undefined &&
    (label === undefined || label.distance > counter.distance + counter.length);
  if (label !== undefined && !outweighed) {
    const between = text.text.slice(start - label.distance, start);
    const near =
      label.distance <= nearUnits && !between.includes('。') && digitsIn(between) < minDigits;
    return { label: near ? 'near' : 'far', touching, counter: false };
  }
  if (outweighed || isCounted(text, start, end)) return { touching: false, counter: true };
  return isNamedAfter(text, end, labels)
    ? { label: 'after', touching: false, counter: false }
    : { touching: false, counter: false };
}

/** Amounts, paths, query strings and quantities. */
function isCounted(text: NormalText, start: number, end: number): boolean {
  if (start > 0 && '/_=#&%\\¥$€£-.'.includes(text.text[start - 1] ?? ' ')) return true;
  return wordAfter(text, end, counterAfter, 6)?.distance === 0 || isNextInColumn(text, start, end);
}

/** The number before it in the text is one less: a column of row numbers. */
function isNextInColumn(text: NormalText, start: number, end: number): boolean {
  const own = text.text.slice(start, end);
  const before = text.text.slice(Math.max(0, start - unitsBefore), start);
  const previous = /(\d{7,19})\D{1,12}$/.exec(before)?.[1];
  if (previous === undefined || previous.length !== own.length) return false;
  return /^\d+$/.test(own) && BigInt(previous) + 1n === BigInt(own);
}

/** A label behind a number is its own only when nothing ends the phrase between them. */
function isNamedAfter(text: NormalText, end: number, labels: Vocabulary): boolean {
  const label = wordAfter(text, end, labels);
  if (label === undefined) return false;
  return !/[\n。、,;|\t]|\. /.test(text.text.slice(end, end + label.distance));
}
