import { type Run, readText } from './run.ts';

const leastUnits = 16;

function valueOf(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 65 && code <= 90) return code - 65;
  return code >= 50 && code <= 55 ? code - 24 : -1;
}

/** Base32 in capitals (RFC 4648, section 6), with or without padding. */
export function* base32Runs(text: string): Generator<Run> {
  let at = 0;
  while (at < text.length) {
    const from = at;
    while (valueOf(text, at) >= 0) at++;
    if (at - from < leastUnits) {
      at = Math.max(at, from + 1);
      continue;
    }
    const decoded = readText(decode(text, from, at));
    let to = at;
    while (text[to] === '=' && to - at < 6) to++;
    if (decoded !== undefined) yield { from, to, text: decoded, encoding: 'base32' };
    at = to;
  }
}

function decode(text: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.floor(((to - from) * 5) / 8));
  let bits = 0;
  let count = 0;
  let filled = 0;
  for (let at = from; at < to; at++) {
    bits = ((bits << 5) | valueOf(text, at)) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes[filled++] = (bits >> count) & 0xff;
  }
  return bytes;
}
