import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type Dimension, type Usage, type UsageSum, dimensions, fetchUsage } from '../api/usage.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { type Measure, UsageChart, measures } from './usage-chart.tsx';

interface Shown {
  readonly days: Usage;
  readonly sums: Usage;
}

/** Tokens, cost and number of exchanges of a month: as bars, and as a table. */
export function UsagePage(): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [month, setMonth] = useState<string>();
  const [by, setBy] = useState<Dimension>('project');
  const [measure, setMeasure] = useState<Measure>('tokens');
  const [shown, setShown] = useState<Shown>();
  const [failure, setFailure] = useState<ApiFailure>();
  useEffect(() => {
    let wanted = true;
    const load = async (): Promise<void> => {
      const asked = [fetchUsage(client, 'day', month), fetchUsage(client, by, month)] as const;
      const [days, sums] = await Promise.all(asked);
      if (!wanted) return;
      setFailure(undefined);
      setShown({ days, sums });
    };
    load().catch((error: unknown) => {
      if (wanted) setFailure(asFailure(error));
    });
    return () => {
      wanted = false;
    };
  }, [client, month, by]);
  const own = shown?.days.own === true;
  const here = month ?? shown?.days.from.slice(0, 7);
  return (
    <>
      <PageHead title={text.usage.title} lead={own ? text.usage.leadOwn : text.usage.lead} />
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {shown === undefined || here === undefined ? (
        <p class="quiet">{failure === undefined ? text.frame.loading : ''}</p>
      ) : (
        <>
          <Choices {...{ here, setMonth, measure, setMeasure, by, setBy }} />
          <Month shown={shown} month={here} measure={measure} by={by} />
        </>
      )}
    </>
  );
}

function Choices(props: {
  here: string;
  setMonth: (month: string) => void;
  measure: Measure;
  setMeasure: (measure: Measure) => void;
  by: Dimension;
  setBy: (by: Dimension) => void;
}): JSX.Element {
  const { text, format } = useWords();
  const { here, setMonth, measure, setMeasure, by, setBy } = props;
  return (
    <div class="usage-choices">
      <div class="usage-month" role="group" aria-label={text.usage.month}>
        <button
          type="button"
          class="button"
          aria-label={text.usage.earlier}
          onClick={() => setMonth(next(here, -1))}
        >
          ‹
        </button>
        <span aria-live="polite">{format.month(here)}</span>
        <button
          type="button"
          class="button"
          aria-label={text.usage.later}
          onClick={() => setMonth(next(here, 1))}
        >
          ›
        </button>
      </div>
      <div class="filters" role="group" aria-label={text.usage.measure}>
        {measures.map((id) => (
          <button
            key={id}
            type="button"
            aria-pressed={id === measure}
            onClick={() => setMeasure(id)}
          >
            {text.usage[id]}
          </button>
        ))}
      </div>
      <label class="usage-by">
        <span>{text.usage.by}</span>
        <select value={by} onChange={(event) => setBy(event.currentTarget.value as Dimension)}>
          {dimensions.map((id) => (
            <option key={id} value={id}>
              {text.usage.dimension[id]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function next(month: string, step: number): string {
  const [year = 0, of = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, of - 1 + step, 15)).toISOString().slice(0, 7);
}

function Month(props: {
  shown: Shown;
  month: string;
  measure: Measure;
  by: Dimension;
}): JSX.Element {
  const { text, format } = useWords();
  const { days, sums } = props.shown;
  const write = (amount: number): string =>
    props.measure === 'cost' ? format.money(amount, days.currency) : format.number(amount);
  const total = (pick: (sum: UsageSum) => number): number =>
    days.sums.reduce((sum, row) => sum + pick(row), 0);
  const [unpriced, estimated] = [total((sum) => sum.unpriced), total((sum) => sum.estimated)];
  const title = props.by === 'key' ? text.usage.dimension.key : text.usage.dimension[props.by];
  return (
    <>
      <UsageChart month={props.month} measure={props.measure} days={days.sums} write={write} />
      <Table title={title} sums={sums.sums} currency={sums.currency} />
      <Table title={text.usage.dimension.day} sums={days.sums} currency={days.currency} />
      <p class="hint">
        {[
          ...(unpriced === 0
            ? []
            : [fill(text.usage.unpriced, { count: format.number(unpriced) })]),
          ...(estimated === 0
            ? []
            : [fill(text.usage.estimated, { count: format.number(estimated) })]),
          fill(text.usage.zone, { zone: days.timeZone }),
        ].join(' / ')}
      </p>
    </>
  );
}

function Table(props: {
  title: string;
  sums: readonly UsageSum[];
  currency: string;
}): JSX.Element | null {
  const { text, format } = useWords();
  const { sums, title, currency } = props;
  if (sums.length === 0) return null;
  const figures = ['exchanges', 'inputTokens', 'outputTokens', 'cost'] as const;
  const write = (name: (typeof figures)[number], value: number): string =>
    name === 'cost' ? format.money(value, currency) : format.number(value);
  const total = (name: (typeof figures)[number]): number =>
    sums.reduce((sum, row) => sum + row[name], 0);
  return (
    <div class="table-frame">
      <table class="usage-table">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            {figures.map((name) => (
              <th key={name} scope="col" class="figure">
                {text.usage[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sums.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.title || row.name || text.usage.unnamed}</th>
              {figures.map((name) => (
                <td key={name} class="figure" data-label={text.usage[name]}>
                  {write(name, row[name])}
                </td>
              ))}
            </tr>
          ))}
          <tr class="usage-total">
            <th scope="row">{text.usage.total}</th>
            {figures.map((name) => (
              <td key={name} class="figure" data-label={text.usage[name]}>
                {write(name, total(name))}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}
