import type { JSX } from 'preact';
import { type UsageSum, lastDay } from '../api/usage.ts';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

export const measures = ['tokens', 'cost', 'exchanges'] as const;
export type Measure = (typeof measures)[number];

export function amountOf(sum: UsageSum, measure: Measure): number {
  switch (measure) {
    case 'tokens':
      return sum.inputTokens + sum.outputTokens;
    case 'cost':
      return sum.cost;
    case 'exchanges':
      return sum.exchanges;
  }
}

const width = 640;
const height = 200;
const foot = 22;
/** Room for the amount that the tallest bar stands for. */
const head = 24;

/** A month as bars, one a day. Who cannot see it hears one sentence; the table below has it all. */
export function UsageChart(props: {
  month: string;
  measure: Measure;
  days: readonly UsageSum[];
  write: (amount: number) => string;
}): JSX.Element {
  const { text, format } = useWords();
  const { month, measure, days, write } = props;
  const byDay = new Map(days.map((sum) => [sum.name, amountOf(sum, measure)]));
  const names = Array.from({ length: Number(lastDay(month)) }, (_none, i) => {
    return `${month}-${String(i + 1).padStart(2, '0')}`;
  });
  const most = Math.max(0, ...byDay.values());
  const total = [...byDay.values()].reduce((sum, amount) => sum + amount, 0);
  const busiest = names.find((name) => byDay.get(name) === most) ?? '';
  const sentence =
    total === 0
      ? fill(text.usage.chartNone, { month: format.month(month) })
      : fill(text.usage.chart, {
          measure: text.usage[measure],
          month: format.month(month),
          total: write(total),
          day: busiest,
          most: write(most),
        });
  const step = width / names.length;
  return (
    <figure class="usage-chart">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={sentence}>
        <path class="usage-ground" d={`M0 ${height - foot + 0.5}H${width}`} />
        {most === 0 ? null : (
          <>
            <path class="usage-top" d={`M0 ${head + 0.5}H${width}`} />
            <text class="usage-most" x="0" y={head - 5}>
              {write(most)}
            </text>
          </>
        )}
        {names.map((name, i) => {
          const amount = byDay.get(name) ?? 0;
          // What is there is seen, however little it is.
          const tall = amount === 0 ? 0 : Math.max(2, (amount / most) * (height - foot - head));
          return (
            <g key={name}>
              <rect
                class="usage-bar"
                x={i * step + step * 0.14}
                y={height - foot - tall}
                width={step * 0.72}
                height={tall}
                rx="1.5"
              >
                <title>{`${name}: ${write(amount)}`}</title>
              </rect>
              {(i + 1) % 5 === 0 || i === 0 ? (
                <text class="usage-day" x={(i + 0.5) * step} y={height - 6} text-anchor="middle">
                  {i + 1}
                </text>
              ) : null}
            </g>
          );
        })}
      </svg>
      <figcaption class="hint">{sentence}</figcaption>
    </figure>
  );
}
