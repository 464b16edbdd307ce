import { isAsciiWord } from './digits.ts';
import { type NormalText, normalise } from './normalise.ts';

/** Words that say what stands beside them, in the form in which texts are compared with them. */
export interface Vocabulary {
  readonly words: readonly string[];
}

/** Computed at first use and kept, because importing a module does no work. */
export function lazily<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

export function vocabulary(...words: readonly string[]): Vocabulary {
  const folded = lazily(() => words.map((word) => normalise(word).lower));
  return {
    get words() {
      return folded();
    },
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
  { words }: Vocabulary,
  reach: number = unitsBefore,
): Place | undefined {
  const from = Math.max(0, at - reach);
  const slice = text.lower.slice(from, at);
  let best: Place | undefined;
  for (const word of words) {
    for (let place = slice.lastIndexOf(word); place >= 0;) {
      const distance = slice.length - place - word.length;
      if (best !== undefined && distance >= best.distance) break;
      if (standsAlone(text.lower, from + place, word)) {
        best = { distance, length: word.length };
        break;
      }
      place = place === 0 ? -1 : slice.lastIndexOf(word, place - 1);
    }
  }
  return best;
}

/** The nearest of the words that begins and ends within reach after `at`. */
export function wordAfter(
  text: NormalText,
  at: number,
  { words }: Vocabulary,
  reach: number = unitsAfter,
): Place | undefined {
  const slice = text.lower.slice(at, at + reach);
  let best: Place | undefined;
  for (const word of words) {
    const place = slice.indexOf(word);
    if (place < 0 || (best !== undefined && place >= best.distance)) continue;
    if (standsAlone(text.lower, at + place, word)) best = { distance: place, length: word.length };
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

/** Digits that stand between a label and a number, so that the label may be about the former. */
function digitsBetween(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) count++;
  }
  return count;
}

/**
 * What the words around a number say about it (identifiers carry their name with them in forms,
 * tables and sentences). Reads `unitsBefore` units before it and `unitsAfter` + 1 after it.
 */
export function contextOf(
  text: NormalText,
  { start, end }: { readonly start: number; readonly end: number },
  labels: Vocabulary,
): Context {
  const label = wordBefore(text, start, labels);
  const counter = wordBefore(text, start, counterWords);
  const touching = label?.distance === 0;
  // A word that is part of the label (order in "money order no.") is no counter-evidence.
  const outweighed =
    counter !== undefined &&
    (label === undefined || label.distance > counter.distance + counter.length);
  if (label !== undefined && !outweighed) {
    const from = start - label.distance;
    const busy = digitsBetween(text.text, from, start) >= 7;
    const near =
      label.distance <= nearUnits && !busy && !text.text.slice(from, start).includes('。');
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
