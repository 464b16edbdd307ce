import type { JSX } from 'preact';
import type { RuleBook } from '../api/rules.ts';
import { fill } from '../text/format.ts';
import { operatorLine } from '../text/operator-line.ts';
import { useWords } from '../text/words.tsx';

/** Data classes down, upstreams across: where each class may go, and in which order. */
export function ClassMatrix(props: { book: RuleBook }): JSX.Element {
  const words = useWords();
  const { text, pick } = words;
  const { dataClasses, upstreams } = props.book;
  return (
    <div class="table-frame">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">{text.rules.classColumn}</th>
            {upstreams.map((upstream) => (
              <th key={upstream.id} scope="col">
                <span class="matrix-upstream">{upstream.id}</span>
                <span class="matrix-detail">{operatorLine(upstream, words)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dataClasses.map((entry) => (
            <tr key={entry.id}>
              <th scope="row">
                {pick(entry.title)} <code>{entry.id}</code>
              </th>
              {upstreams.map((upstream) => (
                <Cell key={upstream.id} order={entry.upstreams.indexOf(upstream.id) + 1} />
              ))}
            </tr>
          ))}
          {upstreams.length === 0 ? (
            <tr>
              <td colSpan={1}>{text.rules.none}</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

/** @param props.order place in the order of trying, from 1; 0 for not permitted */
function Cell(props: { order: number }): JSX.Element {
  const { text, format } = useWords();
  const may = props.order > 0;
  const order = format.number(props.order);
  return (
    <td class={may ? 'may' : 'may-not'}>
      <svg viewBox="0 0 28 28" width="28" height="28" aria-hidden="true">
        {may ? (
          <>
            <circle cx="14" cy="14" r="12" />
            <text x="14" y="18.6" text-anchor="middle">
              {order}
            </text>
          </>
        ) : (
          <path d="M8 14h12" />
        )}
      </svg>
      <span class="unseen">{may ? fill(text.rules.mayReach, { order }) : text.rules.mayNot}</span>
    </td>
  );
}
