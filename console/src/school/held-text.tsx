import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type OpenedText, openText } from '../api/opened-text.ts';
import { type ReviewRow, type ReviewWords, fetchReview, openWords } from '../api/reviews.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { useWords } from '../text/words.tsx';
import { NotedText } from './noted-text.tsx';

interface Opened {
  readonly text: OpenedText | undefined;
  readonly words: ReviewWords | undefined;
}

/** What pupil and model said. Opening it is an act of its own, and is recorded. */
export function HeldText(props: { row: ReviewRow }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const { row } = props;
  const [mayOpen, setMayOpen] = useState<boolean>();
  const [opened, setOpened] = useState<Opened>();
  const [failure, setFailure] = useState<ApiFailure>();
  const act = (work: () => Promise<void>): void => {
    setFailure(undefined);
    work().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => {
    act(async () => setMayOpen((await fetchReview(client, row.passage)).mayOpen));
  }, [client, row.passage]);
  const open = (): void =>
    act(async () => {
      const words = row.contested ? await openWords(client, row.passage) : undefined;
      setOpened({ text: mayOpen ? await openText(client, row.passage) : undefined, words });
    });
  if (opened !== undefined) return <Shown opened={opened} id={row.passage} />;
  return (
    <>
      {mayOpen === false ? <p class="note">{text.school.mayNotOpen}</p> : null}
      {mayOpen === true || (mayOpen === false && row.contested) ? (
        <div class="hold-open">
          <button type="button" class="button" onClick={open}>
            {mayOpen ? text.school.open : text.school.pupilSays}
          </button>
          <span class="hint">{text.school.openHint}</span>
        </div>
      ) : null}
      {failure === undefined ? null : <FailureNote failure={failure} />}
    </>
  );
}

function Shown(props: { opened: Opened; id: string }): JSX.Element {
  const { text } = useWords();
  const { school } = text;
  const { text: said, words } = props.opened;
  const question = said?.request.findLast(({ role }) => role === 'user')?.content ?? '';
  const held = said?.held ?? '';
  return (
    <div class="held">
      <p class="hint" role="status">
        {school.opened}
      </p>
      {words?.reason ? <Part title={school.pupilSays} said={words.reason} /> : null}
      {said === undefined ? null : said.contentState === 'ERASED' ? (
        <p class="note">{text.passage.textErased}</p>
      ) : (
        <>
          <Part title={school.question} said={question} />
          <div class="held-part">
            <h3>{held === '' ? school.givenAnswer : school.heldAnswer}</h3>
            <NotedText
              id={props.id}
              text={held === '' ? said.delivered : held}
              notes={said.notes}
            />
          </div>
          <Drafts of={said} id={props.id} />
        </>
      )}
    </div>
  );
}

function Part(props: { title: string; said: string }): JSX.Element {
  return (
    <div class="held-part">
      <h3>{props.title}</h3>
      <p class="pre">{props.said}</p>
    </div>
  );
}

function Drafts(props: { of: OpenedText; id: string }): JSX.Element | null {
  const { text } = useWords();
  const { drafts } = props.of;
  if (drafts.length === 0) return null;
  return (
    <details class="drafts">
      <summary>
        {text.school.drafts} ({drafts.length})
      </summary>
      {drafts.map((draft, i) => (
        <div key={i} class="held-part">
          <NotedText id={`${props.id}-${i}`} text={draft.said} notes={draft.notes} />
          <p class="hint">{text.school.draftWhy}</p>
          <p class="pre hint">{draft.again}</p>
        </div>
      ))}
    </details>
  );
}
