import type { JSX } from 'preact';
import type { DetectorInfo } from '../api/rules.ts';
import { useWords } from '../text/words.tsx';

export function DetectorList(props: { detectors: readonly DetectorInfo[] }): JSX.Element {
  const { pick } = useWords();
  return (
    <ul class="detectors">
      {props.detectors.map((detector) => (
        <li key={detector.id}>
          <code>
            {detector.id}@{detector.version}
          </code>
          <span>
            {detector.kinds.map(({ kind, title }) => (
              <span key={kind} class="chip" title={kind}>
                {pick(title)}
              </span>
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}
