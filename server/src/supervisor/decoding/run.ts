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

/**
 * The text that bytes hold: UTF-8, or UTF-16 as one vendor's shell writes it. What follows the
 * first byte that no text has is left out.
 * @param least bytes that must be text from the beginning
 */
export function readText(bytes: Buffer, least: number = leastBytes): string | undefined {
  if (bytes.length < least) return undefined;
  if (isWide(bytes)) return bytes.toString('utf16le');
  const head = bytes.subarray(0, headBytes).toString('utf8');
  if (Buffer.byteLength(head.slice(0, soundUnits(head))) < least) return undefined;
  const whole = bytes.toString('utf8');
  return whole.slice(0, soundUnits(whole));
}

function isWide(bytes: Buffer): boolean {
  if (bytes.length < 8 || bytes.length % 2 !== 0) return false;
  for (let at = 0; at < Math.min(bytes.length, headBytes); at += 2) {
    const low = bytes[at] ?? 0;
    if (bytes[at + 1] !== 0 || low < 9 || low > 126) return false;
  }
  return true;
}

/** Units before the first one that no text has. */
function soundUnits(text: string): number {
  let at = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const control = (code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 127;
    if (control || code === 0xfffd || (code >= 0x80 && code < 0xa0)) return at;
  }
  return at;
}

export function isHexDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
