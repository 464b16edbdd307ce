import type { Level } from './level.ts';
import type { Helpline, SignKind, Texts } from './schema.ts';

/** What a note is about. */
export const noteKinds = [
  'unsupported',
  'contradiction.number',
  'contradiction.year',
  'contradiction.name',
  'contradiction.polarity',
  'kanji',
  'word',
  'sentence_length',
  'topic',
  'one_view',
  'handed_over',
  'caution',
  'scope.above',
  'scope.outside',
  'scope.unsure',
  'safeguarding',
  'failure',
] as const;
export type NoteKind = (typeof noteKinds)[number];

/** The passage or curriculum statement a note rests on. */
export interface Evidence {
  /** Of a passage; null where it is a statement of the curriculum or a rule of the pack. */
  readonly passage: string | null;
  readonly codes: readonly string[];
  /** The sentence or the words that show it, from the pack. */
  readonly text: string;
  /** Title and place, as a reader would look it up. */
  readonly place: string;
}

/** One thing the school's supervision saw, in the question or the answer. */
export interface SchoolNote {
  readonly kind: NoteKind;
  /** UTF-16 units of the text it is about. */
  readonly start: number;
  readonly end: number;
  readonly level: Level;
  /** Of the pack (`topic/…`, `views/…`, `caution/…`) or built in (`kanji-above-grade`). */
  readonly rule: string;
  readonly evidence: Evidence | null;
  /** What pupil and teacher are told. */
  readonly text: Texts;
  /** A reading in kana, or a simpler wording, where one is known. */
  readonly offer?: { readonly reading?: string; readonly simpler?: string };
}

/** Where a pupil can turn to, whatever a machine says. */
export interface Signs {
  readonly kinds: readonly SignKind[];
  readonly helplines: readonly Helpline[];
}
