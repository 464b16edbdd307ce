import { type Run, isHexDigit, readText } from './run.ts';

const leastBytes = 8;

/** Bytes in hexadecimal, written together or apart: `69676e`, `69 67 6e`, `0x69, 0x67`. */
export function* hexRuns(text: string): Generator<Run> {
  let at = 0;
  while (at < text.length) {
    if (!isHexDigit(text, at)) {
      at++;
      continue;
    }
    const { to, count, next } = readDigits(text, at);
    const digits = count < leastBytes * 2 ? '' : digitsIn(text, at, to);
    if (digits !== '' && isLikely(digits)) {
      const decoded = readText(Buffer.from(digits, 'hex'));
      if (decoded !== undefined) yield { from: at, to, text: decoded, encoding: 'hex' };
    }
    at = next;
  }
}

/**
 * Groups of whole bytes with at most a mark and a blank between them.
 * @returns `next`: where to look on, also behind a group that is no whole bytes
 */
function readDigits(text: string, from: number): { to: number; count: number; next: number } {
  let count = 0;
  let to = from;
  let at = from;
  for (;;) {
    const begin = text[at] === '0' && text[at + 1] === 'x' ? at + 2 : at;
    let end = begin;
    while (isHexDigit(text, end)) end++;
    const whole = end > begin && (end - begin) % 2 === 0;
    if (whole) {
      count += end - begin;
      to = end;
    }
    at = end;
    if (whole && ':,-'.includes(text[at] ?? '.')) at++;
    if (whole && (text[at] === ' ' || text[at] === '\n')) at++;
    if (!whole || at === end) return { to, count, next: Math.max(end, from + 1) };
  }
}

/** The digits of groups of bytes, without the marks between them and what announces them. */
function digitsIn(text: string, from: number, to: number): string {
  return text.slice(from, to).replaceAll(/0x|[^0-9A-Fa-f]/g, '');
}

/** Letters are written with some of a to f; digits alone are a number unless they spell digits. */
function isLikely(digits: string): boolean {
  return /[a-f]/i.test(digits) || /^(?:3[0-9]|2[0d]){11,64}$/i.test(digits);
}

/** Bytes in binary: eight of 0 and 1, together or with a blank between them. */
export function* binaryRuns(text: string): Generator<Run> {
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) >> 1 !== 24) {
      at++;
      continue;
    }
    const from = at;
    const bytes: number[] = [];
    let to = at;
    for (let byte = byteAt(text, at); byte !== undefined; byte = byteAt(text, at)) {
      bytes.push(byte);
      to = at + 8;
      at = text[to] === ' ' || text[to] === '\n' ? to + 1 : to;
    }
    const decoded = bytes.length < 6 ? undefined : readText(Buffer.from(bytes), 6);
    if (decoded !== undefined) yield { from, to, text: decoded, encoding: 'binary' };
    at = Math.max(at, from + 1);
  }
}

function byteAt(text: string, from: number): number | undefined {
  let byte = 0;
  for (let at = from; at < from + 8; at++) {
    const code = text.charCodeAt(at);
    if (code !== 48 && code !== 49) return undefined;
    byte = byte * 2 + code - 48;
  }
  return byte;
}
