import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type OpenedText, type SpokenText, openText } from '../api/opened-text.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { useWords } from '../text/words.tsx';

/** The sealed text of a passage. Opening it is an act of its own, and is recorded. */
export function SealedText(props: { id: string; contentState: string }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [opened, setOpened] = useState<OpenedText>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const state = opened?.contentState ?? props.contentState;
  if (state === 'ERASED') return <p class="note">{text.passage.textErased}</p>;
  if (state === 'MISSING') return <p class="note note-bad">{text.passage.textMissing}</p>;
  if (opened !== undefined) return <Opened opened={opened} />;
  const open = (): void => {
    setBusy(true);
    setFailure(undefined);
    openText(client, props.id)
      .then(setOpened)
      .catch((error: unknown) => setFailure(asFailure(error)))
      .finally(() => setBusy(false));
  };
  return (
    <div class="note sealed">
      <p>{text.passage.textSealed}</p>
      <button type="button" class="button" disabled={busy} onClick={open}>
        {busy ? text.passage.opening : text.passage.open}
      </button>
      {failure === undefined ? null : <FailureNote failure={failure} />}
    </div>
  );
}

function Opened(props: { opened: OpenedText }): JSX.Element {
  const { text } = useWords();
  const { opened } = props;
  return (
    <div class="opened">
      <p class="note" role="status">
        {text.passage.opened}
      </p>
      <Spoken title={text.passage.request} messages={opened.request} />
      {opened.effective.length === 0 ? null : (
        <Spoken title={text.passage.effective} messages={opened.effective} />
      )}
      {opened.raw === '' ? null : <Said title={text.passage.raw} said={opened.raw} />}
      <Said
        title={text.passage.delivered}
        said={opened.delivered === '' ? text.passage.noDelivered : opened.delivered}
      />
    </div>
  );
}

function Spoken(props: { title: string; messages: readonly SpokenText[] }): JSX.Element {
  const { text } = useWords();
  const roles: Readonly<Record<string, string>> = text.role;
  return (
    <div class="opened-part">
      <h3>{props.title}</h3>
      {props.messages.map(({ role, content }, place) => (
        <div key={place} class="opened-message">
          <span class="opened-role">{roles[role] ?? role}</span>
          <p class="pre">{content}</p>
        </div>
      ))}
    </div>
  );
}

function Said(props: { title: string; said: string }): JSX.Element {
  return (
    <div class="opened-part">
      <h3>{props.title}</h3>
      <p class="pre">{props.said}</p>
    </div>
  );
}
