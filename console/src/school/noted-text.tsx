import type { JSX } from 'preact';
import type { LessonNote } from '../api/lessons.ts';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { ruleName } from './rule-name.ts';
import { type NumberedNote, isReading, spansOf } from './spans.ts';
import { textIn } from './texts.ts';

/** A text with the notes on it: readings over their words, the others numbered and below it. */
export function NotedText(props: {
  /** Of the passage: notes of several texts stand on one page. */
  id: string;
  text: string;
  notes: readonly LessonNote[];
}): JSX.Element {
  const { text: words, format } = useWords();
  const { id, text, notes } = props;
  const readings = notes.filter(isReading);
  const numbered = notes
    .filter((note) => !isReading(note) || tellsMore(note, notes))
    .filter((note) => !isUnread(note))
    .map((note, i) => ({ number: i + 1, note }));
  const onAnswer = numbered.filter(({ note }) => note.about === 'answer');
  const unread = [
    ...new Set(notes.filter(isUnread).map(({ start, end }) => text.slice(start, end))),
  ];
  const address = (number: number): string => `note-${id}-${number}`;
  return (
    <>
      <p class="pre answer-text noted">
        {spansOf(text, onAnswer, readings).map((span) => (
          <>
            <Words of={span} />
            {span.ending.map((number) => (
              <NoteMark key={number} number={number} address={address(number)} />
            ))}
          </>
        ))}
      </p>
      {numbered.length === 0 && unread.length === 0 ? null : (
        <section class="notes" aria-label={words.school.notes}>
          <h3>{words.school.notes}</h3>
          {numbered.length === 0 ? null : (
            <ol>
              {numbered.map((one) => (
                <NoteItem key={one.number} of={one} address={address(one.number)} said={text} />
              ))}
            </ol>
          )}
          {unread.length === 0 ? null : (
            <p class="note-on">{fill(words.school.notTaught, { words: format.list(unread) })}</p>
          )}
        </section>
      )}
    </>
  );
}

/** Of a word that only has characters not yet taught there is nothing more to say than that. */
function isUnread({ kind, about, reading, simpler, level }: LessonNote): boolean {
  return kind === 'kanji' && about === 'answer' && reading + simpler === '' && level === 1;
}

/** A reading needs no number, unless it comes with a simpler word that no other note brings. */
function tellsMore(note: LessonNote, notes: readonly LessonNote[]): boolean {
  const isSaid = notes.some(
    ({ kind, start, end }) => kind === 'word' && start <= note.start && note.end <= end,
  );
  return note.simpler !== '' && !isSaid;
}

function Words(props: { of: ReturnType<typeof spansOf>[number] }): JSX.Element {
  const { text, reading, numbers } = props.of;
  const read =
    reading === '' ? (
      <>{text}</>
    ) : (
      <ruby>
        {text}
        <rp>(</rp>
        <rt>{reading}</rt>
        <rp>)</rp>
      </ruby>
    );
  return numbers.length === 0 ? read : <mark class="noted-words">{read}</mark>;
}

/** Leads to its note; a link would change the page. */
function NoteMark(props: { number: number; address: string }): JSX.Element {
  const { text } = useWords();
  return (
    <button
      type="button"
      class="note-mark"
      aria-label={fill(text.school.noteMark, { number: String(props.number) })}
      onClick={() => document.getElementById(props.address)?.focus()}
    >
      {props.number}
    </button>
  );
}

function NoteItem(props: { of: NumberedNote; address: string; said: string }): JSX.Element {
  const { text, language } = useWords();
  const { number, note } = props.of;
  const words = note.about === 'answer' ? props.said.slice(note.start, note.end) : '';
  const { evidence } = note;
  return (
    <li id={props.address} tabIndex={-1} class={note.level > 1 ? 'note-item strict' : 'note-item'}>
      <span class="note-number" aria-hidden="true">
        {number}
      </span>
      <div class="note-words">
        {note.about === 'question' ? (
          <p class="note-on">{text.school.notesOnQuestion}</p>
        ) : words === '' ? null : (
          <p class="note-on">{fill(text.school.noteAt, { words: shorten(words) })}</p>
        )}
        <p>{textIn(note.text, language)}</p>
        {evidence === null ? null : (
          <details class="note-source">
            <summary>{text.school.sources}</summary>
            {evidence.text === '' ? null : <blockquote>{evidence.text}</blockquote>}
            {evidence.place === '' ? null : <p>{evidence.place}</p>}
            {evidence.codes.length === 0 ? null : (
              <p class="hint">
                {text.school.code}{' '}
                {evidence.codes.map((code) => (
                  <code key={code}>{code}</code>
                ))}
              </p>
            )}
            <p class="hint">
              {text.school.rule} <span title={note.rule}>{ruleName(note.rule, text.school)}</span>
            </p>
          </details>
        )}
      </div>
    </li>
  );
}

function shorten(words: string): string {
  return words.length > 40 ? `${words.slice(0, 40)}…` : words;
}
