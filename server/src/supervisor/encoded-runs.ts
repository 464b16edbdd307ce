import type { NormalText } from './normalise.ts';

/**
 * A stretch of a text that may be encoded, in original offsets. What is read begins earlier, since
 * what stands before it may say what it is; what is found in it begins at `from`.
 */
export interface EncodedRun {
  readonly begin: number;
  readonly from: number;
  readonly to: number;
}

/** Units before a run that are read with it. Fewer than a stream looks back. */
const before = 192;
/** Fewer units of one alphabet hold no text. */
const leastUnits = 16;
/** A word that is nothing else yet is taken for a run from here on. */
const longWord = 12;
const manyDigits = 8;
/** A line of so many units goes on in the next one. */
const wrappedUnits = 32;
/** A run is read in pieces of this size, so that no more of a stream is ever held back. */
const pieceUnits = 2_048;
const pieceOfHidden = 4_096;
/** Groups of bytes before one is taken for the next of a row, and the bytes that make a row. */
const firstGroups = 3;
const leastGroupBytes = 6;
const longestGroup = 10;
const leastHidden = 4;
const widestGap = 2;

const other = 0;
const small = 1;
const large = 2;
const digit = 3;
const mark = 4;
const escape = 5;

/** What a unit is to an encoding. Most units of most texts are 0 or 1. */
const classes = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) classes[code] = small;
  else if (/[A-Z]/.test(char)) classes[code] = large;
  else if (/[0-9]/.test(char)) classes[code] = digit;
  else if ('+/_-='.includes(char)) classes[code] = mark;
  else if ('%\\&'.includes(char)) classes[code] = escape;
}

function classOf(code: number): number {
  return code < 128 ? classes[code]! : other;
}

/** Units that words of hexadecimal consist of, with the x of their beginning. */
const hexadecimal = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9a-fx]/i.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * Whether a whole text may hold a run that is worth reading. Of the ways to begin one most end as
 * ordinary words: only what could be long enough counts here, so that most answers are looked at
 * once and cheaply. A wrong yes costs time, a wrong no is a bug.
 */
function mayHoldRun(units: string): boolean {
  let length = 0;
  let bytes = 1;
  let row = false;
  for (let at = 0; at < units.length; at++) {
    const code = units.charCodeAt(at);
    const now = classOf(code);
    if (now === other) {
      if (length === 0) continue;
      const isGroup = bytes === 1 && length % 2 === 0 && length <= longestGroup;
      if (isGroup && row) return true;
      row = isGroup;
      length = 0;
      bytes = 1;
    } else if (now === escape) return true;
    else if (++length >= leastUnits) return true;
    else bytes &= hexadecimal[code]!;
  }
  // The last word counts with the bytes before it, half of its own units for one each.
  return length + (row ? 2 * longestGroup : 0) >= 2 * leastGroupBytes;
}

const hidden = /\udb40|[\ufe00-\ufe0f]/;
const group = /^(?:0x)?(?:[0-9A-Fa-f]{2}){1,4}$/;
const binary = /^[01]{8}$/;

/**
 * Finds where an encoding has begun in a text that arrives in pieces, and where it ends: words that
 * look like base64, base32 or hexadecimal, also wrapped; bytes written apart; words with escapes;
 * and characters that nobody sees. Each unit is looked at once. What it finds depends on the units
 * before it and on nothing else, so it is the same however a stream is cut.
 */
export class EncodedRuns {
  /** Indexes of the normalised text: the next unit to look at, and the word it may belong to. */
  #at = 0;
  #word = -1;
  #class = other;
  #units = 0;
  #digits = 0;
  #lineUnits = 0;
  /** Where the word ended, when a new line may go on with it. */
  #wrap = -1;
  /** Where a run is held from. */
  #open = -1;
  #escaped = false;
  /** The mark of an escape, of which the next unit tells whether it is one. */
  #escape = -1;
  #groups = 0;
  #groupBytes = 0;
  #gap = 0;
  /** Original offsets: the next unit to look at for what is hidden, and where that began. */
  #hiddenAt = 0;
  #hiddenFrom = -1;
  #found: EncodedRun[] = [];

