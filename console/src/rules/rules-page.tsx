import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { RuleBook } from '../api/rules.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { CopyableCode } from '../frame/copyable-code.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { ClassMatrix } from './class-matrix.tsx';
import { DetectorList } from './detector-list.tsx';
import { RuleCard } from './rule-card.tsx';
import { UpstreamStates } from './upstream-states.tsx';

/** The public rule book. Anyone may read it. */
export function RulesPage(): JSX.Element {
  const { text } = useWords();
  const { library } = useCheckpoint();
  useEffect(() => void library.load(), [library]);
  const shelf = library.shelf.value;
  const institution = shelf.state === 'ready' ? shelf.book.institution : '';
  const lead = institution === '' ? text.rules.leadPlain : fill(text.rules.lead, { institution });
  return (
    <>
      <PageHead title={text.rules.title} lead={lead} />
      {shelf.state === 'failed' ? (
        <FailureNote failure={shelf.failure} onRetry={() => void library.load()} />
      ) : null}
      {shelf.state === 'loading' ? <p class="quiet">{text.frame.loading}</p> : null}
      {shelf.state === 'ready' ? <Book book={shelf.book} /> : null}
    </>
  );
}

function Book(props: { book: RuleBook }): JSX.Element {
  const { text, pick } = useWords();
  const { book } = props;
  return (
    <>
      <section>
        <h2>{text.rules.classes}</h2>
        <p class="hint">{text.rules.classesHint}</p>
        <ClassMatrix book={book} />
      </section>
      <UpstreamStates />
      <section>
        <h2>{text.rules.supervision}</h2>
        {book.rules.length === 0 ? <p class="note note-bad">{text.rules.noRules}</p> : null}
        <ol class="rules">
          {book.rules.map((rule) => (
            <RuleCard key={rule.id} rule={rule} />
          ))}
        </ol>
      </section>
      <section class="card contest-card">
        <h2>{text.rules.contest}</h2>
        <p class="contest-who">{pick(book.contact)}</p>
        <p class="hint">{text.rules.contestHint}</p>
      </section>
      <section>
        <h2>{text.rules.detectors}</h2>
        <p class="hint">{text.rules.detectorsHint}</p>
        <DetectorList detectors={book.detectors} />
      </section>
      <section>
        <h2>{text.rules.hash}</h2>
        <CopyableCode value={book.sha256} />
      </section>
    </>
  );
}
