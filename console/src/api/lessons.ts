import type { Client } from './client.ts';
import { list, number, shape, text, textOrNull } from './shape.ts';

/** A text in whatever languages its pack has. */
export type Texts = Readonly<Record<string, string>>;

export interface LessonNote {
  readonly kind: string;
  readonly about: 'question' | 'answer';
  /** UTF-16 units of the text it is about. */
  readonly start: number;
  readonly end: number;
  readonly level: number;
  readonly rule: string;
  readonly evidence: {
    readonly codes: readonly string[];
    readonly text: string;
    readonly place: string;
  } | null;
  readonly text: Texts;
  readonly reading: string;
  readonly simpler: string;
}

export type LessonState = 'given' | 'held' | 'released' | 'refused';

/** What became of a pupil's question. */
export interface Lesson {
  readonly passage: string;
  readonly state: LessonState;
  readonly codes: readonly string[];
  readonly notes: readonly LessonNote[];
  readonly answer: string | null;
  /** Of the teacher, to the pupil. */
  readonly words: string | null;
  readonly contested: boolean;
  readonly locked: boolean;
  readonly contentState: string;
}

/** @throws ApiFailure `not_found` for what is nobody's lesson, or another's */
export async function fetchLesson(client: Client, id: string): Promise<Lesson> {
  const found = shape(await client.json(`/api/passages/${encodeURIComponent(id)}/lesson`));
  return {
    passage: text(found['passage'], id),
    state: readState(found['state']),
    codes: list(found['codes'], (code) => text(code)),
    notes: readNotes(found['notes']),
    answer: textOrNull(found['answer']),
    words: textOrNull(found['words']),
    contested: found['contested'] === true,
    locked: found['locked'] === true,
    contentState: text(found['contentState'], 'PRESENT'),
  };
}

/** Notes on the first of several answers; the others are shown nowhere. */
export function readNotes(value: unknown): readonly LessonNote[] {
  return list(value, (note) => note)
    .filter((note) => number(shape(note)['choice']) === 0)
    .map(readNote);
}

export function readTexts(value: unknown): Texts {
  const entries = Object.entries(shape(value)).map(([tag, words]) => [tag, text(words)] as const);
  return Object.fromEntries(entries.filter(([, words]) => words !== ''));
}

function readNote(value: unknown): LessonNote {
  const found = shape(value);
  const offer = shape(found['offer']);
  const evidence = shape(found['evidence']);
  return {
    kind: text(found['kind']),
    about: found['about'] === 'question' ? 'question' : 'answer',
    start: number(found['start']),
    end: number(found['end']),
    level: number(found['level']),
    rule: text(found['rule']),
    evidence:
      found['evidence'] === null || found['evidence'] === undefined
        ? null
        : {
            codes: list(evidence['codes'], (code) => text(code)),
            text: text(evidence['text']),
            place: text(evidence['place']),
          },
    text: readTexts(found['text']),
    reading: text(offer['reading']),
    simpler: text(offer['simpler']),
  };
}

function readState(value: unknown): LessonState {
  const known = ['given', 'held', 'released', 'refused'] as const;
  return known.find((state) => state === value) ?? 'refused';
}
