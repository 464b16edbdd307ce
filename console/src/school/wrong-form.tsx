import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { sendContest } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { WordsForm } from '../review/words-form.tsx';
import { useWords } from '../text/words.tsx';

/** With one button a pupil says that something is wrong; the teacher reads why. */
export function WrongForm(props: { id: string; contested: boolean }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [open, setOpen] = useState(false);
  const [sent, setSent] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) box.current?.querySelector('textarea')?.focus();
  }, [open]);
  if (sent || props.contested) {
    return (
      <p class="quiet wrong-sent" role="status">
        {text.school.wrongSent}
      </p>
    );
  }
  if (!open) {
    return (
      <button type="button" class="button wrong-open" onClick={() => setOpen(true)}>
        {text.school.wrong}
      </button>
    );
  }
  const send = (reason: string): void => {
    setFailure(undefined);
    sendContest(client, props.id, reason)
      .then(() => setSent(true))
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  return (
    <div ref={box} class="wrong-box">
      <WordsForm
        name="reason"
        label={text.school.wrongWhy}
        hint={text.school.wrongHint}
        rows={3}
        onSend={send}
      >
        <button type="submit" class="button button-main">
          {text.school.wrongSend}
        </button>
        <button type="button" class="button" onClick={() => setOpen(false)}>
          {text.school.wrongCancel}
        </button>
      </WordsForm>
      {failure === undefined ? null : <FailureNote failure={failure} />}
    </div>
  );
}
