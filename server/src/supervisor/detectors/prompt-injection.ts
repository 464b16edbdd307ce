import { type Vocabulary, lazily, wordAfter, wordBefore } from '../context.ts';
import { type Anchor, type Detector, type Finding, detectorName } from '../finding.ts';
import type { NormalText } from '../normalise.ts';
import { spanOf } from '../number.ts';
import { type Phrase, delimiters, phrases } from './injection-phrases.ts';

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
    present: (text, from) => firstAt(text, from) !== undefined,
    openFrom(text, from) {
      const { length } = text.text;
      const open = openWord(text, Math.max(from, length - longestFirst + 1));
      const reach = Math.max(from, length - longest);
      return Math.min(open, firstAt(text, reach) ?? length);
    },
  } satisfies Anchor,
  detect: (text) => [...matches(text)],
};

const longestFirst = 40;

/** First words of all phrases, and the marks: where a finding can begin; and how they begin. */
const beginnings = lazily(() => {
  const first = phrases.flatMap((phrase) => phrase.steps[0]?.words ?? []);
  const words = [...new Set([...first, ...delimiters.map(({ word }) => word)])];
  const prefixes = new Set<string>();
  for (const word of words) {
    for (let length = 1; length < word.length; length++) prefixes.add(word.slice(0, length));
  }
  return { words, prefixes };
});

/** The first index at or after `from` at which a beginning stands. */
function firstAt(text: NormalText, from: number): number | undefined {
  const tail = text.text.slice(from).toLowerCase();
  let first: number | undefined;
  for (const word of beginnings().words) {
    const at = tail.indexOf(word);
    if (at >= 0 && (first === undefined || from + at < first)) first = from + at;
  }
  return first;
}

/** Where a beginning may be growing at the end of the text. */
function openWord(text: NormalText, from: number): number {
  const { prefixes } = beginnings();
  const tail = text.text.slice(from).toLowerCase();
  for (let at = 0; at < tail.length; at++) {
    if (prefixes.has(tail.slice(at))) return from + at;
  }
  return text.text.length;
}

function* matches(text: NormalText): Generator<Finding> {
  for (const phrase of phrases) yield* phraseMatches(text, phrase);
  for (const { word, score } of delimiters) {
    for (let at = text.lower.indexOf(word); at >= 0; at = text.lower.indexOf(word, at + 1)) {
      const place = { start: at, end: at + word.length };
      yield { ...spanOf(text, place), kind: 'attack.delimiter_spoofing', score, detector: name };
    }
  }
}

function* phraseMatches(text: NormalText, phrase: Phrase): Generator<Finding> {
  const [first, ...rest] = phrase.steps;
  for (const word of first?.words ?? []) {
    for (let at = text.lower.indexOf(word); at >= 0; at = text.lower.indexOf(word, at + 1)) {
      if (isInsideWord(text.lower, at, word)) continue;
      let end: number | undefined = at + word.length;
      for (const step of rest)
        end = end === undefined ? undefined : follow(text, end, step, phrase.gap);
      if (end === undefined) continue;
      const place = { start: at, end };
      const score = isTalk(text, place, phrase.unless) ? talking : phrase.score;
      yield { ...spanOf(text, place), kind: phrase.kind, score, detector: name };
    }
  }
}

/** The end of the nearest word of a step that begins within the gap. */
function follow(text: NormalText, from: number, step: Vocabulary, gap: number): number | undefined {
  const next = wordAfter(text, from, step, gap + 36);
  if (next === undefined || next.distance > gap) return undefined;
  return from + next.distance + next.length;
}

function isInsideWord(lower: string, at: number, word: string): boolean {
  const letter = (place: number): boolean => /[a-zà-ỹ]/.test(lower[place] ?? ' ');
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
