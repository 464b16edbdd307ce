import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SessionInfo } from '../api/session.ts';
import { decisions } from '../frame/decision-mark.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import type { PassageList } from './list.ts';
import { PassageTable } from './passage-table.tsx';

export function PassagesPage(props: { list: PassageList; info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const operator = props.info.rights.includes('incidents');
  return (
    <>
      <PageHead title={text.passages.title} lead={text.passages.lead}>
        {operator ? <LinkState list={props.list} /> : null}
      </PageHead>
      {operator ? (
        <LiveList list={props.list} />
      ) : (
        <div class="empty">
          <p class="empty-title">{text.passages.operatorsOnly}</p>
          <p>{text.passages.operatorsOnlyHint}</p>
        </div>
      )}
    </>
  );
}

function LiveList(props: { list: PassageList }): JSX.Element {
  const { text, format } = useWords();
  const { list } = props;
  useEffect(() => {
    const controller = new AbortController();
    void list.follow(controller.signal);
    return () => controller.abort();
  }, [list]);
  const filter = list.filter.value;
  const rows = list.rows.value.filter((row) => filter === '' || row.decision === filter);
  const failure = list.failure.value;
  if (!list.loaded.value) {
    return failure === undefined ? (
      <p class="quiet">{text.frame.loading}</p>
    ) : (
      <FailureNote failure={failure} />
    );
  }
  return (
    <>
      <div class="filters" role="group" aria-label={text.passages.filter}>
        {['', ...decisions].map((decision) => (
          <button
            key={decision}
            type="button"
            aria-pressed={decision === filter}
            onClick={() => (list.filter.value = decision)}
          >
            {decision === '' ? text.passages.all : wordOf(decision, text.decision)}
          </button>
        ))}
        <span class="hint">{fill(text.passages.count, { count: format.number(rows.length) })}</span>
      </div>
      <p class="unseen" aria-live="polite" key={list.arrived.value}>
        {list.arrived.value === 0 ? '' : text.passages.newest}
      </p>
      {rows.length === 0 ? (
        <div class="empty">
          <p class="empty-title">
            {filter === '' ? text.passages.none : text.passages.noneMatching}
          </p>
          {filter === '' ? <p>{text.passages.noneHint}</p> : null}
        </div>
      ) : (
        <PassageTable rows={rows} />
      )}
      {list.more.value ? (
        <button
          type="button"
          class="button more"
          disabled={list.loadingMore.value}
          onClick={() => void list.loadMore()}
        >
          {list.loadingMore.value ? text.frame.loading : text.passages.more}
        </button>
      ) : null}
    </>
  );
}

function wordOf(decision: string, words: Readonly<Record<string, string>>): string {
  return words[decision] ?? decision;
}

function LinkState(props: { list: PassageList }): JSX.Element {
  const { text } = useWords();
  const link = props.list.link.value;
  return (
    <p class={`link link-${link}`} role="status">
      <span class="link-dot" aria-hidden="true" />
      {text.passages[link]}
    </p>
  );
}
