import type { Run } from './run.ts';

/** No two parts can begin alike, so that nothing is tried twice. */
const escape =
  /(?:%[0-9A-Fa-f]{2})+|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#[0-9]{1,7};?|&#[xX][0-9A-Fa-f]{1,6};?|&(?:lt|gt|amp|quot|apos|nbsp|colon|lpar|rpar|lbrack|rbrack|excl|sol|period|comma|num);/g;

const named: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  colon: ':',
  lpar: '(',
  rpar: ')',
  lbrack: '[',
  rbrack: ']',
  excl: '!',
  sol: '/',
  period: '.',
  comma: ',',
  num: '#',
};

/** Escapes of addresses, of program text and of HTML, each where it stands. */
export function* escapeRuns(text: string): Generator<Run> {
  for (const match of text.matchAll(escape)) {
    const [found] = match;
    const run = { from: match.index, to: match.index + found.length };
    if (found.startsWith('%')) {
      const decoded = Buffer.from(found.replaceAll('%', ''), 'hex').toString('utf8');
      // One byte that is no text must not hide what stands beside it.
      yield { ...run, text: decoded.replaceAll('\ufffd', ' '), encoding: 'percent' };
      continue;
    }
    const encoding = found.startsWith('&') ? 'html_entity' : 'unicode_escape';
    const decoded = named[found.slice(1, -1)] ?? characterOf(found);
    if (decoded !== undefined) yield { ...run, text: decoded, encoding };
  }
}

function characterOf(found: string): string | undefined {
  const [, hex, decimal] = /^(?:\\[ux]\{?|&#[xX])([0-9A-Fa-f]+)|^&#([0-9]+)/.exec(found) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
