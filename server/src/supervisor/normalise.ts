/**
 * A text as the detectors read it, with the way back to the original offsets: NFKC per code point,
 * every dash as -, every space as a blank, digits of other scripts as ASCII, invisible characters
 * removed, and a letter with its combining marks as one letter.
 */
export interface NormalText {
  readonly original: string;
  readonly text: string;
  /** The same units in lower case; always as long as `text`. */
  readonly lower: string;
  /** Original offset at which the unit at this index begins; the original's length at the end. */
  start(index: number): number;
  /** Original offset just after the unit at this index. */
  end(index: number): number;
  /** The first index whose unit begins at or after an original offset. */
  indexAt(offset: number): number;
  /** A text that most of this one was taken from: what is known of it may be true of this one. */
  readonly like: NormalText | undefined;
  /** Computes something of this text once, however many detectors ask for it. */
  once<T>(compute: (text: NormalText) => T): T;
}

interface Map {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

class MappedText implements NormalText {
  readonly original: string;
  readonly text: string;
  /** Undefined when every unit stands where it stood: nearly always, also for full-width digits. */
  readonly map: Map | undefined;
  like: NormalText | undefined;
  #lower: string | undefined;
  #computed: globalThis.Map<unknown, unknown> | undefined;

  constructor(original: string, text: string, map?: Map) {
    this.original = original;
    this.text = text;
    this.map = map;
  }

  get lower(): string {
    this.#lower ??= lowerCase(this.text);
    return this.#lower;
  }

  start(index: number): number {
    if (index >= this.text.length) return this.original.length;
    return this.map === undefined ? index : (this.map.starts[index] ?? 0);
  }

  end(index: number): number {
    return this.map === undefined ? index + 1 : (this.map.ends[index] ?? this.original.length);
  }

