import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../text/words.tsx';

/** A long value with a button that copies it whole. */
export function CopyableCode(props: { value: string }): JSX.Element {
  const { text } = useWords();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard
      .writeText(props.value)
      .then(() => setCopied(true))
      // Without the permission the value can still be selected by hand.
      .catch(() => setCopied(false));
  };
  return (
    <span class="copyable">
      <code>{props.value}</code>
      <button type="button" class="button button-quiet" onClick={copy} aria-live="polite">
        {copied ? text.frame.copied : text.frame.copy}
      </button>
    </span>
  );
}
