import type { Run } from './run.ts';

const letters: ReadonlyMap<string, string> = new Map(
  (
    '.- a -... b -.-. c -.. d . e ..-. f --. g .... h .. i .--- j -.- k .-.. l -- m -. n --- o ' +
    '.--. p --.- q .-. r ... s - t ..- u ...- v .-- w -..- x -.-- y --.. z ----- 0 .---- 1 ' +
    '..--- 2 ...-- 3 ....- 4 ..... 5 -.... 6 --... 7 ---.. 8 ----. 9'
  )
    .split(' ')
    .flatMap((code, at, all) => (at % 2 === 0 ? [[code, all[at + 1] ?? '']] : [])),
);
const leastLetters = 6;

function isMark(text: string, at: number): boolean {
  return text[at] === '.' || text[at] === '-';
}

/** International Morse code (ITU-R M.1677-1): blanks between letters, `/` or more between words. */
export function* morseRuns(text: string): Generator<Run> {
  let at = 0;
  while (at < text.length) {
    if (!isMark(text, at)) {
      at++;
      continue;
    }
    const from = at;
    let to = at;
    let decoded = '';
    let count = 0;
    for (;;) {
      const begin = at;
      while (isMark(text, at)) at++;
      const letter = at - begin > 5 ? undefined : letters.get(text.slice(begin, at));
      if (letter === undefined) break;
      decoded += letter;
      count++;
      to = at;
      let gap = at;
      while (gap - at < 8 && ' /|\n'.includes(text[gap] ?? '.')) gap++;
      if (gap === at) break;
      if (gap - at > 1) decoded += ' ';
      at = gap;
    }
    if (count >= leastLetters) yield { from, to, text: decoded.trimEnd(), encoding: 'morse' };
    at = Math.max(at, from + 1);
  }
}
