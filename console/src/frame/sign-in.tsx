import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useCheckpoint } from '../checkpoint.tsx';
import type { SignInOffer } from '../api/sign-in.ts';
import { type Outside, isWellFormedKey } from '../session/session.ts';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { PageHead } from './page-head.tsx';

/** The way in, shown wherever a page needs somebody: an account, a key, or the choice. */
export function SignIn(props: {
  why: Outside | undefined;
  offer: SignInOffer | undefined;
}): JSX.Element {
  const { text } = useWords();
  const { why, offer } = props;
  const aboutKey = why === 'refused';
  return (
    <section class="sign-in">
      <PageHead
        title={text.signIn.title}
        lead={offer === undefined ? text.signIn.lead : text.signIn.withAccount}
      />
      {why === undefined || aboutKey ? null : (
        <p class="note note-bad" role="alert">
          {text.signIn.why[why]}
        </p>
      )}
      {offer === undefined ? (
        <KeyForm refused={aboutKey} />
      ) : (
        <>
          <AccountCard offer={offer} />
          <details class="other-way" open={aboutKey}>
            <summary>{text.signIn.useKey}</summary>
            <KeyForm refused={aboutKey} />
          </details>
        </>
      )}
      <p class="hint">
        {offer === undefined ? text.signIn.withoutKey : text.signIn.withoutSignIn}{' '}
        <a href="#/verify">{text.signIn.withoutVerify}</a>
        {' / '}
        <a href="#/rules">{text.signIn.withoutRules}</a>
      </p>
    </section>
  );
}

/** A link, because the way to the issuer is a way to another site: nothing is sent from here. */
function AccountCard(props: { offer: SignInOffer }): JSX.Element {
  const { text, pick } = useWords();
  const { start, title } = props.offer;
  const to = location.hash === '' ? '' : `?to=${encodeURIComponent(location.hash)}`;
  return (
    <div class="card">
      <a class="button button-main" href={`${start}${to}`}>
        {title === undefined
          ? text.signIn.button
          : fill(text.signIn.buttonWith, { title: pick(title) })}
      </a>
      <p class="hint">{text.signIn.buttonHint}</p>
    </div>
  );
}

function KeyForm(props: { refused: boolean }): JSX.Element {
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
      ? text.signIn.why.refused
      : undefined;
  return (
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
  );
}
