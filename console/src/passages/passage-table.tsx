import type { JSX } from 'preact';
import type { PassageRow } from '../api/passages.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { useWords } from '../text/words.tsx';

/** Passages in rows; on a narrow screen each row becomes a card. */
export function PassageTable(props: { rows: readonly PassageRow[] }): JSX.Element {
  const { text } = useWords();
  const columns = ['time', 'decision', 'key', 'dataClass', 'upstream', 'rule', 'took'] as const;
  return (
    <div class="table-frame">
      <table class="passages">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" class={`column-${column}`}>
                {text.passages[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { row: PassageRow }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { row } = props;
  const address = `#/passages/${row.id}`;
  return (
    <tr
      class="passage-row"
      onClick={(event) => {
        // The whole row leads on; the link in it is what keyboards and readers use.
        if ((event.target as Element).closest('a') === null) location.hash = address;
      }}
    >
      <td class="column-time">
        <a href={address}>
          <time dateTime={new Date(row.time * 1000).toISOString()}>
            {format.shortTime(row.time)}
          </time>
        </a>
      </td>
      <td class="column-decision">
        <DecisionMark decision={row.decision} open={row.end === null} />
        <BrokenEnd row={row} />
      </td>
      <td class="column-key" data-label={text.passages.key}>
        {row.key}
      </td>
      <td class="column-dataClass" data-label={text.passages.dataClass}>
        {row.dataClass === null ? '' : pick(library.classTitle(row.dataClass))}
      </td>
      <td class="column-upstream" data-label={text.passages.upstream}>
        {row.upstream ?? (row.end === null ? '' : text.line.noUpstream)}
        {row.fallback ? <span class="aside">{text.passages.fallback}</span> : null}
      </td>
      <td class="column-rule" data-label={text.passages.rule}>
        {row.rules.map((rule) => (
          <code key={rule}>{rule}</code>
        ))}
      </td>
      <td class="column-took" data-label={text.passages.took}>
        {row.ms === null ? '' : format.duration(row.ms)}
      </td>
    </tr>
  );
}

/** A passage that was let through and broke off all the same: the decision alone would hide it. */
function BrokenEnd(props: { row: PassageRow }): JSX.Element | null {
  const { text } = useWords();
  const { decision, end } = props.row;
  if (decision === 'error' || (end !== 'cancelled' && end !== 'interrupted' && end !== 'failed')) {
    return null;
  }
  return <span class="aside">{text.end[end]}</span>;
}
