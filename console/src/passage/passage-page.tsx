import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type PassageDetail, fetchPassage } from '../api/passages.ts';
import type { SessionInfo } from '../api/session.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { useWords } from '../text/words.tsx';
import { ReceiptActions } from '../verify/receipt-actions.tsx';
import { FindingsTable } from './findings-table.tsx';
import { PassageFacts } from './passage-facts.tsx';
import { SealedText } from './sealed-text.tsx';
import { describeWay } from './way.ts';
import { WayPicture } from './way-picture.tsx';
import { WaySteps } from './way-steps.tsx';

/** A passage that is under way is looked at again this often. */
const againMs = 2_000;

export function PassagePage(props: { id: string; info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { passage, failure, reload } = usePassage(props.id);
  return (
    <>
      <a class="back" href="#/passages">
        <span aria-hidden="true">←</span> {text.passage.back}
      </a>
      <PageHead title={text.passage.title}>
        {passage === undefined ? null : (
          <DecisionMark decision={passage.decision} open={passage.end === null} />
        )}
      </PageHead>
      {failure === undefined ? null : <FailureNote failure={failure} onRetry={reload} />}
      {passage === undefined && failure === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : null}
      {passage === undefined ? null : <Detail passage={passage} />}
    </>
  );
}

/** What a rule stopped or changed; whose passage it is, the checkpoint says. */
const contestable: ReadonlySet<string> = new Set(['block', 'redact', 'escalate', 'annotate']);

function Detail(props: { passage: PassageDetail }): JSX.Element {
  const { text } = useWords();
  const { library } = useCheckpoint();
  const { passage } = props;
  const way = describeWay(passage, (rule) => library.rule(rule)?.action);
  return (
    <>
      <PassageFacts passage={passage} />
      <section class="card">
        <h2>{text.passage.way}</h2>
        <WayPicture passage={passage} way={way} />
        <WaySteps passage={passage} way={way} />
      </section>
      <section>
        <h2>{text.passage.findings}</h2>
        <FindingsTable findings={passage.findings} />
      </section>
      <section>
        <h2>{text.passage.receipt}</h2>
        <ReceiptActions id={passage.id} />
        {passage.end === null || !contestable.has(passage.decision) ? null : (
          <p class="hint">
            <a href={`#/contest/${passage.id}`}>{text.review.contestThis}</a>
          </p>
        )}
      </section>
      <section>
        <h2>{text.passage.text}</h2>
        <Custody passage={passage} />
        <SealedText id={passage.id} contentState={passage.contentState} />
      </section>
    </>
  );
}

/** What was erased of it, on what basis and by whom, and whether a hold keeps it. */
function Custody(props: { passage: PassageDetail }): JSX.Element {
  const { text } = useWords();
  const { erasures, held } = props.passage;
  return (
    <>
      {held ? <p class="note">{text.passage.held}</p> : null}
      {erasures.map(({ index, basis, authority }) => (
        <p key={index} class="note">
          {text.passage.erasure}: {text.passage.erasureBasis} <code>{basis}</code> ·{' '}
          {text.passage.erasureAuthority} {authority} · {text.passage.erasureEntry} {index}
        </p>
      ))}
    </>
  );
}

function usePassage(id: string): {
  readonly passage: PassageDetail | undefined;
  readonly failure: ApiFailure | undefined;
  readonly reload: () => void;
} {
  const { client } = useCheckpoint();
  const [passage, setPassage] = useState<PassageDetail>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [round, setRound] = useState(0);
  const reload = (): void => setRound((count) => count + 1);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        const found = await fetchPassage(client, id);
        if (gone) return;
        setPassage(found);
        setFailure(undefined);
        if (found.end === null) timer = setTimeout(reload, againMs);
      } catch (error) {
        if (!gone) setFailure(asFailure(error));
      }
    };
    void load();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [client, id, round]);
  return { passage, failure, reload };
}
