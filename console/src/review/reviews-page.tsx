import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type ReviewRow, fetchReviews } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What people contest and what rules escalate, newest first. */
export function ReviewsPage(): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [open, setOpen] = useState(true);
  const [rows, setRows] = useState<readonly ReviewRow[]>();
  const [more, setMore] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const load = (known: readonly ReviewRow[]): void => {
    const before = known.at(-1)?.index;
    setFailure(undefined);
    const read = async (): Promise<void> => {
      const options = { open, ...(before === undefined ? {} : { before }) };
      const found = await fetchReviews(client, options);
      setRows([...known, ...found.reviews]);
      setMore(found.more);
    };
    read().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => {
    setRows(undefined);
    load([]);
  }, [client, open]);
  return (
    <>
      <PageHead title={text.review.title} lead={text.review.lead} />
      <div class="filters" role="group" aria-label={text.review.which}>
        <button type="button" aria-pressed={open} onClick={() => setOpen(true)}>
          {text.review.openOnes}
        </button>
        <button type="button" aria-pressed={!open} onClick={() => setOpen(false)}>
          {text.review.decidedOnes}
        </button>
      </div>
      {failure === undefined ? null : (
        <FailureNote failure={failure} onRetry={() => load(rows ?? [])} />
      )}
      {rows === undefined && failure === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : null}
      {rows === undefined ? null : <Rows rows={rows} open={open} />}
      {more ? (
        <button type="button" class="button" onClick={() => load(rows ?? [])}>
          {text.review.older}
        </button>
      ) : null}
    </>
  );
}

function Rows(props: { rows: readonly ReviewRow[]; open: boolean }): JSX.Element {
  const { text } = useWords();
  const { rows, open } = props;
  if (rows.length === 0) {
    return (
      <div class="empty">
        <p class="empty-title">{open ? text.review.none : text.review.noneDecided}</p>
      </div>
    );
  }
  const columns = ['since', 'why', 'decision', 'rules', 'dataClass'] as const;
  return (
    <div class="table-frame">
      <table class="review-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {text.review[column]}
              </th>
            ))}
            <th scope="col">{open ? '' : text.review.verdict}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.passage} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { row: ReviewRow }): JSX.Element {
  const { text, format } = useWords();
  const { row } = props;
  const time = format.minute(row.since);
  return (
    <tr>
      <th scope="row">
        <a href={`#/reviews/${row.passage}`} aria-label={fill(text.review.lookAt, { time })}>
          {time}
        </a>
      </th>
      <td data-label={text.review.why}>
        {row.contested ? <span class="chip">{text.review.contested}</span> : null}
        {row.escalated ? <span class="chip">{text.review.escalated}</span> : null}
        {row.held ? <span class="chip">{text.review.held}</span> : null}
      </td>
      <td data-label={text.review.decision}>
        {row.decision === null ? null : <DecisionMark decision={row.decision} open={false} />}
      </td>
      <td data-label={text.review.rules}>
        {row.rules.map((rule) => (
          <code key={rule}>{rule}</code>
        ))}
      </td>
      <td data-label={text.review.dataClass}>{row.dataClass ?? ''}</td>
      <td>
        {row.state === 'open' ? (
          <a href={`#/reviews/${row.passage}`}>{text.review.look}</a>
        ) : (
          text.review.state[row.state]
        )}
      </td>
    </tr>
  );
}
