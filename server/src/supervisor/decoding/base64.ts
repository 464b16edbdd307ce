import type { Run } from './run.ts';
import { readText } from './run.ts';

const leastUnits = 16;
/** Of them two may be padding. */
const leastFirst = leastUnits - 2;
/** A line of so many units that is all alphabet goes on in the next one. */
const wrappedUnits = 32;
const leastBytes = 11;

function isUnit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 47 && code <= 57) ||
    code === 43 ||
    code === 45 ||
    code === 95
  );
}

/** Base64 (RFC 4648, sections 4 and 5), also wrapped, with or without padding. */
export function* base64Runs(text: string): Generator<Run> {
  let done = 0;
  // No first line of a run lies between two places that are so far apart.
  for (let place = leastFirst - 1; place < text.length; place += leastFirst) {
    if (place < done || !isUnit(text, place)) continue;
    let at = place;
    while (at > done && isUnit(text, at - 1)) at--;
    const lines = readLines(text, at);
    const end = lines.at(-1)?.to ?? at + 1;
    if (end - at >= leastUnits) {
      const whole = readRun(text, at, end);
      // Where the lines together are nothing, one of them may still be something.
      if (whole !== undefined) yield whole;
      else for (const line of lines) yield* readPieces(text, line.from, line.to);
    }
    done = end;
  }
}

/** The lines of one run; its padding belongs to the last. */
function readLines(text: string, from: number): { from: number; to: number }[] {
  const lines: { from: number; to: number }[] = [];
  let at = from;
  for (;;) {
    const begin = at;
    while (isUnit(text, at)) at++;
    const full = at - begin >= wrappedUnits;
    for (let pad = 0; pad < 2 && text[at] === '='; pad++) at++;
    lines.push({ from: begin, to: at });
    const next = text[at] === '\r' ? at + 2 : at + 1;
    if (!full || text[next - 1] !== '\n' || !isUnit(text, next)) return lines;
    at = next;
  }
}

/** What stands before the run may be glued to it, which moves its four-unit groups. */
function readRun(text: string, from: number, to: number): Run | undefined {
  for (let shift = 0; shift < 4; shift++) {
    const bytes = Buffer.from(text.slice(from + shift, to), 'base64');
    const decoded = readText(bytes, leastBytes);
    if (decoded !== undefined) return { from: from + shift, to, text: decoded, encoding: 'base64' };
  }
  return undefined;
}

/** A path or a list of words has some of the alphabet's marks between its parts. */
function* readPieces(text: string, from: number, to: number): Generator<Run> {
  const whole = readRun(text, from, to);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  let begin = from;
  for (let at = from; at <= to; at++) {
    if (at < to && !'/-_+'.includes(text[at] ?? '')) continue;
    const piece = at - begin >= leastUnits ? readRun(text, begin, at) : undefined;
    if (piece !== undefined) yield piece;
    begin = at + 1;
  }
}
