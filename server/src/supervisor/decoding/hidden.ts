import { type Layer, LayerBuilder, type View } from './layer.ts';
import { readText } from './run.ts';

const tagHigh = 0xdb40;
const leastSelectors = 4;

/** Whether a text holds characters that nobody sees and a tokenizer reads. */
export function hidesText(text: string): boolean {
  return text.includes('\udb40') || /[\ufe00-\ufe0f]{4}/.test(text);
}

/**
 * Text in characters that are not drawn: the tag block, whose units mirror ASCII, and runs of
 * variation selectors, of which there are 256 and which so hold bytes.
 */
export function openHidden(view: View): Layer | undefined {
  const { text } = view;
  const builder = new LayerBuilder(view);
  let at = 0;
  while (at < text.length) {
    const low = text.charCodeAt(at + 1);
    if (text.charCodeAt(at) === tagHigh && low >= 0xdc20 && low <= 0xdc7e) {
      builder.replace(at, at + 2, String.fromCharCode(low - 0xdc00), 'tags');
      at += 2;
      continue;
    }
    const from = at;
    const bytes: number[] = [];
    for (let next = selectorAt(text, at); next !== undefined; next = selectorAt(text, at)) {
      bytes.push(next.byte);
      at += next.units;
    }
    const decoded =
      bytes.length < leastSelectors ? undefined : readText(Buffer.from(bytes), leastSelectors);
    if (decoded !== undefined) builder.replace(from, at, decoded, 'variation_selectors');
    if (at === from) at++;
  }
  return builder.finish();
}

function selectorAt(text: string, at: number): { byte: number; units: number } | undefined {
  const code = text.charCodeAt(at);
  if (code >= 0xfe00 && code <= 0xfe0f) return { byte: code - 0xfe00, units: 1 };
  const low = text.charCodeAt(at + 1);
  // Asked so that half a pair at the end of a text, whose other half is NaN, is none.
  if (code !== tagHigh || !(low >= 0xdd00 && low <= 0xddef)) return undefined;
  return { byte: low - 0xdd00 + 16, units: 2 };
}
