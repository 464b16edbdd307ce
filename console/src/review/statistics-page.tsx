import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import {
  type CountedMonth,
  type RuleCounts,
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
        <>
          <p class="hint">{fill(text.review.small, { least: format.number(statistics.least) })}</p>
          <p class="hint">{text.review.running}</p>
          <p class="hint">{text.review.ofVerdict}</p>
        </>
      )}
    </>
  );
}

const figures = ['marked', 'blocks', 'overturned'] as const;

function Month(props: { month: CountedMonth; least: number }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { month, least } = props;
  const told = month.rules.filter((row) => figures.some((figure) => row[figure] !== null));
  const few = month.rules.filter((row) => !told.includes(row));
  const passages = month.passages === null ? '' : format.number(month.passages);
  return (
    <section>
      <h2>{format.month(month.month)}</h2>
      <p>
        {month.passages === null
          ? fill(text.review.passagesFew, { least: format.number(least) })
          : fill(text.review.passages, { passages })}
      </p>
      {told.length === 0 ? null : (
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
              {told.map((row) => {
                const known = library.rule(row.rule);
                return (
                  <tr key={row.rule}>
                    <th scope="row">
                      <code>{row.rule}</code>
                      {known === undefined ? null : (
                        <span class="rule-words">{pick(known.text)}</span>
                      )}
                    </th>
                    <Figures row={row} least={least} />
                  </tr>
                );
              })}
              <tr class="usage-total">
                <th scope="row">{text.review.all}</th>
                <Total rows={told} figure="marked" least={least} />
                <Total rows={told} figure="blocks" whole={month.blocks} least={least} />
                <Total rows={told} figure="overturned" whole={month.overturned} least={least} />
              </tr>
            </tbody>
          </table>
        </div>
      )}
      {few.length === 0 ? null : (
        <p class="hint rule-few">
          {fill(text.review.fewRules, { least: format.number(least) })}{' '}
          {few.map(({ rule }) => (
            <code key={rule}>{rule}</code>
          ))}
        </p>
      )}
    </section>
  );
}

function Figures(props: { row: RuleCounts; least: number }): JSX.Element {
  const { text, format } = useWords();
  const few = fill(text.review.few, { least: format.number(props.least) });
  return (
    <>
      {figures.map((figure) => {
        const count = props.row[figure];
        return (
          <td key={figure} class="figure" data-label={text.review[figure]}>
            {count === null ? <span class="quiet">{few}</span> : format.number(count)}
          </td>
        );
      })}
    </>
  );
}

/** The sum, or what is at least in it where something is hidden. */
function Total(props: {
  rows: readonly RuleCounts[];
  figure: (typeof figures)[number];
  whole?: number | null;
  least: number;
}): JSX.Element {
  const { text, format } = useWords();
  const { rows, figure, whole = null } = props;
  const sum = rows.reduce((total, row) => total + (row[figure] ?? 0), 0);
  const partly = sum === 0 ? text.review.hidden : text.review.atLeast;
  return (
    <td class="figure" data-label={text.review[figure]}>
      {whole === null ? fill(partly, { count: format.number(sum) }) : format.number(whole)}
    </td>
  );
}
