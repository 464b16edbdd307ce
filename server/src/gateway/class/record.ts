import type { Draft, JsonValue } from '#ledger';
import { type Level, type SchoolDecision, type SchoolNote, decisionOf } from '#school';

/** A note, and whether it is about what the pupil wrote or about the answer. */
export interface LessonNote extends SchoolNote {
  readonly about: 'question' | 'answer';
  /** Which of several answers of one request, from 0; absent for the first. */
  readonly choice?: number;
}

/** What the school's rules decided about one exchange, ready to be recorded. */
export interface LessonRecord {
  /** In the school's own words. */
  readonly lesson: SchoolDecision;
  /** What the passage is taken for, unless other rules decide more strictly. */
  readonly decision: Draft['decision'];
  /** Whatever other rules say: a person has to see it. */
  readonly overrides: boolean;
  readonly rules: readonly string[];
  /** The member `school` of the outcome's verdicts: no text of anybody. */
  readonly verdict: JsonValue;
  /** Sealed with the content, and forgotten with it. */
  readonly fields: Draft['fields'];
}

/** An earlier answer of the model that it was asked to write again. */
export interface LessonDraft {
  readonly texts: readonly string[];
  readonly notes: readonly LessonNote[];
  readonly again: string;
}

/** Everything that is known of a lesson once it has ended. */
export interface LessonFacts {
  readonly class: string;
  readonly pack: {
    readonly id: string;
    readonly version: string;
    readonly hash: string;
    /** Leaf of the entry that published it. */
    readonly leaf: string;
  } | null;
  readonly level: Level;
  readonly year: number | null;
  readonly subject: string | null;
  readonly scope: string | null;
  readonly codes: readonly string[];
  readonly notes: readonly LessonNote[];
  readonly drafts: readonly LessonDraft[];
  /** What the pupil did not get; null where nothing was withheld, or no model was asked. */
  readonly held: readonly string[] | null;
  readonly asked: boolean;
  readonly signs: readonly string[];
  readonly locked: boolean;
  /** What a judge said, where one was asked. */
  readonly judge: JsonValue;
}

const decisions: Readonly<Record<SchoolDecision, Draft['decision']>> = {
  pass: 'allow',
  annotate: 'annotate',
  // No answer ends here: what cannot be mended is held.
  rewrite: 'escalate',
  hold: 'escalate',
  stop: 'block',
};

export function recordOf(facts: LessonFacts): LessonRecord {
  const { level, notes, drafts, held, ...told } = facts;
  const decision = decisionOf(level);
  const rules = rulesOf(notes);
  return {
    lesson: decision,
    decision: decisions[decision],
    overrides: told.signs.length > 0,
    rules: rules.map((rule) => `school/${rule}`),
    verdict: {
      ...told,
      codes: [...told.codes],
      signs: [...told.signs],
      decision,
      rules,
      notes: notes.map(({ kind, level: of, rule, about }) => ({ kind, level: of, rule, about })),
      rewrites: drafts.length,
    },
    fields: {
      ...(held === null ? {} : { 'answer.held': [...held] }),
      ...(drafts.length === 0 ? {} : { 'answer.drafts': json(drafts) }),
      ...(notes.length === 0 ? {} : { 'answer.notes': json(notes) }),
    },
  };
}

/** Rules that did something, the strictest first. */
export function rulesOf(notes: readonly LessonNote[]): readonly string[] {
  const acting = notes.filter(({ level }) => level > 0).toSorted((a, b) => b.level - a.level);
  return [...new Set(acting.map(({ rule }) => rule))];
}

/** Plain data, which the ledger writes with JSON.stringify. */
function json(value: unknown): JsonValue {
  return value as JsonValue;
}

/**
 * Notes with their places in the text that left, where that is not quite the text that was checked:
 * another rule may have masked part of it. What stands nowhere in it is a note on the whole.
 */
export function relocated(
  notes: readonly LessonNote[],
  checked: readonly string[],
  delivered: readonly string[],
): readonly LessonNote[] {
  return notes.map((note) => {
    const [before, after] = [checked[note.choice ?? 0], delivered[note.choice ?? 0]];
    if (note.about === 'question' || before === undefined || before === after) return note;
    const words = before.slice(note.start, note.end);
    const earlier = occurrences(before, words, note.start);
    const at = words === '' ? -1 : sameOccurrence(after ?? '', words, earlier);
    return at === -1
      ? { ...note, start: 0, end: 0 }
      : { ...note, start: at, end: at + words.length };
  });
}

/** How often the words stand in a text before a place. */
function occurrences(text: string, words: string, place: number): number {
  let count = 0;
  if (words === '') return count;
  for (let at = text.indexOf(words); at !== -1 && at < place; at = text.indexOf(words, at + 1)) {
    count++;
  }
  return count;
}

/** Where the words stand for the time after so many; the last time where there are fewer. */
function sameOccurrence(text: string, words: string, earlier: number): number {
  let at = text.indexOf(words);
  for (let count = 0; count < earlier; count++) {
    const next = text.indexOf(words, at + 1);
    if (next === -1) break;
    at = next;
  }
  return at;
}
