// Every data set the models learn from, are tuned on and are tested on: what its licence is, which
// part it plays in which task, and how its items are read. A set plays one part in a task, and sets
// that share sentences (translations, collections of the same origin) are one family.
import { attackSets } from './sources/attacks.mjs';
import { harmSets } from './sources/harms.mjs';
import { ordinarySets } from './sources/ordinary.mjs';

/**
 * `attack`, `harm` and `answer` name the part: train, validate, test, or seen for copies of what is
 * trained on; without one a set is not used in the task.
 */
export const sources = [...attackSets, ...harmSets, ...ordinarySets];

/** The items of a source that are long enough to say something, each once. */
export function itemsOf(source) {
  const seen = new Set();
  return source.items().filter(({ text }) => {
    const fresh = typeof text === 'string' && text.trim().length >= 4 && !seen.has(text);
    seen.add(text);
    return fresh;
  });
}
