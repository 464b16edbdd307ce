import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useCheckpoint } from '../checkpoint.tsx';
import { isWellFormedKey } from '../session/session.ts';
import { useWords } from '../text/words.tsx';
import { PageHead } from './page-head.tsx';

/** The box for the key, shown wherever a page needs one. */
export function SignIn(props: { refused: boolean }): JSX.Element {
  const { text } = useWords();
  const { client, session } = useCheckpoint();
  const [key, setKey] = useState('');
  const [malformed, setMalformed] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const trimmed = key.trim();
    if (!isWellFormedKey(trimmed)) {
      setMalformed(true);
      return;
    }
    void session.enter(client, trimmed);
  };
  const complaint = malformed
    ? text.signIn.malformed
    : props.refused
      ? text.signIn.refused
      : undefined;
  return (
    <section class="sign-in">
      <PageHead title={text.signIn.title} lead={text.signIn.lead} />
      <form class="card" onSubmit={submit}>
        <label class="field">
          <span class="field-name">{text.signIn.label}</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            value={key}
            aria-describedby="key-hint"
            aria-invalid={complaint !== undefined}
            onInput={(event) => {
              setKey(event.currentTarget.value);
              setMalformed(false);
            }}
          />
        </label>
        {complaint === undefined ? null : (
          <p class="complaint" role="alert">
            {complaint}
          </p>
        )}
        <p class="hint" id="key-hint">
          {text.signIn.hint}
        </p>
        <button type="submit" class="button button-main">
          {text.signIn.submit}
        </button>
      </form>
      <p class="hint">
        {text.signIn.withoutKey} <a href="#/verify">{text.signIn.withoutVerify}</a>
        {' / '}
        <a href="#/rules">{text.signIn.withoutRules}</a>
      </p>
    </section>
  );
}
