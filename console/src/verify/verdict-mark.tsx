import type { Verdict } from '@sekisho/proof';
import type { JSX } from 'preact';

/** A seal for what holds, with a second ring where a witness signed; a cross for what does not. */
export function VerdictMark(props: { verdict: Verdict }): JSX.Element {
  return (
    <svg class="verdict-mark" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
      {props.verdict === 'INVALID' ? (
        <>
          <path d="M24 3l21 21-21 21L3 24z" class="verdict-line" />
          <path d="M17 17l14 14M31 17L17 31" class="verdict-sign" />
        </>
      ) : (
        <>
          <circle cx="24" cy="24" r="21" class="verdict-line" />
          {props.verdict === 'WITNESSED' ? (
            <circle cx="24" cy="24" r="16.5" class="verdict-line" />
          ) : null}
          <path d="M15.5 24.5l6 6 11-13" class="verdict-sign" />
        </>
      )}
    </svg>
  );
}
