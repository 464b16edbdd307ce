import { type Run, readText } from './run.ts';

const leastUnits = 16;

function valueOf(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 65 && code <= 90) return code - 65;
  return code >= 50 && code <= 55 ? code - 24 : -1;
}

/** Base32 in capitals (RFC 4648, section 6), with or without padding. */
export function* base32Runs(text: string): Generator<Run> {
  let done = 0;
  // No run of so many units lies between two places that are so far apart.
  for (let place = leastUnits - 1; place < text.length; place += leastUnits) {
    if (place < done || valueOf(text, place) < 0) continue;
    let from = place;
    while (from > done && valueOf(text, from - 1) >= 0) from--;
    let at = place + 1;
    while (valueOf(text, at) >= 0) at++;
    done = at;
    if (at - from < leastUnits) continue;
    const decoded = readText(decode(text, from, at));
    let to = at;
    while (text[to] === '=' && to - at < 6) to++;
    if (decoded !== undefined) yield { from, to, text: decoded, encoding: 'base32' };
    done = to;
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
