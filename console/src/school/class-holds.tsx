import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../api/client.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type ReviewRow, fetchReviews } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { HoldCard } from './hold-card.tsx';

const refreshMs = 5_000;

/** What waits for the teacher, those who may need help first. It keeps itself up to date. */
export function ClassHolds(props: { id: string }): JSX.Element {
  const { text, format } = useWords();
  const { client } = useCheckpoint();
  const [open, setOpen] = useState(true);
  const [round, setRound] = useState(0);
  const [rows, failure] = useRows(client, { id: props.id, open, round });
  return (
    <section class="holds">
      <div class="holds-head">
        <h2>
          {open ? text.school.waiting : text.school.decided}
          {open && rows !== undefined && rows.length > 0 ? (
            <span class="aside" role="status">
              {fill(text.school.waitingCount, { count: format.number(rows.length) })}
            </span>
          ) : null}
        </h2>
        <div class="filters" role="group" aria-label={text.review.which}>
          <button type="button" aria-pressed={open} onClick={() => setOpen(true)}>
            {text.school.waiting}
          </button>
          <button type="button" aria-pressed={!open} onClick={() => setOpen(false)}>
            {text.school.decided}
          </button>
        </div>
      </div>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {rows === undefined ? (
        failure === undefined ? (
          <p class="quiet">{text.frame.loading}</p>
        ) : null
      ) : rows.length === 0 ? (
        <div class="empty holds-none">
          <p class="empty-title">{open ? text.school.waitingNone : text.review.noneDecided}</p>
          {open ? <p>{text.school.waitingNoneHint}</p> : null}
        </div>
      ) : (
        <ul class="holds-list">
          {rows.map((row) => (
            <HoldCard key={row.passage} row={row} onDecided={() => setRound(round + 1)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function useRows(
  client: Client,
  of: { readonly id: string; readonly open: boolean; readonly round: number },
): readonly [readonly ReviewRow[] | undefined, ApiFailure | undefined] {
  const [rows, setRows] = useState<readonly ReviewRow[]>();
  const [failure, setFailure] = useState<ApiFailure>();
  const { id, open, round } = of;
  useEffect(() => setRows(undefined), [id, open]);
  useEffect(() => {
    let gone = false;
    const show = (reviews: readonly ReviewRow[]): void => {
      setFailure(undefined);
      // Whoever sees every class is shown this one here.
      setRows(sorted(reviews.filter((row) => row.class === id)));
    };
    const look = (): void => {
      if (document.hidden) return;
      fetchReviews(client, { open })
        .then(({ reviews }) => (gone ? undefined : show(reviews)))
        .catch((error: unknown) => (gone ? undefined : setFailure(asFailure(error))));
    };
    look();
    const timer = open ? setInterval(look, refreshMs) : undefined;
    document.addEventListener('visibilitychange', look);
    return () => {
      gone = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [client, id, open, round]);
  return [rows, failure];
}

/** Whoever may need help first; after that, who waits longest. */
function sorted(rows: readonly ReviewRow[]): readonly ReviewRow[] {
  return rows.toSorted((a, b) => {
    if (a.state !== 'open' || b.state !== 'open') return b.index - a.index;
    return a.signs === b.signs ? a.index - b.index : a.signs ? -1 : 1;
  });
}