  /** Looks at what is new. @param final no more comes @returns the runs that have ended */
  read(text: NormalText, final: boolean): readonly EncodedRun[] {
    this.#found = [];
    const units = text.text;
    const untouched = this.#at === 0 && this.#word < 0 && this.#open < 0 && this.#escape < 0;
    if (final && untouched && this.#groups === 0 && !mayHoldRun(units)) this.#at = units.length;
    while (this.#at < units.length) {
      this.#skip(units);
      if (this.#at === units.length) break;
      this.#take(text, units.charCodeAt(this.#at));
      this.#at++;
    }
    if (final) this.#end(text, this.#at);
    this.#readHidden(text, final);
    return this.#found;
  }

  /** The original offset from which a run may still go on; the text's length when there is none. */
  openFrom(text: NormalText): number {
    const from = this.#escape >= 0 && this.#open < 0 ? this.#escape : this.#open;
    const open = from < 0 ? text.original.length : text.start(from);
    return this.#hiddenFrom < 0 ? open : Math.min(open, this.#hiddenFrom);
  }

  /** The text has lost its beginning. @param units normalised @param offset as it was written */
  forget(units: number, offset: number): void {
    const less = (index: number): number => (index < 0 ? index : index - units);
    this.#at -= units;
    // A word goes on that began before what is kept; how it began is known.
    this.#word = this.#word < 0 ? -1 : Math.max(0, this.#word - units);
    this.#wrap = less(this.#wrap);
    this.#open = less(this.#open);
    this.#escape = less(this.#escape);
    this.#hiddenAt -= offset;
    if (this.#hiddenFrom >= 0) this.#hiddenFrom -= offset;
  }

  /** Passes over what most of an ordinary text is: small letters, and units that are no word. */
  #skip(units: string): void {
    if (this.#open >= 0 || this.#escape >= 0) return;
    let at = this.#at;
    if (this.#word < 0) {
      if (this.#groups > 0) return;
      while (at < units.length && classOf(units.charCodeAt(at)) === other) at++;
    } else if (this.#class === small) {
      const end = Math.min(units.length, at + longWord - 1 - this.#units);
      while (at < end && classOf(units.charCodeAt(at)) === small) at++;
      this.#units += at - this.#at;
      this.#lineUnits += at - this.#at;
    }
    this.#at = at;
  }

  #take(text: NormalText, code: number): void {
    const now = classOf(code);
    if (this.#escape >= 0) this.#beginEscaped(text, code);
    if (this.#escaped) {
      if (code > 0x20 && code < 0x7f) {
        if (this.#at - this.#open >= pieceUnits) this.#cutPiece(text);
        return;
      }
      this.#end(text, this.#at);
    }
    if (now !== other && now !== escape) {
      this.#inWord(text, now);
      return;
    }
    if (this.#word >= 0 && this.#goesOn(text, code)) return;
    if (this.#word >= 0) this.#endWord(text, code);
    else if (this.#groups > 0 && !this.#isGap(code)) this.#endGroups(text, this.#at);
    if (now === escape) {
      if (this.#groups > 0) this.#endGroups(text, this.#at);
      this.#escape = this.#at;
    }
  }

  #beginEscaped(text: NormalText, code: number): void {
    const sign = text.text[this.#escape];
    const next = String.fromCharCode(code);
    const begins =
      sign === '%'
        ? /[0-9A-Fa-f]/.test(next)
        : sign === '&'
          ? /[#a-z]/.test(next)
          : next === 'u' || next === 'x';
    if (begins) {
      this.#escaped = true;
      this.#open = this.#escape;
    }
    this.#escape = -1;
  }

  #inWord(text: NormalText, now: number): void {
    if (this.#word < 0) {
      this.#word = this.#at;
      this.#units = 0;
      this.#digits = 0;
      this.#lineUnits = 0;
      this.#class = other;
      if (this.#groups >= firstGroups && this.#open < 0) this.#open = this.#at;
    } else if (this.#wrap >= 0) {
      this.#wrap = -1;
      this.#lineUnits = 0;
    }
    this.#units++;
    this.#lineUnits++;
    this.#digits = now === digit ? this.#digits + 1 : 0;
    if (this.#open < 0 && this.#hasBegun(now)) this.#open = this.#at;
    this.#class = now;
    if (this.#open >= 0 && this.#at - this.#open >= pieceUnits) this.#cutPiece(text);
  }

  /** Ordinary words have no capital inside and no digit beside a letter, and are not long. */
  #hasBegun(now: number): boolean {
    const last = this.#class;
    return (
      (last === small && (now === large || now === digit)) ||
      (last === large && now === digit) ||
      (last === digit && (now === small || now === large)) ||
      this.#digits >= manyDigits ||
      this.#units >= longWord
    );
  }

  /** A full line of one alphabet may go on in the next. */
  #goesOn(text: NormalText, code: number): boolean {
    if (code !== 10 && code !== 13) return false;
    if (this.#wrap >= 0) return code === 10 && text.text.charCodeAt(this.#at - 1) === 13;
    if (this.#open < 0 || this.#lineUnits < wrappedUnits) return false;
    this.#wrap = this.#at;
    return true;
  }

  #endWord(text: NormalText, code: number): void {
    const to = this.#wrap < 0 ? this.#at : this.#wrap;
    // Cheap, since it is asked of every word: bytes are few units, and an even number of them.
    const even = this.#units <= longestGroup && this.#units % 2 === 0;
    const word = even ? text.text.slice(this.#word, to) : '';
    this.#word = -1;
    this.#wrap = -1;
    if (even && group.test(word)) {
      this.#groups++;
      this.#groupBytes += binary.test(word) ? 1 : Math.floor(word.replace('0x', '').length / 2);
      this.#gap = 0;
      if (this.#groups <= firstGroups) this.#open = -1;
      if (!this.#isGap(code)) this.#endGroups(text, to);
      return;
    }
    // Where a row of bytes is held, it is read with the word that ends it.
    this.#groups = 0;
    const enough = this.#units >= leastUnits || this.#groupBytes >= leastGroupBytes;
    this.#groupBytes = 0;
    this.#close(text, to, enough);
  }

  /** What may stand between two bytes of a row. */
  #isGap(code: number): boolean {
    return ++this.#gap <= widestGap && (code === 32 || code === 10 || code === 44 || code === 58);
  }

  #endGroups(text: NormalText, to: number): void {
    const enough = this.#groupBytes >= leastGroupBytes;
    this.#groups = 0;
    this.#groupBytes = 0;
    this.#close(text, to, enough);
  }

  /** Nothing goes on at this index. */
  #end(text: NormalText, to: number): void {
    const units = this.#word < 0 ? 0 : this.#units;
    const enough =
      this.#escaped || units >= leastUnits || this.#groupBytes + units / 2 >= leastGroupBytes;
    const end = this.#wrap < 0 ? to : this.#wrap;
    this.#word = -1;
    this.#wrap = -1;
    this.#escaped = false;
    this.#groups = 0;
    this.#groupBytes = 0;
    this.#close(text, end, enough);
    this.#escape = -1;
  }

  #close(text: NormalText, to: number, enough: boolean): void {
    if (this.#open >= 0 && enough) this.#add(text, this.#open, to);
    this.#open = -1;
  }

  /** Too long to be held back whole: what follows is read with the end of what was read. */
  #cutPiece(text: NormalText): void {
    this.#add(text, this.#open, this.#at);
    this.#open = this.#at;
  }

  #add(text: NormalText, open: number, to: number): void {
    const begin = text.start(Math.max(0, open - before));
    this.#found.push({ begin, from: text.start(open), to: text.start(to) });
  }

  #readHidden(text: NormalText, final: boolean): void {
    const { original } = text;
    if (this.#hiddenFrom < 0 && !hidden.test(original.slice(this.#hiddenAt))) {
      this.#hiddenAt = original.length;
      return;
    }
    while (this.#hiddenAt < original.length) {
      const units = hiddenUnits(original, this.#hiddenAt);
      if (units === 0) this.#endHidden(text);
      else if (this.#hiddenFrom < 0) this.#hiddenFrom = this.#hiddenAt;
      else if (this.#hiddenAt - this.#hiddenFrom >= pieceUnits) {
        const from = this.#hiddenAt;
        this.#endHidden(text);
        this.#hiddenFrom = from;
      }
      this.#hiddenAt += Math.max(1, units);
    }
    if (final) this.#endHidden(text);
  }

  #endHidden(text: NormalText): void {
    const from = this.#hiddenFrom;
    this.#hiddenFrom = -1;
    if (from < 0 || this.#hiddenAt - from < leastHidden) return;
    const begin = text.start(Math.max(0, text.indexAt(from) - before));
    this.#found.push({ begin: Math.max(begin, from - pieceOfHidden), from, to: this.#hiddenAt });
  }
}

/** Of the characters that are not drawn, and that hold text by their number. */
function hiddenUnits(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0xfe00 && code <= 0xfe0f) return 1;
  if (code !== 0xdb40) return 0;
  const low = text.charCodeAt(at + 1);
  return (low >= 0xdc20 && low <= 0xdc7e) || (low >= 0xdd00 && low <= 0xddef) ? 2 : 0;
}
