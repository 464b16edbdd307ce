import { digitPlaces, hasDigits, isAsciiWord } from './digits.ts';
import type { Anchor } from './finding.ts';
import type { NormalText } from './normalise.ts';

/** ASCII letters and digits without a break: S1234567D, AB12345678CD, T1234567890123. */
export interface AlnumToken {
  readonly start: number;
  readonly end: number;
  readonly value: string;
  /** A hyphen, slash or dot joins it to more letters or digits: part of a code or a path. */
  readonly joined: boolean;
}

const minLength = 8;
const maxLength = 24;
const minDigits = 4;
/** Units after a token that may change what it is: its end, and words of context. */
export const alnumLookAhead = 22;

function digitCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) count++;
  }
  return count;
}

function isJoin(text: string, mark: number, beyond: number): boolean {
  return '-/.@=&'.includes(text[mark] ?? ' ') && isAsciiWord(text, beyond);
}

/** Tokens that mix letters and at least four digits; longer ones are keys and hashes. */
export function alnumTokens(normal: NormalText): readonly AlnumToken[] {
  const { text } = normal;
  const found: AlnumToken[] = [];
  let at = 0;
  // Every token has digits, so that words without any are passed over.
  for (const place of normal.once(digitPlaces)) {
    if (place < at) continue;
    let start = place;
    while (start > at && isAsciiWord(text, start - 1)) start--;
    at = place;
    while (isAsciiWord(text, at)) at++;
    if (at - start < minLength || at - start > maxLength) continue;
    const value = text.slice(start, at);
    const digits = digitCount(value);
    if (digits < minDigits || digits === value.length) continue;
    const joined = isJoin(text, start - 1, start - 2) || isJoin(text, at, at + 1);
    found.push({ start, end: at, value, joined });
  }
  return found;
}

export function tokenSpan(
  text: NormalText,
  { start, end }: { readonly start: number; readonly end: number },
): { start: number; end: number } {
  return { start: text.start(start), end: text.end(end - 1) };
}

/** The anchor of identifiers that mix letters and digits. */
export const alnumAnchor: Anchor = {
  present: (text, from) => hasDigits(text, from, minDigits),

  openFrom({ text }, from) {
    const { length } = text;
    let start = length;
    while (start > from && length - start <= maxLength && isAsciiWord(text, start - 1)) start--;
    // Longer than any token: what has begun inside it can no longer become one.
    const growing = length - start > maxLength ? length : start;
    let at = Math.max(from, length - maxLength - alnumLookAhead);
    while (at > from && isAsciiWord(text, at - 1) && length - at < maxLength * 3) at--;
    for (; at < growing; at++) {
      if (!isAsciiWord(text, at)) continue;
      const begin = at;
      while (at < growing && isAsciiWord(text, at)) at++;
      const settled = at + alnumLookAhead <= length;
      if (settled || at - begin < minLength || at - begin > maxLength) continue;
      if (digitCount(text.slice(begin, at)) >= minDigits) return begin;
    }
    return growing;
  },
};
