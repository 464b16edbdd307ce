import type { NormalText } from '../normalise.ts';

/** Units of a sentence that are read, from its beginning: what it does stands there. */
export const sentenceUnits = 160;

export interface Sentence {
  readonly start: number;
  /** Exclusive: behind the mark that ends it, or behind what is read of it. */
  readonly end: number;
}

/**
 * The beginnings of sentences, each known as soon as the unit behind it is: at most `sentenceUnits`
 * of each. Whether a place is an end depends on one unit before it and one behind it, so that a
 * stream and a whole text are divided alike.
 */
export function* sentencesOf({ text }: NormalText): Generator<Sentence> {
  let start = 0;
  let told = false;
  for (let at = 0; at < text.length; at++) {
    if (start === at && isBlank(text.charCodeAt(at))) {
      start = at + 1;
      continue;
    }
    const ends = isEnd(text, at);
    const last = at + 1 === text.length;
    if (!told && (ends || last || at + 1 - start === sentenceUnits)) {
      yield { start, end: at + 1 };
      told = true;
    }
    if (!ends) continue;
    start = at + 1;
    told = false;
  }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

function isThai(code: number): boolean {
  return code >= 0xe01 && code <= 0xe4f;
}

function isEnd(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // 。 ! ? and a line break end a sentence wherever they stand.
  if (code === 0x3002 || code === 33 || code === 63 || code === 10) return true;
  if (at + 1 === text.length) return false;
  const next = text.charCodeAt(at + 1);
  if (code === 46) return isBlank(next);
  // Thai ends its sentences with a blank.
  return code === 32 && isThai(next) && at > 0 && isThai(text.charCodeAt(at - 1));
}
