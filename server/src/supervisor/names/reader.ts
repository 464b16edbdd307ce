import { digitPlaces } from '../digits.ts';
import { type NormalText, kanjiDigits } from '../normalise.ts';

/**
 * A text that remembers how far it was read. What a stream may still change is exactly what was
 * decided by looking at its end, so that no detector has to prove its own look-ahead.
 */
export class Reader {
  readonly text: string;
  /** The furthest index asked for since the last `rewind`; it may lie behind the text. */
  reach = -1;

  constructor(text: string) {
    this.text = text;
  }

  rewind(): void {
    this.reach = -1;
  }

  /** Whether the last reading came to the end of the text, where more may follow. */
  get atEnd(): boolean {
    return this.reach >= this.text.length;
  }

  /** The unit at an index, or an empty string behind the end. */
  at(index: number): string {
    if (index > this.reach) this.reach = index;
    return this.text.charAt(index);
  }

  code(index: number): number {
    if (index > this.reach) this.reach = index;
    return this.text.charCodeAt(index);
  }

  slice(from: number, to: number): string {
    if (to - 1 > this.reach) this.reach = to - 1;
    return this.text.slice(from, to);
  }
}

/**
 * The normal text with kanji digits as they were written: 健一 and 三郎 are no numbers.
 * Index for index the same as the normal text.
 */
export function nameText(text: NormalText): string {
  const places = text.once(digitPlaces);
  if (places.length === 0) return text.text;
  let out = '';
  let at = 0;
  for (const place of places) {
    const written = text.original.charAt(text.start(place));
    if (!kanjiDigits.includes(written)) continue;
    out += text.text.slice(at, place) + written;
    at = place + 1;
  }
  return at === 0 ? text.text : out + text.text.slice(at);
}

export function isKanji(code: number): boolean {
  return (code >= 0x4e00 && code <= 0x9fff) || code === 0x3005 || (code >= 0xf900 && code < 0xfb00);
}

export function isHiragana(code: number): boolean {
  return code >= 0x3041 && code <= 0x3096;
}

/** Katakana letters and the mark that lengthens them. */
export function isKatakana(code: number): boolean {
  return (code >= 0x30a1 && code <= 0x30fa) || code === 0x30fc;
}

export function isLatin(code: number): boolean {
  return (
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    (code >= 0xc0 && code <= 0x24f) ||
    (code >= 0x1e00 && code < 0x1f00)
  );
}

export function isUpper(code: number): boolean {
  if (code < 0x80) return code >= 65 && code <= 90;
  const unit = String.fromCharCode(code);
  return isLatin(code) && unit !== unit.toLowerCase();
}

/** Where a run of one script ends, looked for no further than `most` units. */
export function runEnd(
  reader: Reader,
  from: number,
  { is, most }: { readonly is: (code: number) => boolean; readonly most: number },
): number {
  let at = from;
  while (at - from < most && is(reader.code(at))) at++;
  return at;
}
