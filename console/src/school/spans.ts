import type { LessonNote } from '../api/lessons.ts';

/** A note with the number under which it stands beside the text. */
export interface NumberedNote {
  readonly number: number;
  readonly note: LessonNote;
}

/** A run of text that the same notes are about. */
export interface Span {
  readonly start: number;
  readonly text: string;
  /** How its characters are read, where the year has not learnt them. */
  readonly reading: string;
  readonly numbers: readonly number[];
  /** Notes whose words end here: their numbers are written after it. */
  readonly ending: readonly number[];
}

/** A reading is written over its word. */
export function isReading({ kind, about, reading }: LessonNote): boolean {
  return kind === 'kanji' && about === 'answer' && reading !== '';
}

/**
 * The text, cut where a note begins or ends. A word with a reading stays whole. Places outside the
 * text are a note on the whole of it.
 */
export function spansOf(
  text: string,
  numbered: readonly NumberedNote[],
  readings: readonly LessonNote[],
): readonly Span[] {
  const within = ({ start, end }: LessonNote): boolean => start < end && end <= text.length;
  const read = readings
    .filter(within)
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start }, i, all) => i === 0 || start >= all[i - 1]!.end);
  const placed = numbered.filter(({ note }) => within(note));
  const cuts = placed.flatMap(({ note }) => [note.start, note.end]);
  const free = cuts.filter((cut) => !read.some(({ start, end }) => cut > start && cut < end));
  const ends = read.flatMap(({ start, end }) => [start, end]);
  const all = [...new Set([0, ...free, ...ends, text.length])].toSorted((a, b) => a - b);
  return all.slice(0, -1).map((start, i) => {
    const end = all[i + 1]!;
    return {
      start,
      text: text.slice(start, end),
      reading: read.find((note) => note.start === start)?.reading ?? '',
      numbers: placed
        .filter(({ note }) => note.start < end && note.end > start)
        .map(({ number }) => number),
      ending: placed
        .filter(({ note }) => note.end > start && note.end <= end)
        .map(({ number }) => number),
    };
  });
}
