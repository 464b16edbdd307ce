import type { JSX } from 'preact';
import type { IssuedKey } from '../api/keys.ts';
import { CopyableCode } from '../frame/copyable-code.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** A new key, which is shown once and kept nowhere. */
export function SecretNote(props: { issued: IssuedKey; onDismiss: () => void }): JSX.Element {
  const { text } = useWords();
  return (
    <div class="note" role="status">
      <p class="note-title">{fill(text.keys.secret, { name: props.issued.name })}</p>
      <CopyableCode value={props.issued.secret} />
      <button type="button" class="button" onClick={props.onDismiss}>
        {text.keys.dismiss}
      </button>
    </div>
  );
}
