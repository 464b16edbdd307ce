import type { ComponentChildren, JSX } from 'preact';
import type { ApiFailure } from '../api/failure.ts';
import { useWords } from '../text/words.tsx';

/** What went wrong and what to do about it. */
export function FailureNote(props: {
  failure: ApiFailure;
  onRetry?: (() => void) | undefined;
  children?: ComponentChildren;
}): JSX.Element {
  const { text } = useWords();
  const { kind, sentence } = props.failure;
  return (
    <div class="note note-bad" role="alert">
      <p class="note-title">{text.failure[kind]}</p>
      {sentence === '' ? null : <p class="pre">{sentence}</p>}
      <p>{text.failure[`${kind}Do`]}</p>
      {props.onRetry === undefined ? null : (
        <button type="button" class="button" onClick={props.onRetry}>
          {text.frame.tryAgain}
        </button>
      )}
      {props.children}
    </div>
  );
}
