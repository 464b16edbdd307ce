import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import {
  type UpstreamState,
  type UpstreamTerms,
  type WatchedUpstream,
  fetchUpstreams,
} from '../api/upstreams.ts';
import { useCheckpoint, useSessionInfo } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** How often the page asks again while somebody looks at it. */
const refreshMs = 5_000;

/** How the upstreams are doing now, and under which law. Only for those who may see it. */
export function UpstreamStates(): JSX.Element | null {
  const { text } = useWords();
  const rights = useSessionInfo()?.rights ?? [];
  const may = rights.includes('passages');
  const { shown, failure } = useUpstreams(may);
  if (!may) return null;
  return (
    <section>
      <h2>{text.upstreams.title}</h2>
      <p class="hint">{text.upstreams.hint}</p>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {shown === undefined ? null : <Table upstreams={shown} />}
    </section>
  );
}

function useUpstreams(may: boolean): {
  readonly shown: readonly WatchedUpstream[] | undefined;
  readonly failure: ApiFailure | undefined;
} {
  const { client } = useCheckpoint();
  const [shown, setShown] = useState<readonly WatchedUpstream[]>();
  const [failure, setFailure] = useState<ApiFailure>();
  useEffect(() => {
    if (!may) return undefined;
    const stop = new AbortController();
    const load = async (): Promise<void> => {
      try {
        const found = await fetchUpstreams(client, stop.signal);
        setShown(found);
        setFailure(undefined);
      } catch (error) {
        if (!stop.signal.aborted) setFailure(asFailure(error));
      }
    };
    void load();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void load();
    }, refreshMs);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client, may]);
  return { shown, failure };
}

function Table(props: { upstreams: readonly WatchedUpstream[] }): JSX.Element {
  const { text } = useWords();
  const say = text.upstreams;
  return (
    <div class="table-frame">
      <table class="upstreams">
        <thead>
          <tr>
            {[say.upstream, say.state, say.calls, say.law, say.terms].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.upstreams.map((upstream) => (
            <tr key={upstream.id}>
              <th scope="row">
                {upstream.id}
                <span class="matrix-detail">{upstream.model}</span>
              </th>
              <td>
                <State state={upstream.state} />
              </td>
              <td>
                <Calls state={upstream.state} />
              </td>
              <td>
                <Law upstream={upstream} />
              </td>
              <td>
                <Terms terms={upstream.terms} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A shape beside the words, so that colour is never all there is. */
function State(props: { state: UpstreamState | null }): JSX.Element {
  const { text, format } = useWords();
  const say = text.upstreams;
  const { state } = props;
  const code = state === null ? 'unset' : (state.absence ?? 'ready');
  const kind = code === 'ready' ? 'ready' : code === 'unset' ? 'unset' : 'away';
  const words: Readonly<Record<string, string>> = say.states;
  const breakers: Readonly<Record<string, string>> = say.breakers;
  return (
    <>
      <span class={`health health-${kind}`}>
        <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">
          {kind === 'ready' ? <path d="M2 7.5L5.5 11L12 3.5" /> : null}
          {kind === 'away' ? <path d="M3 3L11 11M11 3L3 11" /> : null}
          {kind === 'unset' ? <path d="M3 7H11" /> : null}
        </svg>
        {words[code] ?? code}
      </span>
      {state === null ? null : (
        <span class="matrix-detail">
          {fill(say.breaker, { state: breakers[state.breaker] ?? state.breaker })}
          {state.waitMs > 0 ? ` ${fill(say.wait, { time: format.duration(state.waitMs) })}` : ''}
        </span>
      )}
      {state?.probe === 'silent' ? <span class="matrix-detail">{say.silent}</span> : null}
    </>
  );
}

function Calls(props: { state: UpstreamState | null }): JSX.Element | null {
  const { text, format } = useWords();
  const say = text.upstreams;
  const { state } = props;
  if (state === null) return null;
  const { number } = format;
  return (
    <>
      {fill(say.counts, { calls: number(state.calls), failures: number(state.failures) })}
      <span class="matrix-detail">
        {fill(say.underWay, { count: number(state.inFlight) })}
        {state.firstTokenMs === null
          ? ''
          : ` ${fill(say.begins, { time: format.duration(state.firstTokenMs) })}`}
      </span>
    </>
  );
}

function Law(props: { upstream: WatchedUpstream }): JSX.Element {
  const { text, format } = useWords();
  const { operator, jurisdiction, residency } = props.upstream;
  const place = (code: string): string =>
    code === 'local' ? text.rules.local : format.country(code);
  return (
    <>
      {operator}
      <span class="matrix-detail">
        {fill(text.rules.jurisdiction, { code: place(jurisdiction) })}
      </span>
      <span class="matrix-detail">{fill(text.rules.residency, { code: place(residency) })}</span>
    </>
  );
}

function Terms(props: { terms: UpstreamTerms | null }): JSX.Element {
  const { text, format } = useWords();
  const say = text.upstreams;
  const { terms } = props;
  if (terms === null) return <span class="quiet">{say.noTerms}</span>;
  const { url, overdue } = terms;
  const until = fill(overdue ? say.overdue : say.reviewBy, { day: format.day(terms.reviewBy) });
  return (
    <>
      {url === '' ? null : (
        <a href={url} rel="noreferrer noopener" target="_blank">
          {say.read}
        </a>
      )}
      <span class="matrix-detail">{fill(say.reviewed, { day: format.day(terms.reviewed) })}</span>
      <span class={overdue ? 'matrix-detail overdue' : 'matrix-detail'}>{until}</span>
    </>
  );
}
