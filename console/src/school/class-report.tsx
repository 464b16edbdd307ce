import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ClassReport, type ReportPart, type ReportWeek, fetchReport } from '../api/classes.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { ruleName } from './rule-name.ts';

const columns = [
  ['all', 'passages'],
  ['decision', 'pass'],
  ['decision', 'annotate'],
  ['decision', 'hold'],
  ['decision', 'stop'],
  ['all', 'rewritten'],
  ['all', 'signs'],
  ['review', 'contested'],
] as const;
const decisions = ['pass', 'annotate', 'hold', 'stop'] as const;

/** How the weeks went, without anybody in it. */
export function ClassReportView(props: { id: string }): JSX.Element {
  const { text, format } = useWords();
  const { client } = useCheckpoint();
  const [report, setReport] = useState<ClassReport>();
  const [failure, setFailure] = useState<ApiFailure>();
  useEffect(() => {
    fetchReport(client, props.id)
      .then(setReport)
      .catch((error: unknown) => setFailure(asFailure(error)));
  }, [client, props.id]);
  return (
    <section>
      <h2>{text.school.report}</h2>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {report === undefined ? null : (
        <>
          <p class="hint">{fill(text.school.reportHint, { least: format.number(report.least) })}</p>
          {report.weeks.some((week) =>
            columns.some(([part, name]) => countOf(week, part, name)),
          ) ? (
            <Weeks report={report} />
          ) : (
            <p class="note">{text.school.reportNone}</p>
          )}
          <Most report={report} part="rule" title={text.school.reportRules} />
          <Most report={report} part="code" title={text.school.reportCodes} />
        </>
      )}
    </section>
  );
}

function countOf(week: ReportWeek, part: ReportPart, name: string): number | null {
  return week.counts[part].find((line) => line.name === name)?.count ?? null;
}

function Weeks(props: { report: ClassReport }): JSX.Element {
  const { text, format } = useWords();
  const { weeks, least } = props.report;
  const few = fill(text.school.reportFew, { least: format.number(least) });
  return (
    <>
      <Bars report={props.report} />
      <div class="table-frame">
        <table class="usage-table week-table">
          <thead>
            <tr>
              <th scope="col" />
              {columns.map(([, name]) => (
                <th key={name} scope="col" class="figure">
                  {text.school.reportCounts[name]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week.week}>
                <th scope="row">
                  {fill(text.school.reportWeek, { day: format.day(week.week) })}
                  {week.open ? <span class="aside">{text.school.reportOpen}</span> : null}
                </th>
                {columns.map(([part, name]) => {
                  const count = countOf(week, part, name);
                  return (
                    <td key={name} class="figure" data-label={text.school.reportCounts[name]}>
                      {count !== null ? (
                        format.number(count)
                      ) : (
                        <span class="quiet">{isRest(week, name) ? text.review.hidden : few}</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The number of all is left out where it would tell a small count; it need not be small itself. */
function isRest(week: ReportWeek, name: string): boolean {
  const told = decisions.some((decision) => countOf(week, 'decision', decision) !== null);
  return name === 'passages' && told;
}

/** One bar a week, of what is told of each decision. What is too small to be told is no part. */
function Bars(props: { report: ClassReport }): JSX.Element | null {
  const { text, format } = useWords();
  const weeks = props.report.weeks.toReversed();
  const sums = weeks.map((week) =>
    decisions.reduce((sum, name) => sum + (countOf(week, 'decision', name) ?? 0), 0),
  );
  const most = Math.max(...sums);
  if (most === 0) return null;
  const said = weeks.map((week, i) => `${format.day(week.week)} ${format.number(sums[i] ?? 0)}`);
  return (
    <figure class="usage-chart">
      <svg
        viewBox={`0 0 640 ${weeks.length * 26}`}
        role="img"
        aria-label={fill(text.school.reportChart, { weeks: format.list(said) })}
      >
        {weeks.map((week, row) => {
          let x = 120;
          return (
            <g key={week.week}>
              <text class="week-name" x="0" y={row * 26 + 16}>
                {format.day(week.week)}
              </text>
              {decisions.map((name) => {
                const count = countOf(week, 'decision', name) ?? 0;
                const width = (count / most) * 510;
                x += width;
                return count === 0 ? null : (
                  <rect
                    key={name}
                    class={`week-${name}`}
                    x={x - width}
                    y={row * 26 + 3}
                    width={Math.max(2, width)}
                    height="18"
                  >
                    <title>{`${text.school.reportCounts[name]}: ${format.number(count)}`}</title>
                  </rect>
                );
              })}
            </g>
          );
        })}
      </svg>
      <figcaption class="week-key">
        {decisions.map((name) => (
          <span key={name}>
            <i class={`week-${name}`} aria-hidden="true" /> {text.school.reportCounts[name]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** What was met most, summed over the weeks in which it is told. */
function Most(props: { report: ClassReport; part: ReportPart; title: string }): JSX.Element | null {
  const { text, format } = useWords();
  const sums = new Map<string, number>();
  for (const week of props.report.weeks) {
    for (const { name, count } of week.counts[props.part]) {
      if (count !== null) sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  if (sums.size === 0) return null;
  const top = [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, 8);
  return (
    <>
      <h3>{props.title}</h3>
      <ul class="most">
        {top.map(([name, count]) => (
          <li key={name} class="chip">
            {fill(text.school.times, {
              name: props.part === 'rule' ? ruleName(name, text.school) : name,
              count: format.number(count),
            })}
          </li>
        ))}
      </ul>
    </>
  );
}
