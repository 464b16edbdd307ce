import { isLetter } from './spacing.ts';

/**
 * What a few quick looks at a text say may be encoded in it. A wrong yes costs time, a wrong no is
 * a bug. All of ordinary text pays for this, so the looks skip what they can: a run of 16 units
 * cannot hide between every sixteenth one.
 */
export interface Signs {
  /** Long runs of letters and digits. */
  readonly packed: boolean;
  /** Bytes in hexadecimal or binary, together or apart. */
  readonly bytes: boolean;
  readonly escaped: boolean;
  /** Letters that look like others. */
  readonly strange: boolean;
  /** Letters that stand alone, one after the other. */
  readonly apart: boolean;
  /** Digits and marks inside words. */
  readonly mixed: boolean;
  readonly morse: boolean;
}

const longRun = 16;
const bytesBlock = 8;
const apartBlock = 4;
const mixedPlaces = 2;

const strange = /[\u0131\u0250-\u058f\u1d00-\u1d7f\u2800-\u283f\ua730\ua731\ud83c]/;
/** The marks first, because they are rare in ordinary text. */
const marked = /[013457@$!|][A-Za-z]/;
const mixed = /[A-Za-z][013457@$!|](?=[A-Za-z])|(?<![A-Za-z0-9])[013457@$!|](?=[A-Za-z]{2})/g;
const morse = /[.-]{1,5}(?:[ /|\n]{1,8}[.-]{1,5}){5}/;
const percent = /%[0-9A-Fa-f]{2}/;
const backslash = /\\[ux]/;
const ampersand = /&[#a-z]/;

export function signsOf(text: string): Signs {
  return {
    packed: holdsRun(text),
    bytes: holdsBytes(text),
    escaped:
      (text.includes('%') && percent.test(text)) ||
      (text.includes('\\') && backslash.test(text)) ||
      (text.includes('&') && ampersand.test(text)),
    strange: strange.test(text),
    apart: holdsApart(text),
    mixed: marked.test(text) && holdsMixed(text),
    morse: morse.test(text),
  };
}

function isPacked(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 45 && code <= 57) ||
    code === 43 ||
    code === 61 ||
    code === 95
  );
}

/** Whether the units around some sixteenth one are a run of one alphabet. */
function holdsRun(text: string): boolean {
  for (let at = longRun - 1; at < text.length; at += longRun) {
    if (!isPacked(text.charCodeAt(at))) continue;
    let from = at;
    while (from > at - longRun && isPacked(text.charCodeAt(from - 1))) from--;
    let to = at + 1;
    while (to - from < longRun && to < text.length && isPacked(text.charCodeAt(to))) to++;
    if (to - from >= longRun) return true;
  }
  return false;
}

function isByteUnit(code: number): boolean {
  return (
    (code >= 48 && code <= 58) ||
    (code >= 97 && code <= 102) ||
    (code >= 65 && code <= 70) ||
    code === 32 ||
    code === 10 ||
    code === 44 ||
    code === 45 ||
    code === 120
  );
}

/** Whether some eighth unit begins eight of which bytes in hexadecimal or binary are written. */
function holdsBytes(text: string): boolean {
  for (let at = 0; at + bytesBlock <= text.length; at += bytesBlock) {
    let to = at;
    while (to < at + bytesBlock && isByteUnit(text.charCodeAt(to))) to++;
    if (to === at + bytesBlock) return true;
  }
  return false;
}

/** Whether letters and one and the same mark take turns somewhere. */
function holdsApart(text: string): boolean {
  for (let at = 0; at + apartBlock <= text.length; at += apartBlock) {
    const even = text.charCodeAt(at) === text.charCodeAt(at + 2);
    if (!even && text.charCodeAt(at + 1) !== text.charCodeAt(at + 3)) continue;
    const first = isLetter(text, at);
    if (
      first !== isLetter(text, at + 1) &&
      first === isLetter(text, at + 2) &&
      first !== isLetter(text, at + 3) &&
      (first || even)
    ) {
      return true;
    }
  }
  return false;
}

function holdsMixed(text: string): boolean {
  let places = 0;
  for (const _ of text.matchAll(mixed)) if (++places >= mixedPlaces) return true;
  return false;
}
