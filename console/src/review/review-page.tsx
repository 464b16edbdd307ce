import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import {
  type ReviewDetail,
  type ReviewWords,
  decide,
  fetchReview,
  openWords,
} from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { FindingsTable } from '../passage/findings-table.tsx';
import { PassageFacts } from '../passage/passage-facts.tsx';
import { SealedText } from '../passage/sealed-text.tsx';
import { useWords } from '../text/words.tsx';
import { WordsForm } from './words-form.tsx';

/** One case: what was found, what was written, and the verdict. */
export function ReviewPage(props: { id: string }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [review, setReview] = useState<ReviewDetail>();
  const [failure, setFailure] = useState<ApiFailure>();
  const { id } = props;
  const act = (work: () => Promise<void>): void => {
    setFailure(undefined);
    const carryOut = async (): Promise<void> => {
      await work();
      setReview(await fetchReview(client, id));
    };
    carryOut().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => act(() => Promise.resolve()), [client, id]);
  return (
    <>
      <a class="back" href="#/reviews">
        <span aria-hidden="true">←</span> {text.review.back}
      </a>
      <PageHead title={text.review.caseTitle}>
        {review === undefined ? null : (
          <DecisionMark decision={review.detail.decision} open={review.detail.end === null} />
        )}
      </PageHead>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {review === undefined && failure === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : null}
      {review === undefined ? null : (
        <Case
          review={review}
          onDecide={(verdict, note) => act(() => decide(client, id, { verdict, note }))}
        />
      )}
    </>
  );
}

function Case(props: {
  review: ReviewDetail;
  onDecide: (verdict: 'upheld' | 'overturned', note: string) => void;
}): JSX.Element {
  const { text } = useWords();
  const { review, onDecide } = props;
  return (
    <>
      <p class="note note-title" role="status">
        {text.review.state[review.state]}
      </p>
      <PassageFacts passage={review.detail} />
      <section>
        <h2>{text.review.findings}</h2>
        <FindingsTable findings={review.detail.findings} />
      </section>
      <section>
        <h2>{text.review.words}</h2>
        <Written key={review.state} id={review.passage} />
      </section>
      <section>
        <h2>{text.review.text}</h2>
        {review.mayOpen ? (
          <SealedText id={review.passage} contentState={review.detail.contentState} />
        ) : (
          <p class="note">{text.review.textNotYours}</p>
        )}
      </section>
      {review.state === 'open' ? (
        <section>
          <h2>{text.review.verdict}</h2>
          <WordsForm
            name="note"
            label={text.review.note}
            hint={text.review.noteHint}
            onSend={(note, choice) =>
              onDecide(choice === 'overturned' ? 'overturned' : 'upheld', note)
            }
          >
            <button type="submit" class="button" value="upheld">
              {text.review.uphold}
            </button>
            <button type="submit" class="button button-main" value="overturned">
              {text.review.overturn}
            </button>
            <p class="hint">{text.review.overturnHint}</p>
          </WordsForm>
        </section>
      ) : null}
    </>
  );
}

/** The sealed words about a case. Opening them is an act of its own, and is recorded. */
function Written(props: { id: string }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [words, setWords] = useState<ReviewWords>();
  const [failure, setFailure] = useState<ApiFailure>();
  const open = (): void => {
    setFailure(undefined);
    openWords(client, props.id)
      .then(setWords)
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  if (words === undefined) {
    return (
      <div class="note sealed">
        <p>{text.review.wordsSealed}</p>
        <button type="button" class="button" onClick={open}>
          {text.review.openWords}
        </button>
        {failure === undefined ? null : <FailureNote failure={failure} />}
      </div>
    );
  }
  const { reason, note } = words;
  if (reason === null && note === null) return <p class="note">{text.review.noWords}</p>;
  return (
    <div class="opened">
      <Said title={text.review.personSays} said={reason} />
      <Said title={text.review.reviewerSays} said={note} />
    </div>
  );
}

function Said(props: { title: string; said: string | null }): JSX.Element | null {
  if (props.said === null) return null;
  return (
    <div class="opened-part">
      <h3>{props.title}</h3>
      <p class="pre">{props.said}</p>
    </div>
  );
}
