import type { JSX } from 'preact';
import { type SessionInfo, isPupil } from '../api/session.ts';
import { FailureNote } from '../frame/failure-note.tsx';
import { LessonView } from '../school/lesson-view.tsx';
import { useWords } from '../text/words.tsx';
import type { Answer, Conversation, Turn } from './conversation.ts';
import { PassageLine } from './passage-line.tsx';
import { RefusalNote } from './refusal-note.tsx';

/** One question and what became of it. */
export function TurnView(props: {
  turn: Turn;
  info: SessionInfo;
  conversation: Conversation;
}): JSX.Element {
  const { text } = useWords();
  const { turn, info, conversation } = props;
  const answer = turn.answer.value;
  const busy = answer.stage === 'waiting' || answer.stage === 'writing';
  return (
    <section class="turn">
      <div class={answer.stage === 'refused-in' ? 'said said-refused' : 'said'}>
        <h2 class="speaker">{text.chat.you}</h2>
        <p class="pre">{turn.question}</p>
      </div>
      <article class="answer" aria-busy={busy} aria-label={text.chat.answer}>
        {answer.head !== undefined && isLesson(answer) ? (
          <LessonView
            id={answer.head.receipt}
            said={answer.text}
            isNotice={answer.stage === 'refused-out'}
            onReleased={(released) => conversation.release(turn.number, released)}
          />
        ) : (
          <>
            <AnswerText answer={answer} />
            <AnswerEnd answer={answer} />
          </>
        )}
        {answer.head === undefined || answer.stage === 'waiting' ? null : isPupil(info) ? (
          <details class="line-more">
            <summary>{text.line.receipt}</summary>
            <PassageLine answer={answer} head={answer.head} turn={turn} info={info} />
          </details>
        ) : (
          <PassageLine answer={answer} head={answer.head} turn={turn} info={info} />
        )}
      </article>
    </section>
  );
}

/** Whether a class's rules have the last word on it; what a rule of the book stopped says so. */
function isLesson({ stage, head, refusal }: Answer): boolean {
  if (head?.school === undefined) return false;
  if (stage === 'refused-out') return refusal === undefined || refusal.rules.length === 0;
  return stage === 'complete' || stage === 'length';
}

function AnswerText(props: { answer: Answer }): JSX.Element {
  const { text } = useWords();
  const { answer } = props;
  const writing = answer.stage === 'writing';
  return (
    <>
      {answer.reasoning === '' ? null : (
        <details class="reasoning">
          <summary>{text.chat.reasoning}</summary>
          <p class="pre">{answer.reasoning}</p>
        </details>
      )}
      {answer.text === '' ? null : (
        <p class={writing ? 'pre answer-text answer-writing' : 'pre answer-text'}>{answer.text}</p>
      )}
    </>
  );
}

/** What is to be said after the text, for every way an answer can end. */
function AnswerEnd(props: { answer: Answer }): JSX.Element | null {
  const { text } = useWords();
  const { answer } = props;
  switch (answer.stage) {
    case 'waiting':
      return (
        <p class="waiting" role="status">
          <span class="waiting-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {text.chat.waiting}
        </p>
      );
    case 'writing':
      return <p class="unseen">{text.chat.writing}</p>;
    case 'complete':
      return answer.text === '' ? (
        <p class="quiet">{text.chat.noText}</p>
      ) : (
        <p class="unseen">{text.chat.complete}</p>
      );
    case 'length':
      return <p class="quiet">{text.chat.cutShort}</p>;
    case 'aborted':
      return <p class="quiet">{text.chat.stopped}</p>;
    case 'refused-in':
    case 'refused-out':
      return <RefusalNote direction={answer.stage} refusal={answer.refusal} />;
    case 'failed':
      return <FailedAnswer answer={answer} />;
  }
}

function FailedAnswer(props: { answer: Answer }): JSX.Element | null {
  const { text } = useWords();
  const { failure } = props.answer;
  if (failure === undefined) return null;
  if (failure.code !== 'no_permitted_upstream') return <FailureNote failure={failure} />;
  return (
    <div class="note note-bad" role="alert">
      <p class="note-title">{text.chat.notPermitted}</p>
      <p>{text.chat.notPermittedHint}</p>
    </div>
  );
}
