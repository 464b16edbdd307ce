import type { JSX } from 'preact';
import type { Gate } from './way.ts';
import type { Point } from './way-layout.ts';

/** The person or program at the start and the end of the way. */
export function CallerGlyph(props: { at: Point }): JSX.Element {
  return (
    <g transform={place(props.at)} class="glyph glyph-caller">
      <circle r="30" class="glyph-back" />
      <circle cy="-8" r="8" />
      <path d="M-15 16C-15 4 -8 3 0 3S15 4 15 16" />
    </g>
  );
}

/** A gate the road leads through: open, or shut with a bar across it. */
export function GateGlyph(props: { at: Point; gate: Gate }): JSX.Element {
  const { reached, decision } = props.gate;
  const shut = reached && decision === 'block';
  return (
    <g transform={place(props.at)} class={`glyph decision-${reached ? decision : 'unused'}`}>
      <rect x="-30" y="-28" width="60" height="56" rx="10" class="glyph-back" />
      <path d="M-17 -15V20M17 -15V20M-23 -15H23M-17 -6H17" />
      {shut ? (
        <path d="M-17 2L17 18M17 2L-17 18" class="glyph-bar" />
      ) : reached && decision !== 'allow' ? (
        <circle cx="0" cy="8" r="5" class="glyph-dot" />
      ) : null}
    </g>
  );
}

/** A page of the ledger, stamped once the entry is in it. */
export function LedgerGlyph(props: { at: Point; written: boolean }): JSX.Element {
  return (
    <g
      transform={place(props.at)}
      class={props.written ? 'glyph glyph-ledger' : 'glyph decision-unused'}
    >
      <rect x="-30" y="-28" width="60" height="56" rx="10" class="glyph-back" />
      <path d="M-15 -17H11Q15 -17 15 -13V18H-15z" />
      <path d="M-8 -9H8M-8 -2H8" />
      {props.written ? (
        <rect x="-1" y="5" width="10" height="10" rx="1.5" class="glyph-seal" />
      ) : null}
    </g>
  );
}

function place({ x, y }: Point): string {
  return `translate(${x} ${y})`;
}
