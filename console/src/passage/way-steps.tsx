import type { JSX } from 'preact';
import type { PassageDetail } from '../api/passages.ts';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { useWords } from '../text/words.tsx';
import type { StationId, Way } from './way.ts';
import { outcomeWord } from './way-picture.tsx';
import { gateFindings, wayWords } from './way-words.ts';

const order: readonly StationId[] = ['caller', 'in', 'intent', 'upstream', 'out', 'outcome'];

/** The picture in words, station by station. */
export function WaySteps(props: { passage: PassageDetail; way: Way }): JSX.Element {
  const words = useWords();
  const { passage, way } = props;
  const said = wayWords(passage, way, words);
  return (
    <ol class="steps">
      {order.map((id) => (
        <li key={id}>
          <span class="steps-name">
            {id === 'caller' ? words.text.passage.caller : said[id].name}
          </span>
          <span class="steps-line">
            <Step id={id} passage={passage} way={way} line={said[id].line} />
          </span>
        </li>
      ))}
    </ol>
  );
}

function Step(props: {
  id: StationId;
  passage: PassageDetail;
  way: Way;
  line: string;
}): JSX.Element {
  const words = useWords();
  const { text } = words;
  const { id, passage, way, line } = props;
  switch (id) {
    case 'caller':
      return (
        <>
          {passage.key} <span class="quiet">{line}</span>
        </>
      );
    case 'in':
    case 'out': {
      const gate = way.gates[id];
      return gate.reached ? (
        <>
          <DecisionMark decision={gate.decision} />{' '}
          <span class="quiet">{gateFindings(gate, words)}</span>
        </>
      ) : (
        <span class="quiet">{line}</span>
      );
    }
    case 'upstream':
      return way.attempts.length === 0 ? (
        <span class="quiet">{line}</span>
      ) : (
        <>
          {way.attempts.map(({ upstream, outcome }, place) => (
            <span key={place} class="attempt">
              {upstream} <span class="quiet">{outcomeWord(text.outcome, outcome)}</span>
            </span>
          ))}
        </>
      );
    case 'intent':
      return <Entry line={line} leaf={passage.intentLeaf} />;
    case 'outcome':
      return <Entry line={line} leaf={passage.outcomeLeaf ?? ''} />;
  }
}

function Entry(props: { line: string; leaf: string }): JSX.Element {
  return (
    <>
      {props.line}
      {props.leaf === '' ? null : <code class="leaf">{props.leaf}</code>}
    </>
  );
}
