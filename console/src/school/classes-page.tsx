import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ClassInfo, type Classes, createClass, fetchClasses } from '../api/classes.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type IssuedKey, issueKey } from '../api/keys.ts';
import type { SessionInfo } from '../api/session.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { SecretNote } from '../keys/secret-note.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { ClassPage, NotATeacher } from './class-page.tsx';
import { SettingsFields, readSettings, wordsOf } from './settings-fields.tsx';
import { textIn } from './texts.ts';

/** Operators make classes here; a teacher comes to the one that is theirs. */
export function ClassesPage(props: { info: SessionInfo }): JSX.Element {
  const { info } = props;
  if (info.rights.includes('classes')) return <AllClasses />;
  if (info.class === null || !info.rights.includes('class')) return <NotATeacher />;
  return <ClassPage id={info.class} info={info} />;
}

type Act = (work: () => Promise<IssuedKey | void>) => void;

function AllClasses(): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [shown, setShown] = useState<Classes>();
  const [issued, setIssued] = useState<IssuedKey>();
  const [failure, setFailure] = useState<ApiFailure>();
  const act: Act = (work) => {
    setFailure(undefined);
    const carryOut = async (): Promise<void> => {
      const made = await work();
      if (made !== undefined) setIssued(made);
      setShown(await fetchClasses(client));
    };
    carryOut().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => act(() => Promise.resolve()), [client]);
  return (
    <>
      <PageHead title={text.school.classes} lead={text.school.classesLead} />
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {issued === undefined ? null : (
        <SecretNote issued={issued} onDismiss={() => setIssued(undefined)} />
      )}
      {shown === undefined ? (
        failure === undefined ? (
          <p class="quiet">{text.frame.loading}</p>
        ) : null
      ) : (
        <>
          {shown.packs.length === 0 ? (
            <p class="note">{text.school.noPack}</p>
          ) : (
            <NewClass packs={shown.packs} act={act} />
          )}
          {shown.classes.length === 0 ? (
            <div class="empty">
              <p class="empty-title">{text.school.noClass}</p>
              <p>{text.school.noClassHint}</p>
            </div>
          ) : (
            <ul class="holds-list">
              {shown.classes.map((one) => (
                <ClassCard key={one.id} of={one} packs={shown.packs} act={act} />
              ))}
            </ul>
          )}
        </>
      )}
    </>
  );
}

function NewClass(props: { packs: Classes['packs']; act: Act }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [open, setOpen] = useState(false);
  const { packs, act } = props;
  const [first] = packs;
  if (!open || first === undefined) {
    return (
      <button type="button" class="button button-main issue-open" onClick={() => setOpen(true)}>
        {text.school.add}
      </button>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const id = wordsOf(new FormData(form), 'id');
    act(async () => {
      await createClass(client, { id, ...readSettings(form) });
      setOpen(false);
    });
  };
  const settings = {
    title: '',
    pack: first.id,
    year: first.years[0]?.year ?? 1,
    subject: null,
    scaffold: false,
    notesToPupil: true,
  };
  return (
    <form class="card class-form" onSubmit={submit}>
      <label class="field">
        <span class="field-name">{text.school.id}</span>
        <input
          name="id"
          required
          pattern="[a-z0-9][a-z0-9._\-]{0,63}"
          autocomplete="off"
          autocapitalize="none"
        />
        <span class="hint">{text.school.idHint}</span>
      </label>
      <SettingsFields settings={settings} packs={packs} />
      <div class="words-buttons">
        <button type="submit" class="button button-main">
          {text.school.make}
        </button>
      </div>
    </form>
  );
}

function ClassCard(props: { of: ClassInfo; packs: Classes['packs']; act: Act }): JSX.Element {
  const { text, format, language } = useWords();
  const { of: one, packs, act } = props;
  const [issuing, setIssuing] = useState<'user' | 'teacher'>();
  const pack = packs.find(({ id }) => id === one.pack);
  const grade = pack?.years.find(({ year }) => year === one.year);
  return (
    <li class="hold">
      <div class="hold-head">
        <div class="class-name">
          <h2>
            <a href={`#/class/${one.id}`}>{one.title || one.id}</a> <code>{one.id}</code>
          </h2>
          <p class="quiet">
            {grade === undefined ? one.pack : textIn(grade.label, language)}
            {' · '}
            {fill(text.school.keysOf, {
              pupils: format.number(one.pupils),
              teachers: format.number(one.teachers),
            })}
          </p>
          {one.ready ? null : <p class="complaint">{text.school.notReady}</p>}
        </div>
        <div class="words-buttons">
          <button type="button" class="button" onClick={() => setIssuing('user')}>
            {text.school.issuePupil}
          </button>
          <button type="button" class="button" onClick={() => setIssuing('teacher')}>
            {text.school.issueTeacher}
          </button>
        </div>
      </div>
      {issuing === undefined ? null : (
        <IssueKey
          key={issuing}
          role={issuing}
          class={one.id}
          act={act}
          onDone={() => setIssuing(undefined)}
        />
      )}
    </li>
  );
}

function IssueKey(props: {
  role: 'user' | 'teacher';
  class: string;
  act: Act;
  onDone: () => void;
}): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const { role, class: of, act, onDone } = props;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const name = wordsOf(new FormData(event.currentTarget as HTMLFormElement), 'name');
    act(async () => {
      const made = await issueKey(client, { name, role, class: of });
      onDone();
      return made;
    });
  };
  return (
    <form class="class-issue" onSubmit={submit}>
      <label class="field">
        <span class="field-name">
          {role === 'teacher' ? text.school.issueTeacher : text.school.issuePupil}
        </span>
        <input
          name="name"
          required
          maxLength={100}
          autocomplete="off"
          aria-label={text.school.keyName}
        />
        <span class="hint">{text.school.keyNameHint}</span>
      </label>
      <button type="submit" class="button button-main">
        {text.school.issue}
      </button>
    </form>
  );
}
