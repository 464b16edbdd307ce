import type { JSX } from 'preact';

/** The sign of the house: a gate with two posts and two beams. */
export function GateMark(): JSX.Element {
  return (
    <svg class="gate-mark" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
      <path d="M9.5 7v19M22.5 7v19M4.5 11h23M8 16h16" />
    </svg>
  );
}
