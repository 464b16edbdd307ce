import type { Encoding } from './encoding.ts';

/** A piece of a text that means another one. Indexes are of the text it was looked for in. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly encoding: Encoding;
}

/** Fewer bytes than this say nothing: chance would read them too. */
const leastBytes = 8;
/** As much is read first, because most runs are no text and show it at once. */
const headBytes = 64;

/** What no text has: controls, and bytes that are no UTF-8. */
// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const unsound = /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/g;

/** Of so many units one may be unsound: a byte put in between must not hide a text. */
const mostlySound = 8;

/**
 * The text that bytes hold: UTF-8, or UTF-16 as one vendor's shell writes it. The few units that no
 * text has become blanks; where they are many, it is none.
 * @param least bytes that must be text at the beginning
 */
export function readText(bytes: Buffer, least: number = leastBytes): string | undefined {
  if (bytes.length < least) return undefined;
  if (isWide(bytes)) return bytes.toString('utf16le');
  const head = bytes.subarray(0, headBytes).toString('utf8');
  const bad = head.match(unsound)?.length ?? 0;
  if (bad * mostlySound > head.length || head.length - bad < least) return undefined;
  return bytes.toString('utf8').replaceAll(unsound, ' ');
}

function isWide(bytes: Buffer): boolean {
  if (bytes.length < 8 || bytes.length % 2 !== 0) return false;
  for (let at = 0; at < Math.min(bytes.length, headBytes); at += 2) {
    const low = bytes[at] ?? 0;
    if (bytes[at + 1] !== 0 || low < 9 || low > 126) return false;
  }
  return true;
}

export function isHexDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
