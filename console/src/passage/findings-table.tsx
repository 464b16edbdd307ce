import type { JSX } from 'preact';
import type { Finding } from '../api/passages.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What the detectors saw: kind and place, never the text itself. */
export function FindingsTable(props: { findings: readonly Finding[] }): JSX.Element {
  const { text } = useWords();
  if (props.findings.length === 0) return <p class="quiet">{text.passage.findingsNone}</p>;
  const columns = ['kind', 'direction', 'where', 'score', 'detector', 'appliedRule'] as const;
  return (
    <div class="table-frame">
      <table class="findings">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {text.passage[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.findings.map((finding, place) => (
            <FindingRow key={place} finding={finding} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FindingRow(props: { finding: Finding }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { finding } = props;
  const span = fill(text.passage.span, {
    start: format.number(finding.start),
    end: format.number(finding.end),
  });
  return (
    <tr>
      <td title={finding.kind} data-label={text.passage.kind}>
        {pick(library.kindTitle(finding.kind))}
      </td>
      <td class="whole-word" data-label={text.passage.direction}>
        {finding.direction === 'output' ? text.passage.output : text.passage.input}
      </td>
      <td data-label={text.passage.where}>
        <code>{finding.path}</code> <span class="aside">{span}</span>
      </td>
      <td class="score" data-label={text.passage.score}>
        <meter min={0} max={100} value={finding.score} aria-hidden="true" />
        {format.number(finding.score)}
      </td>
      <td data-label={text.passage.detector}>
        <code>{finding.detector}</code>
      </td>
      <td data-label={text.passage.appliedRule}>
        {finding.rule === null ? (
          <span class="quiet">{text.passage.noRule}</span>
        ) : (
          <code>{finding.rule}</code>
        )}
      </td>
    </tr>
  );
}
