import { lazily } from '../lexicon.ts';
import { type Layer, LayerBuilder, type View } from './layer.ts';

const letters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  '+': 't',
};
const longest = 24;

function isAsciiLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 32;
  return code >= 97 && code <= 122;
}

const marks = lazily((): Uint8Array => {
  const table = new Uint8Array(128);
  for (const mark of Object.keys(letters)) table[mark.charCodeAt(0)] = 1;
  return table;
});

function isMember(text: string, at: number): boolean {
  return isAsciiLetter(text, at) || marks()[text.charCodeAt(at)] === 1;
}

/** Digits and marks as the letters they are drawn like, in words that mix both. */
export function openLeetspeak(view: View): Layer | undefined {
  const { text } = view;
  const builder = new LayerBuilder(view);
  let at = 0;
  while (at < text.length) {
    if (!isMember(text, at)) {
      at++;
      continue;
    }
    const from = at;
    let drawn = 0;
    for (; isMember(text, at); at++) if (!isAsciiLetter(text, at)) drawn++;
    // Most words are letters alone.
    if (drawn === 0) continue;
    let to = at;
    while (to > from && '!|+'.includes(text.charAt(to - 1))) to--;
    const word = text.slice(from, Math.min(to, from + longest + 1));
    if (word.length > longest || !/[a-z]/i.test(word) || /^[a-z]+$/i.test(word)) continue;
    for (let unit = from; unit < to; unit++) {
      const letter = letterAt(text, unit, { from, to });
      if (letter !== undefined) builder.replace(unit, unit + 1, letter, 'leetspeak');
    }
  }
  return builder.finish();
}

/** A 1 is an i, and two of them at the end of a word are two l. */
function letterAt(
  text: string,
  at: number,
  { from, to }: { readonly from: number; readonly to: number },
): string | undefined {
  const double = text.slice(to - 2, to) === '11' && to - from > 2 && at >= to - 2;
  return double ? 'l' : letters[text.charAt(at)];
}
