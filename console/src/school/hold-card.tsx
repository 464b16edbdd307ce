import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type ReviewRow, decide } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { WordsForm } from '../review/words-form.tsx';
import { fill } from '../text/format.ts';
import type { SchoolText } from '../text/en-school.ts';
import { useWords } from '../text/words.tsx';
import { HeldText } from './held-text.tsx';
import { ruleName } from './rule-name.ts';

/** One question that waits for the teacher: why, what was said, and the decision. */
export function HoldCard(props: { row: ReviewRow; onDecided: () => void }): JSX.Element {
  const { text, format } = useWords();
  const { row } = props;
  const [open, setOpen] = useState(false);
  const { school } = text;
  return (
    <li class={row.signs ? 'hold hold-signs' : 'hold'}>
      <div class="hold-head">
        <div class="hold-why">
          {row.signs ? <strong class="hold-chip">{school.signsChip}</strong> : null}
          <span class="chip">{standing(row, school)}</span>
          {row.contested ? <span class="chip">{school.contestedChip}</span> : null}
          {row.rules.map((rule) => (
            <span key={rule} class="hold-rule" title={rule}>
              {ruleName(rule, school)}
            </span>
          ))}
        </div>
        <time class="quiet">{fill(school.since, { time: format.minute(row.since) })}</time>
        <button
          type="button"
          class={open ? 'button' : 'button button-main'}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? school.close : school.openClass}
        </button>
      </div>
      {open ? (
        <div class="hold-body">
          <HeldText row={row} />
          {row.state === 'open' ? <Decision {...props} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function standing(row: ReviewRow, school: SchoolText): string {
  if (row.state === 'overturned') return school.doneReleased;
  if (row.state === 'upheld') return school.doneKept;
  if (row.decision === 'escalate') return school.heldChip;
  return row.decision === 'block' ? school.stoppedChip : school.givenChip;
}

function Decision(props: { row: ReviewRow; onDecided: () => void }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [failure, setFailure] = useState<ApiFailure>();
  const { row, onDecided } = props;
  // Of an answer that the pupil has, there is nothing to release: the pupil is right, or not.
  const isGiven = row.decision !== 'escalate' && row.decision !== 'block';
  const send = (note: string, choice: string): void => {
    const verdict = choice === 'overturned' ? 'overturned' : 'upheld';
    setFailure(undefined);
    decide(client, row.passage, { verdict, note })
      .then(onDecided)
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  const { school } = text;
  return (
    <>
      <h3>{school.decide}</h3>
      <WordsForm name="note" label={school.words} hint={school.wordsHint} rows={3} onSend={send}>
        <button type="submit" class="button button-main" value="overturned">
          {isGiven ? school.agree : row.signs ? school.signsDecide : school.release}
        </button>
        {row.signs ? null : (
          <button type="submit" class="button" value="upheld">
            {isGiven ? school.disagree : school.keep}
          </button>
        )}
      </WordsForm>
      {failure === undefined ? null : <FailureNote failure={failure} />}
    </>
  );
}
