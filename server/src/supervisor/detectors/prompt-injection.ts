import { type Vocabulary, wordAfter, wordBefore } from '../context.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import { createLexicon, lazily } from '../lexicon.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';
import type { Phrase } from './injection-phrase.ts';
import { delimiters, phrases } from './injection-phrases.ts';

const name = detectorName({ id: 'prompt-injection', version: 1 });
/** The longest phrase: three words of up to 36 units, two gaps, and what may stand behind it. */
const around = 14;
const longest = 3 * 36 + 2 * 40 + around;
const talking = 30;

/**
 * Attempts to change what a model was told, or to learn it, by what they say. A first net: it knows
 * phrases, not meanings.
 */
export const promptInjection: Detector = {
  id: 'prompt-injection',
  version: 1,
  kinds: [
    {
      kind: 'attack.prompt_injection',
      title: { en: 'Instruction that overrides instructions', ja: '指示を書き換えようとする文' },
    },
    {
      kind: 'attack.system_prompt_extraction',
      title: {
        en: "Request for the model's instructions",
        ja: 'モデルへの指示を聞き出そうとする文',
      },
    },
    {
      kind: 'attack.jailbreak',
      title: { en: 'Role-play that lifts restrictions', ja: '制限を外そうとする役割演技' },
    },
    {
      kind: 'attack.delimiter_spoofing',
      title: { en: 'Marks that pretend another speaker', ja: '別の発言者を装う区切り記号' },
    },
  ],
  maxSpan: longest,
  anchor: {
    present: (text, from) => beginnings.firstAt(text.lower, from) !== undefined,
    openFrom(text, from) {
      const { length } = text.text;
      const open = beginnings.openFrom(text.lower, from);
      const reach = Math.max(from, length - longest);
      return Math.min(open, beginnings.firstAt(text.lower, reach) ?? length);
    },
  } satisfies Anchor,
  detect: (text) => [...matches(text)],
};

/** What begins with a word: phrases whose first step it is, or a mark. */
interface Beginning {
  readonly phrases: readonly Phrase[];
  readonly mark: number | undefined;
}

const byFirstWord = lazily((): ReadonlyMap<string, Beginning> => {
  const found = new Map<string, { phrases: Phrase[]; mark: number | undefined }>();
  const entry = (word: string): { phrases: Phrase[]; mark: number | undefined } => {
    const known = found.get(word) ?? { phrases: [], mark: undefined };
    found.set(word, known);
    return known;
  };
  for (const phrase of phrases) {
    for (const word of phrase.steps[0]?.words ?? []) entry(word).phrases.push(phrase);
  }
  for (const { word, score } of delimiters) entry(word).mark = score;
  return found;
});
const beginnings = createLexicon(() => [...byFirstWord().keys()]);

function* matches(text: NormalText): Generator<Finding> {
  for (const { at, word } of beginnings.scan(text.lower)) {
    const beginning = byFirstWord().get(word);
    if (beginning?.mark !== undefined) {
      const place = spanOf(text, { start: at, end: at + word.length });
      const kind = 'attack.delimiter_spoofing';
      yield { ...place, kind, score: beginning.mark, detector: name };
    }
    if (isInsideWord(text.lower, at, word)) continue;
    for (const phrase of beginning?.phrases ?? []) {
      let end: number | undefined = at + word.length;
      for (const step of phrase.steps.slice(1)) {
        end = end === undefined ? undefined : follow(text, end, step, phrase.gap);
      }
      if (end === undefined) continue;
      const score = isTalk(text, { start: at, end }, phrase.unless) ? talking : phrase.score;
      const place = spanOf(text, { start: at, end });
      const through = phrase.through === undefined ? {} : { through: phrase.through };
      yield { ...place, kind: phrase.kind, score, detector: name, ...through };
    }
  }
}

/** The end of the nearest word of a step that begins within the gap, in the same sentence. */
function follow(text: NormalText, from: number, step: Vocabulary, gap: number): number | undefined {
  const next = wordAfter(text, from, step, gap + 36);
  if (next === undefined || next.distance > gap) return undefined;
  if (text.text.slice(from, from + next.distance).includes('。')) return undefined;
  return from + next.distance + next.length;
}

function isInsideWord(lower: string, at: number, word: string): boolean {
  const letter = (place: number): boolean =>
    /[a-z\u00e0-\u024f\u1e00-\u1eff]/.test(lower[place] ?? ' ');
  return (
    (letter(at) && letter(at - 1)) || (letter(at + word.length - 1) && letter(at + word.length))
  );
}

/** It speaks of such phrases, or says the opposite: a negation before, between or behind. */
function isTalk(
  text: NormalText,
  { start, end }: { start: number; end: number },
  unless: Vocabulary | undefined,
): boolean {
  if (unless === undefined) return false;
  if (wordBefore(text, start, unless, around) !== undefined) return true;
  const behind = text.lower.slice(start, end + around - 1);
  return (
    unless.words.some((word) => behind.includes(word) && !/^[a-z]/.test(word)) ||
    wordAfter(text, start, unless, end - start) !== undefined
  );
}
