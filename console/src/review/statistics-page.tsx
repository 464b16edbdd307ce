import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import {
  type CountedMonth,
  type Counts,
  type Statistics,
  fetchStatistics,
} from '../api/statistics.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What rules stopped, and what people overturned, by month. For everyone. */
export function StatisticsPage(): JSX.Element {
  const { text, format } = useWords();
  const { client, library } = useCheckpoint();
  const [statistics, setStatistics] = useState<Statistics>();
  const [failure, setFailure] = useState<ApiFailure>();
  const load = (): void => {
    setFailure(undefined);
    fetchStatistics(client)
      .then(setStatistics)
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(load, [client]);
  useEffect(() => void library.load(), [library]);
  const institution = statistics?.institution ?? '';
  const lead =
    institution === ''
      ? text.review.statisticsLeadPlain
      : fill(text.review.statisticsLead, { institution });
  return (
    <>
      <PageHead title={text.review.statistics} lead={lead} />
      {failure === undefined ? null : <FailureNote failure={failure} onRetry={load} />}
      {statistics === undefined && failure === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : null}
      {statistics?.months.length === 0 ? (
        <div class="empty">
          <p class="empty-title">{text.review.nothing}</p>
        </div>
      ) : null}
      {(statistics?.months ?? []).map((month) => (
        <Month key={month.month} month={month} least={statistics!.least} />
      ))}
      {statistics === undefined ? null : (
        <p class="hint">
          {fill(text.review.small, { least: format.number(statistics.least) })}{' '}
          {text.review.ofVerdict}
        </p>
      )}
    </>
  );
}

const figures = ['passages', 'blocks', 'overturned'] as const;

function Month(props: { month: CountedMonth; least: number }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { month, least } = props;
  return (
    <section>
      <h2>{format.month(month.month)}</h2>
      {month.open ? <p class="hint">{text.review.running}</p> : null}
      <div class="table-frame">
        <table class="usage-table">
          <thead>
            <tr>
              <th scope="col">{text.review.rule}</th>
              {figures.map((figure) => (
                <th key={figure} scope="col" class="figure">
                  {text.review[figure]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {month.rules.map((row) => {
              const known = library.rule(row.rule);
              return (
                <tr key={row.rule}>
                  <th scope="row" title={known === undefined ? undefined : pick(known.text)}>
                    <code>{row.rule}</code>
                  </th>
                  <Figures counts={row} least={least} />
                </tr>
              );
            })}
            <tr class="usage-total">
              <th scope="row">{text.review.all}</th>
              <Figures counts={month} least={least} />
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Figures(props: { counts: Counts; least: number }): JSX.Element {
  const { text, format } = useWords();
  const few = fill(text.review.few, { least: format.number(props.least) });
  return (
    <>
      {figures.map((figure) => {
        const count = props.counts[figure];
        return (
          <td key={figure} class="figure" data-label={text.review[figure]}>
            {count === null ? <span class="quiet">{few}</span> : format.number(count)}
          </td>
        );
      })}
    </>
  );
}
