import { phraseWords } from './phrase-words.ts';
import { type Layer, LayerBuilder, type View } from './layer.ts';

const marks = ' .-_*|,/\n・·~';
const leastLetters = 5;
/** Of a script without blanks between words, fewer letters make a sentence. */
const leastIdeographs = 4;
const widestGap = 4;

export function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return (code >= 0xc0 && code < 0x2000) || (code >= 0x3041 && code !== 0x30fb && code < 0xff00);
}

function isAlone(text: string, at: number): boolean {
  return isLetter(text, at) && !isLetter(text, at - 1) && !isLetter(text, at + 1);
}

/** Letters that stand apart, `i g n o r e` or one below the other, written together again. */
export function closeSpacing(view: View): Layer | undefined {
  const { text } = view;
  const builder = new LayerBuilder(view);
  let at = 0;
  while (at < text.length) {
    if (!isAlone(text, at)) {
      at++;
      continue;
    }
    const letters = readApart(text, at);
    const last = letters.at(-1)?.at ?? at;
    const least = text.charCodeAt(at) < 0x80 ? leastLetters : leastIdeographs;
    if (letters.length >= least) close(builder, text, letters);
    at = last + 1;
  }
  return builder.finish();
}

interface Letter {
  readonly at: number;
  /** What stands before it is wider than what stands between the letters of a word. */
  readonly begins: boolean;
}

/** Letters with one and the same mark between them; wider gaps of blanks are between words. */
function readApart(text: string, from: number): readonly Letter[] {
  const letters: Letter[] = [{ at: from, begins: true }];
  const mark = text[from + 1] ?? '';
  if (!marks.includes(mark) || mark === '') return letters;
  let at = from;
  for (;;) {
    let next = at + 1;
    while (next - at <= widestGap && (text[next] === mark || text[next] === ' ')) next++;
    if (next === at + 1 || !isAlone(text, next)) return letters;
    letters.push({ at: next, begins: next - at > 2 || text[at + 1] !== mark });
    at = next;
  }
}

/** Words of attacks are told apart even where no wider gap does it. */
function close(builder: LayerBuilder, text: string, letters: readonly Letter[]): void {
  const joined = letters.map(({ at }) => text.charAt(at)).join('');
  const edges = new Set<number>();
  let done = 0;
  let best: { at: number; length: number } | undefined;
  for (const { at, word } of phraseWords().scan(joined.toLowerCase())) {
    if (best !== undefined && at > best.at) {
      edges.add(best.at).add(best.at + best.length);
      done = best.at + best.length;
      best = undefined;
    }
    if (at >= done && word.length > (best?.length ?? 0)) best = { at, length: word.length };
  }
  if (best !== undefined) edges.add(best.at).add(best.at + best.length);
  const ascii = joined.charCodeAt(0) < 0x80;
  for (const [index, { at, begins }] of letters.entries()) {
    const blank = index > 0 && ascii && (begins || edges.has(index));
    const from = index === 0 ? at : (letters[index - 1]?.at ?? 0) + 1;
    builder.replace(from, at + 1, `${blank ? ' ' : ''}${text.charAt(at)}`, 'spacing');
  }
}