  indexAt(offset: number): number {
    if (this.map === undefined) return Math.min(offset, this.text.length);
    const { starts } = this.map;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((starts[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  once<T>(compute: (text: NormalText) => T): T {
    this.#computed ??= new globalThis.Map();
    if (!this.#computed.has(compute)) this.#computed.set(compute, compute(this));
    return this.#computed.get(compute) as T;
  }
}

/** Units of scripts that have case, and of blocks that hold such letters among others. */
const cased =
  /[A-Z\u00c0-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1c80-\u23ff\u24b6-\u2dff\ua640-\uabff\ud800-\uffff]/;

/** Lower case at no cost where nothing has case: the runtime's own is slow outside Latin-1. */
export function lowerCase(text: string): string {
  return cased.test(text) ? text.toLowerCase() : text;
}

/** @param like a text that most of this one was taken from */
export function normalise(original: string, like?: NormalText): NormalText {
  const text = mapText(original);
  text.like = like;
  return text;
}

function mapText(original: string): MappedText {
  let at = 0;
  while (at < original.length && isPlain(original.charCodeAt(at))) at++;
  if (at === original.length) return new MappedText(original, original);
  const builder = new Builder(original);
  while (at < original.length) {
    if (isPlain(original.charCodeAt(at))) {
      at++;
      continue;
    }
    const source = String.fromCodePoint(original.codePointAt(at) ?? 0);
    const folded = fold(source);
    if (folded !== source || isMark(folded)) builder.replace(at, at + source.length, folded);
    at += source.length;
  }
  return builder.finish();
}

/** Puts the parts of a normal text together, and keeps a map once units have moved. */
class Builder {
  readonly #original: string;
  readonly #parts: string[] = [];
  #length = 0;
  /** Up to here the original has been taken over. */
  #copied = 0;
  /** Marks already joined to the last letter. */
  #marks = 0;
  #map: { starts: number[]; ends: number[] } | undefined;

  constructor(original: string) {
    this.#original = original;
  }

  replace(from: number, to: number, folded: string): void {
    this.#copy(from);
    this.#copied = to;
    if (isMark(folded) && this.#join(folded, from, to)) return;
    this.#marks = isMark(folded) ? mostMarks : 0;
    if (folded.length !== to - from) this.#map ??= identityMap(this.#length);
    if (folded === '') {
      this.#marks = mostMarks;
      return;
    }
    this.#parts.push(folded);
    this.#length += folded.length;
    if (this.#map === undefined) return;
    const oneToOne = to - from === folded.length;
    for (let unit = 0; unit < folded.length; unit++) {
      this.#map.starts.push(oneToOne ? from + unit : from);
      this.#map.ends.push(oneToOne ? from + unit + 1 : to);
    }
  }

  finish(): MappedText {
    this.#copy(this.#original.length);
    return new MappedText(this.#original, this.#parts.join(''), this.#map);
  }

  #copy(to: number): void {
    if (to === this.#copied) return;
    this.#parts.push(this.#original.slice(this.#copied, to));
    this.#length += to - this.#copied;
    for (let unit = this.#copied; this.#map !== undefined && unit < to; unit++) {
      this.#map.starts.push(unit);
      this.#map.ends.push(unit + 1);
    }
    this.#copied = to;
    this.#marks = 0;
  }

  /** One letter for the last one and a mark, when Unicode has it. */
  #join(mark: string, from: number, to: number): boolean {
    const part = this.#parts.at(-1) ?? '';
    const last = part.charAt(part.length - 1);
    // Asked of the original unit, because a stream must know it before anything is folded.
    const base = this.#original.charCodeAt(from - 1 - this.#marks);
    if (this.#marks >= mostMarks || last === '' || !takesMarks(base)) return false;
    const composed = (last + mark).normalize('NFC');
    // İ is the one letter whose lower case is longer than itself: see `fold`.
    if (composed.length !== 1 || composed === '\u0130') return false;
    this.#map ??= identityMap(this.#length);
    this.#parts.splice(-1, 1, part.slice(0, -1), composed);
    this.#map.ends.splice(-1, 1, to);
    this.#marks++;
    return true;
  }
}

function identityMap(length: number): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let index = 0; index < length; index++) {
    starts.push(index);
    ends.push(index + 1);
  }
  return { starts, ends };
}

/** The two texts one after the other. `b` must not begin with a mark that belongs to `a`. */
export function joinNormal(a: NormalText, b: NormalText): NormalText {
  if (a.original === '') return b;
  const left = a as MappedText;
  const right = b as MappedText;
  const original = a.original + b.original;
  const text = a.text + b.text;
  if (left.map === undefined && right.map === undefined) return new MappedText(original, text);
  const leftMap = left.map ?? identityMap(left.text.length);
  const rightMap = right.map ?? identityMap(right.text.length);
  const shift = a.original.length;
  return new MappedText(original, text, {
    starts: leftMap.starts.concat(rightMap.starts.map((offset) => offset + shift)),
    ends: leftMap.ends.concat(rightMap.ends.map((offset) => offset + shift)),
  });
}

/** What begins at an index, with offsets counted from there. */
export function normalFrom(whole: NormalText, index: number): NormalText {
  const { map } = whole as MappedText;
  const shift = whole.start(index);
  const original = whole.original.slice(shift);
  const text = whole.text.slice(index);
  if (map === undefined) return new MappedText(original, text);
  return new MappedText(original, text, {
    starts: map.starts.slice(index).map((offset) => offset - shift),
    ends: map.ends.slice(index).map((offset) => offset - shift),
  });
}

/**
 * How many units at the end of a chunk the next chunk may still change: half a surrogate pair, or a
 * letter that a combining mark may follow.
 */
export function unfinishedUnits(chunk: string): number {
  let at = chunk.length;
  while (at > 0 && chunk.length - at < mostMarks && isJoining(chunk.charCodeAt(at - 1))) at--;
  if (at === 0 || (at < chunk.length && chunk.length - at === mostMarks)) return 0;
  const code = chunk.charCodeAt(at - 1);
  const half = at === chunk.length && code >= 0xd800 && code < 0xdc00;
  return half || takesMarks(code) ? chunk.length - at + 1 : 0;
}

/** Marks that are joined to a letter: Vietnamese needs two, more is decoration and stays loose. */
const mostMarks = 2;

function isMark(text: string): boolean {
  const code = text.charCodeAt(0);
  return (
    text.length === 1 && ((code >= 0x300 && code < 0x370) || code === 0x3099 || code === 0x309a)
  );
}

/** A mark, also in its half-width form. */
function isJoining(code: number): boolean {
  return isMark(String.fromCharCode(code)) || code === 0xff9e || code === 0xff9f;
}

function takesMarks(code: number): boolean {
  if (code < 0x80) return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return (
    (code >= 0xc0 && code < 0x300) ||
    (code >= 0x370 && code < 0x590) ||
    (code >= 0x1e00 && code < 0x2000) ||
    (code >= 0x3041 && code <= 0x30ff && code !== 0x3099 && code !== 0x309a) ||
    (code >= 0xff66 && code <= 0xff9d)
  );
}

function isKanjiDigit(code: number): boolean {
  switch (code) {
    case 0x4e00:
    case 0x4e8c:
    case 0x4e09:
    case 0x56db:
    case 0x4e94:
    case 0x516d:
    case 0x4e03:
    case 0x516b:
    case 0x4e5d:
      return true;
    default:
      return code === 0x3007;
  }
}

/**
 * Units that stand for themselves: most of all text, decided by ranges because it is the hot path.
 */
function isPlain(code: number): boolean {
  if (code < 0x80) return true;
  if (code >= 0x3041 && code <= 0x30fe)
    return code <= 0x3096 || (code >= 0x30a1 && code !== 0x30ff);
  if (code >= 0x4e00 && code <= 0x9fff) return !isKanjiDigit(code);
  if (code >= 0x3001 && code <= 0x3011) return code !== 0x3007;
  if (code >= 0xac00 && code <= 0xd7a3) return true;
  if (code >= 0xc0 && code <= 0x131) return code !== 0x130;
  if (code >= 0xe01 && code <= 0xe4f) return code !== 0xe33;
  if (code >= 0x1ea0 && code <= 0x1ef9) return true;
  if (code >= 0x1000 && code <= 0x103f) return true;
  return code >= 0x1780 && code <= 0x17b3;
}

export const kanjiDigits = '〇一二三四五六七八九';
/** The zero of each decimal script that is written in the countries we serve. */
const zeros = [0x660, 0x6f0, 0x966, 0xe50, 0xed0, 0x1040, 0x1090, 0x17e0];

function isRemoved(code: number): boolean {
  return (
    code === 0xad ||
    code === 0x34f ||
    code === 0x61c ||
    code === 0x180e ||
    code === 0xfeff ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xe0000 && code <= 0xe01ef)
  );
}

function isSpace(code: number): boolean {
  return (
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** One code point as the detectors read it; empty when it is invisible. */
function fold(source: string): string {
  const code = source.codePointAt(0) ?? 0;
  // Full-width ASCII is the common case of Japanese text.
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (isRemoved(code)) return '';
  if (isSpace(code)) return ' ';
  if (code === 0x85 || code === 0x2028 || code === 0x2029) return '\n';
  if ((code >= 0x2010 && code <= 0x2015) || code === 0x2212 || code === 0xfe63) return '-';
  // The only letter whose lower case is longer than itself.
  if (code === 0x130) return 'I';
  const zero = zeros.find((start) => code >= start && code < start + 10);
  if (zero !== undefined) return String(code - zero);
  const folded = source.normalize('NFKC');
  let out = '';
  for (const unit of folded) {
    const digit = kanjiDigits.indexOf(unit);
    out += digit < 0 ? unit : String(digit);
  }
  return out;
}
