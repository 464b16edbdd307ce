import { type Vocabulary, vocabulary } from '../context.ts';

/**
 * What attacks on instructions say, as steps that follow one another within a few words. Data:
 * the matcher knows no language.
 */
export interface Phrase {
  readonly kind: 'attack.prompt_injection' | 'attack.system_prompt_extraction' | 'attack.jailbreak';
  readonly score: number;
  readonly steps: readonly Vocabulary[];
  /** Units that may stand between two steps. */
  readonly gap: number;
  /** Words between or directly around the steps that make it talk about the matter: score 30. */
  readonly unless?: Vocabulary;
  /** The script it is written in instead of its language's own. */
  readonly through?: 'romaji' | 'kana' | 'katakana';
}

export const injection = 'attack.prompt_injection';
export const extraction = 'attack.system_prompt_extraction';
export const jailbreak = 'attack.jailbreak';

/** Words that turn an instruction into advice against it. */
export const negations = vocabulary(
  "don't",
  'do not',
  'never',
  'must not',
  'should not',
  "shouldn't",
  'not to',
  'cannot',
  "can't",
  'without',
  'しないで',
  'しないよう',
  'せず',
  'してはいけ',
  'してはなら',
  'しては',
  'されない',
  'できない',
  'jangan',
  'đừng',
  'อย่า',
);
