import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type Contest, fetchContest, sendContest } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { WordsForm } from './words-form.tsx';

/** Where a person says why a decision about them is wrong, and sees what comes of it. */
export function ContestPage(props: { id: string }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [contest, setContest] = useState<Contest>();
  const [failure, setFailure] = useState<ApiFailure>();
  const { id } = props;
  const act = (work: () => Promise<Contest>): void => {
    setFailure(undefined);
    work()
      .then(setContest)
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => act(() => fetchContest(client, id)), [client, id]);
  return (
    <>
      <PageHead title={text.review.contestTitle} lead={text.review.contestLead} />
      <p class="hint">
        {text.review.receipt} <code>{id}</code>
      </p>
      {failure === undefined ? null : <Failure failure={failure} />}
      {contest === undefined && failure === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : null}
      {contest === undefined ? null : <Standing contest={contest} />}
      {contest !== undefined && !contest.contested ? (
        <WordsForm
          name="reason"
          label={text.review.reason}
          hint={text.review.reasonHint}
          onSend={(reason) => act(() => sendContest(client, id, reason))}
        >
          <button type="submit" class="button button-main">
            {text.review.send}
          </button>
        </WordsForm>
      ) : null}
    </>
  );
}

function Failure(props: { failure: ApiFailure }): JSX.Element {
  const { text } = useWords();
  const { failure } = props;
  if (failure.kind === 'not_found') return <p class="note">{text.review.notYours}</p>;
  return <FailureNote failure={failure} />;
}

function Standing(props: { contest: Contest }): JSX.Element | null {
  const { text, format } = useWords();
  const { state, contested, contestedAt, decidedAt, note, until } = props.contest;
  if (state === 'none') return null;
  const decided = state === 'upheld' || state === 'overturned';
  return (
    <div class="note" role="status">
      <p class="note-title">{text.review.state[state]}</p>
      {contested && contestedAt !== null ? (
        <p>
          {text.review.contestedAt}: {format.minute(contestedAt)}
        </p>
      ) : null}
      {decidedAt === null ? null : (
        <p>
          {text.review.decidedAt}: {format.minute(decidedAt)}
        </p>
      )}
      {decided ? (
        <>
          <p>{text.review.answer}:</p>
          <p class="pre">{note ?? text.review.answerGone}</p>
        </>
      ) : null}
      {state === 'overturned' ? (
        <p>
          {until === null
            ? text.review.mayNotPass
            : fill(text.review.mayPass, { time: format.minute(until) })}
        </p>
      ) : null}
    </div>
  );
}
