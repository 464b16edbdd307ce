import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ClassInfo, type PackInfo, changeClass, fetchClass } from '../api/classes.ts';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import type { SessionInfo } from '../api/session.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { useWords } from '../text/words.tsx';
import { ClassHolds } from './class-holds.tsx';
import { ClassReportView } from './class-report.tsx';
import { SettingsFields, readSettings } from './settings-fields.tsx';
import { textIn } from './texts.ts';

interface Shown {
  readonly one: ClassInfo;
  readonly packs: readonly PackInfo[];
}

/** A class as its teacher leads it: what waits, what is set, and how the weeks went. */
export function ClassPage(props: { id: string; info: SessionInfo }): JSX.Element {
  const { text, language } = useWords();
  const { client } = useCheckpoint();
  const [shown, setShown] = useState<Shown>();
  const [failure, setFailure] = useState<ApiFailure>();
  const { id, info } = props;
  const may = info.rights.includes('class');
  const load = (): void => {
    setFailure(undefined);
    fetchClass(client, id)
      .then(setShown)
      .catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => {
    if (may) load();
  }, [client, id, may]);
  if (!may) return <NotATeacher />;
  const pack = shown?.packs.find((one) => one.id === shown.one.pack);
  const grade = pack?.years.find(({ year }) => year === shown?.one.year);
  const lead = [
    grade === undefined ? '' : textIn(grade.label, language),
    pack === undefined ? '' : textIn(pack.title, language),
  ].filter((part) => part !== '');
  return (
    <>
      {info.rights.includes('classes') ? (
        <a class="back" href="#/classes">
          <span aria-hidden="true">←</span> {text.school.allClasses}
        </a>
      ) : null}
      <PageHead title={shown?.one.title || `${text.school.title} ${id}`} lead={lead.join(' · ')} />
      {failure === undefined ? null : <FailureNote failure={failure} onRetry={load} />}
      {shown === undefined ? (
        failure === undefined ? (
          <p class="quiet">{text.frame.loading}</p>
        ) : null
      ) : (
        <>
          {shown.one.ready ? null : <p class="note note-bad">{text.school.notReady}</p>}
          <ClassHolds id={id} />
          <ClassReportView id={id} />
          <Settings shown={shown} onSaved={(one) => setShown({ ...shown, one })} />
        </>
      )}
    </>
  );
}

export function NotATeacher(): JSX.Element {
  const { text } = useWords();
  return (
    <>
      <PageHead title={text.school.title} />
      <div class="empty">
        <p class="empty-title">{text.school.notAllowed}</p>
        <p>{text.school.notAllowedHint}</p>
      </div>
    </>
  );
}

function Settings(props: { shown: Shown; onSaved: (one: ClassInfo) => void }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [failure, setFailure] = useState<ApiFailure>();
  const [saved, setSaved] = useState(false);
  const { one, packs } = props.shown;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const settings = readSettings(event.currentTarget as HTMLFormElement);
    setFailure(undefined);
    setSaved(false);
    const save = async (): Promise<void> => {
      props.onSaved(await changeClass(client, one.id, settings));
      setSaved(true);
    };
    save().catch((error: unknown) => setFailure(asFailure(error)));
  };
  return (
    <section>
      <h2>{text.school.settings}</h2>
      <p class="hint">{text.school.settingsHint}</p>
      <form class="card class-form" onSubmit={submit} onInput={() => setSaved(false)}>
        <SettingsFields settings={one} packs={packs} />
        <div class="words-buttons">
          <button type="submit" class="button button-main">
            {text.school.save}
          </button>
          {saved ? <span role="status">{text.school.saved}</span> : null}
        </div>
      </form>
      {failure === undefined ? null : <FailureNote failure={failure} />}
    </section>
  );
}
