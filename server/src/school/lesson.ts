import type { Level, SchoolDecision } from './level.ts';
import type { SchoolNote, Signs } from './note.ts';

/** For whom and under which settings something is checked. */
export interface Lesson {
  /** Year of schooling: see the pack's `years`. */
  readonly year: number;
  /** A subject of the pack, where the teacher set one. */
  readonly subject: string | null;
  /** Hints and questions back instead of solutions. */
  readonly scaffold: boolean;
}

/** What was done so far in a conversation, given back by each check and handed to the next. */
export interface ConversationState {
  /** Never falls. */
  readonly level: Level;
  /** Rules that have found something, with the number of turns in which they did. */
  readonly seen: Readonly<Record<string, number>>;
}

export const freshConversation: ConversationState = { level: 0, seen: {} };

export type Scope = 'inside' | 'above' | 'outside' | 'unsure';

/** A code the text may be about. */
export interface CodeMatch {
  readonly code: string;
  /** From 0 to 1, comparable within one search alone. */
  readonly score: number;
  readonly years: readonly number[];
  readonly subject: string | null;
}

export interface QuestionCheck {
  readonly scope: Scope;
  /** The likeliest subject, where one is clear enough. */
  readonly subject: string | null;
  /** Best first; five at most. */
  readonly codes: readonly CodeMatch[];
  readonly level: Level;
  readonly notes: readonly SchoolNote[];
  /** Signs of need: a person has to look, and the pupil is told where to turn to. */
  readonly signs: Signs | null;
  readonly conversation: ConversationState;
}

export interface AnswerCheck {
  readonly level: Level;
  readonly decision: SchoolDecision;
  readonly codes: readonly string[];
  readonly notes: readonly SchoolNote[];
  /** Why the model is asked again, in words for a model; null below `rewrite`. */
  readonly again: string | null;
  readonly conversation: ConversationState;
}

/** A country pack made ready for checking. Pure: the same text gives the same notes. */
export interface SchoolSupervisor {
  /** `jp 2026.1`, and the hash that every decision names. */
  readonly pack: { readonly id: string; readonly version: string; readonly hash: string };
  /** @throws SchoolError `year_unknown` */
  yearOf(grade: string | number): number;
  question(lesson: Lesson, question: string, before?: ConversationState): QuestionCheck;
  answer(
    lesson: Lesson,
    said: { readonly question: string; readonly answer: string },
    before?: ConversationState,
  ): AnswerCheck;
}
