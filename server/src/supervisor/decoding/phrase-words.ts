import { phrases } from '../detectors/injection-phrases.ts';
import { type Lexicon, createLexicon, lazily } from '../lexicon.ts';

const leastUnits = 3;

/** The single words of which phrases of attacks are made, in Latin letters. */
export const phraseWords = lazily((): Lexicon => createLexicon(plainWords));

export function plainWords(): readonly string[] {
  const words = phrases.flatMap(({ steps }) => steps.flatMap((step) => step.words));
  const single = words.flatMap((word) => word.split(' '));
  return [...new Set(single.filter((word) => word.length >= leastUnits && /^[a-z]+$/.test(word)))];
}
