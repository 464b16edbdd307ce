import type { JSX } from 'preact';

const reachable = /(https?:\/\/[^\s)）]+|\d{2,5}(?:-\d{1,5}){1,3})/;

/** A notice in which numbers can be called and pages opened with one touch. */
export function CallText(props: { text: string }): JSX.Element {
  return (
    <p class="pre call-text">
      {props.text.split(reachable).map((part, i) => {
        if (i % 2 === 0) return part;
        return part.startsWith('http') ? (
          <a key={i} href={part} target="_blank" rel="noreferrer">
            {part}
          </a>
        ) : (
          <a key={i} href={`tel:${part.replaceAll('-', '')}`}>
            {part}
          </a>
        );
      })}
    </p>
  );
}
