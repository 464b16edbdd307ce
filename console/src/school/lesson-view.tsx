import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Lesson } from '../api/lessons.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { useWords } from '../text/words.tsx';
import { CallText } from './call-text.tsx';
import { dropHeld, keepHeld } from './held-list.ts';
import { useLesson } from './lesson-watch.ts';
import { NotedText } from './noted-text.tsx';
import { WrongForm } from './wrong-form.tsx';

/** What a pupil reads of one question: the answer with its notes, or that a teacher will look. */
export function LessonView(props: {
  id: string;
  /** What came with the answer itself: the answer, or a notice. */
  said: string;
  isNotice: boolean;
  onReleased?: (answer: string) => void;
}): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const { id, said, isNotice, onReleased } = props;
  const { lesson, failure } = useLesson(client, id);
  const released = lesson?.state === 'released' ? lesson.answer : null;
  useEffect(() => {
    if (released !== null) onReleased?.(released);
  }, [released]);
  const state = lesson?.state;
  useEffect(() => {
    if (state === 'held') keepHeld(id);
    else if (state !== undefined) dropHeld(id);
  }, [id, state]);
  if (lesson === undefined) {
    return (
      <>
        {said === '' ? null : <p class="pre answer-text">{isNotice ? ownWords(said) : said}</p>}
        {failure === undefined ? (
          <p class="quiet">{text.frame.loading}</p>
        ) : (
          <LessonFailure failure={failure} />
        )}
      </>
    );
  }
  return (
    <>
      <Standing lesson={lesson} notice={isNotice ? said : ''} />
      <LessonAnswer lesson={lesson} said={isNotice ? '' : said} />
      {isNotice && isCallOf(said) ? null : (
        <WrongForm key={id} id={id} contested={lesson.contested} />
      )}
    </>
  );
}

function LessonFailure(props: {
  failure: NonNullable<ReturnType<typeof useLesson>['failure']>;
}): JSX.Element {
  const { text } = useWords();
  const { failure } = props;
  if (failure.kind === 'not_found') return <p class="note">{text.school.lessonNotYours}</p>;
  return <FailureNote failure={failure} />;
}

/** How it stands with the teacher, in a calm box. */
function Standing(props: { lesson: Lesson; notice: string }): JSX.Element | null {
  const { text } = useWords();
  const { lesson, notice } = props;
  switch (lesson.state) {
    case 'given':
      return null;
    case 'held': {
      const isCall = isCallOf(notice);
      return (
        <div class="note calm" role="status">
          <p class="note-title">{isCall ? text.school.signs : text.school.held}</p>
          {isCall ? <CallText text={notice} /> : <p>{text.school.heldHint}</p>}
          {isCall ? null : <p class="hint">{text.school.heldNote}</p>}
        </div>
      );
    }
    case 'released':
      return (
        <div class="note calm calm-good" role="status">
          <p class="note-title">{text.school.released}</p>
          <TeacherWords words={lesson.words} />
          {lesson.answer === null && lesson.contentState !== 'ERASED' ? (
            <p>{text.school.releasedUnasked}</p>
          ) : null}
        </div>
      );
    case 'refused': {
      const isKept = lesson.words !== null;
      return (
        <div class="note calm" role="status">
          <p class="note-title">{isKept ? text.school.kept : text.school.refused}</p>
          {isKept ? <TeacherWords words={lesson.words} /> : null}
          {isKept || notice === '' ? null : <p class="pre">{ownWords(notice)}</p>}
        </div>
      );
    }
  }
}

function LessonAnswer(props: { lesson: Lesson; said: string }): JSX.Element | null {
  const { text } = useWords();
  const { lesson, said } = props;
  if (lesson.contentState === 'ERASED') return <p class="note">{text.school.answerGone}</p>;
  if (lesson.state === 'held' || lesson.state === 'refused') return null;
  const answer = lesson.answer ?? said;
  if (answer === '') return null;
  return (
    <>
      {lesson.state === 'given' && lesson.words !== null ? (
        <div class="note calm" role="status">
          <TeacherWords words={lesson.words} />
        </div>
      ) : null}
      <NotedText id={lesson.passage} text={answer} notes={lesson.notes} />
    </>
  );
}

function TeacherWords(props: { words: string | null }): JSX.Element | null {
  const { text } = useWords();
  if (props.words === null) return null;
  return (
    <>
      <p class="note-on">{text.school.teacherSays}</p>
      <p class="pre teacher-words">{props.words}</p>
    </>
  );
}

/** A notice that leads to no page is about a need, and names who can be reached. */
function isCallOf(notice: string): boolean {
  return notice !== '' && !notice.includes('/#/lesson/');
}

/** A notice without the line that leads to this very page. */
function ownWords(notice: string): string {
  const lines = notice.split('\n').filter((line) => !line.includes('/#/lesson/'));
  return lines.join('\n').trim();
}
