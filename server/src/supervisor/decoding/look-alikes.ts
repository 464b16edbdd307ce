import { lazily } from '../lexicon.ts';
import { type Layer, LayerBuilder, type View } from './layer.ts';

/** Letters that are drawn like Latin ones: what stands first stands for all that follow it. */
const families = [
  'aаαɑᴀ⠁',
  'bЬʙ⠃',
  'cсϲᴄ⠉',
  'dԁᴅ⠙',
  'eеεєᴇҽ⠑',
  'fғꜰ⠋',
  'gɡԍɢ⠛',
  'hһнʜ⠓',
  'iіıιɪ⠊',
  'jјᴊ⠚',
  'kкκᴋ⠅',
  'lӏʟ⠇',
  'mмᴍ⠍',
  'nпηɴ⠝',
  'oоοσօᴏ⠕',
  'pрρᴘ⠏',
  'qԛ⠟',
  'rгʀ⠗',
  'sѕꜱ⠎',
  'tтτᴛ⠞',
  'uυцսᴜ⠥',
  'vνѵᴠ⠧',
  'wѡԝωᴡ⠺',
  'xхχ⠭',
  'yуγʏ⠽',
  'zᴢ⠵',
  ' ⠀',
  'AАΑ',
  'BВΒ',
  'CСϹ',
  'EЕΕ',
  'FϜ',
  'GԌ',
  'HНΗ',
  'IІΙӀ',
  'JЈ',
  'KКΚ',
  'MМΜ',
  'NΝ',
  'OОΟ',
  'PРΡ',
  'SЅ',
  'TТΤ',
  'VѴ',
  'XХΧ',
  'YҮΥ',
  'ZΖ',
  'WԜ',
  'QԚ',
];
const byLook = lazily(
  (): ReadonlyMap<number, string> =>
    new Map(
      families.flatMap((family) =>
        family
          .slice(1)
          .split('')
          .map((letter) => [letter.charCodeAt(0), family.charAt(0)] as const),
      ),
    ),
);

function isAsciiLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 32;
  return code >= 97 && code <= 122;
}

/** Regional indicators and the letters in dark squares and circles are pairs of units. */
function drawnLetter(text: string, at: number): string | undefined {
  if (text.charCodeAt(at) !== 0xd83c) return undefined;
  const low = text.charCodeAt(at + 1);
  const bases = [0xdde6, 0xdd30, 0xdd50, 0xdd70];
  const base = bases.find((from) => low >= from && low < from + 26);
  return base === undefined ? undefined : String.fromCharCode(97 + low - base);
}

/** Every letter of another script that looks like a Latin one as that one; no marks on letters. */
export function openLookAlikes(view: View): Layer | undefined {
  const { text } = view;
  const builder = new LayerBuilder(view);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x131) continue;
    const drawn = drawnLetter(text, at);
    if (drawn !== undefined) {
      builder.replace(at, at + 2, drawn, 'look_alikes');
      at++;
      continue;
    }
    if (code >= 0x300 && code < 0x370) {
      // Marks heaped on a letter; one that means something was joined to it before.
      builder.replace(at, at + 1, '', 'look_alikes');
      if (isAsciiLetter(text, at + 1)) {
        builder.replace(at + 1, at + 2, text.charAt(at + 1), 'look_alikes');
        at++;
      }
      continue;
    }
    const look = byLook().get(code);
    if (look !== undefined) builder.replace(at, at + 1, look, 'look_alikes');
  }
  return builder.finish();
}
