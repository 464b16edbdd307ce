import { type Layer, LayerBuilder, type View } from './layer.ts';
import type { Encoding } from './encoding.ts';

/** Letters moved by half of the alphabet. */
export function rot13(text: string): string {
  return mapLetters(text, (place) => (place + 13) % 26);
}

/** Letters counted from the other end of the alphabet. */
export function atbash(text: string): string {
  return mapLetters(text, (place) => 25 - place);
}

export function reversed(text: string): string {
  return Array.from(text).toReversed().join('');
}

function mapLetters(text: string, to: (place: number) => number): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const base = code >= 97 && code <= 122 ? 97 : code >= 65 && code <= 90 ? 65 : undefined;
    out += base === undefined ? text.charAt(at) : String.fromCharCode(base + to(code - base));
  }
  return out;
}

/** The whole text with its letters exchanged. */
export function exchangeLetters(
  view: View,
  encoding: Extract<Encoding, 'rot13' | 'atbash'>,
): Layer | undefined {
  const { text } = view;
  const exchanged = encoding === 'rot13' ? rot13(text) : atbash(text);
  const builder = new LayerBuilder(view);
  for (let at = 0; at < text.length; at++) {
    const letter = exchanged.charAt(at);
    if (letter !== text.charAt(at)) builder.replace(at, at + 1, letter, encoding);
  }
  return builder.finish();
}

/** The whole text from its end, or each of its words from its own. */
export function reverse(view: View, what: 'text' | 'words'): Layer | undefined {
  const { text } = view;
  const builder = new LayerBuilder(view);
  let end = text.length;
  let at = 0;
  if (what === 'text') {
    for (at = end; at > 0; at = end) {
      end = at - unitsBefore(text, at);
      builder.put(end, at, text.slice(end, at), 'reversed');
    }
    return builder.finish('drop');
  }
  while (at < text.length) {
    end = at;
    while (end < text.length && !' \n\t。、.,!?'.includes(text.charAt(end))) end++;
    for (let from = end; from > at;) {
      const units = unitsBefore(text, from);
      builder.put(from - units, from, text.slice(from - units, from), 'reversed');
      from -= units;
    }
    if (end < text.length) builder.put(end, end + 1, text.charAt(end), 'reversed');
    at = end + 1;
  }
  return builder.finish('drop');
}

function unitsBefore(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return code >= 0xdc00 && code < 0xe000 && at > 1 ? 2 : 1;
}
