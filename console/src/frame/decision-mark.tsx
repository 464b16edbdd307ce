import type { JSX } from 'preact';
import { useWords } from '../text/words.tsx';

export const decisions = ['allow', 'annotate', 'redact', 'escalate', 'block', 'error'] as const;
export type Decision = (typeof decisions)[number];

export function asDecision(value: string): Decision {
  // A word this console does not know is shown as the most careful one it does.
  return decisions.find((decision) => decision === value) ?? 'error';
}

/** A decision as a word, a colour and a shape: no one of them carries it alone. */
export function DecisionMark(props: { decision: string; open?: boolean }): JSX.Element {
  const { text } = useWords();
  const decision = asDecision(props.decision);
  const underWay = props.open === true && decision !== 'block';
  return (
    <span class={`decision decision-${underWay ? 'open' : decision}`}>
      <DecisionShape decision={decision} open={underWay} />
      <span class="decision-word">{underWay ? text.end.open : text.decision[decision]}</span>
    </span>
  );
}

export function DecisionShape(props: { decision: Decision; open?: boolean }): JSX.Element {
  return (
    <svg class="shape" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {props.open === true ? openShape : shapes[props.decision]}
    </svg>
  );
}

const openShape = <circle cx="8" cy="8" r="6" class="shape-line" stroke-dasharray="2.6 2.2" />;

const shapes: Readonly<Record<Decision, JSX.Element>> = {
  allow: (
    <>
      <circle cx="8" cy="8" r="7" class="shape-fill" />
      <path d="M4.8 8.3l2.2 2.2 4.2-4.7" class="shape-cut" />
    </>
  ),
  annotate: (
    <>
      <path d="M3 1.8h7l3 3v9.4H3z" class="shape-line" />
      <path d="M5.6 7.4h4.8M5.6 10.4h4.8" class="shape-line" />
    </>
  ),
  redact: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="1.5" class="shape-line" />
      <rect x="4" y="5" width="8" height="2.4" class="shape-fill" />
      <rect x="4" y="9" width="5" height="2.4" class="shape-fill" />
    </>
  ),
  escalate: (
    <>
      <path d="M8 1.2l7 13H1z" class="shape-fill" />
      <path d="M8 6v3.6M8 11.6v.6" class="shape-cut" />
    </>
  ),
  block: (
    <>
      <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" class="shape-fill" />
      <path d="M4.4 8h7.2" class="shape-cut" />
    </>
  ),
  error: (
    <>
      <path d="M8 .8L15.2 8 8 15.2.8 8z" class="shape-fill" />
      <path d="M5.9 5.9l4.2 4.2M10.1 5.9l-4.2 4.2" class="shape-cut" />
    </>
  ),
};
