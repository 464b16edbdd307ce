import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { type IssuedKey, type KeyInfo, fetchKeys, renewKey, withdrawKey } from '../api/keys.ts';
import type { SessionInfo } from '../api/session.ts';
import { type UsageSum, fetchUsage } from '../api/usage.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { IssueForm } from './issue-form.tsx';
import { KeyBounds } from './key-bounds.tsx';
import { SecretNote } from './secret-note.tsx';

interface Shown {
  readonly keys: readonly KeyInfo[];
  readonly used: ReadonlyMap<string, UsageSum>;
}

/** Keys with what they may and what they used; operators issue, renew and withdraw them here. */
export function KeysPage(props: { info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [shown, setShown] = useState<Shown>();
  const [issued, setIssued] = useState<IssuedKey>();
  const [failure, setFailure] = useState<ApiFailure>();
  const may = props.info.rights.includes('keys.read');
  const load = async (): Promise<void> => {
    const [keys, usage] = await Promise.all([fetchKeys(client), fetchUsage(client, 'key')]);
    setShown({ keys, used: new Map(usage.sums.map((sum) => [sum.name, sum])) });
  };
  /** Does something, then shows what has become of it. */
  const act = (work: () => Promise<IssuedKey | void>): void => {
    setFailure(undefined);
    const carryOut = async (): Promise<void> => {
      const made = await work();
      if (made !== undefined) setIssued(made);
      await load();
    };
    carryOut().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => {
    if (may) act(() => Promise.resolve());
  }, [client, may]);
  if (!may) {
    return (
      <>
        <PageHead title={text.keys.title} />
        <div class="empty">
          <p class="empty-title">{text.keys.notAllowed}</p>
          <p>{text.keys.notAllowedHint}</p>
        </div>
      </>
    );
  }
  const manages = props.info.rights.includes('keys');
  return (
    <>
      <PageHead title={text.keys.title} lead={text.keys.lead} />
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {issued === undefined ? null : (
        <SecretNote issued={issued} onDismiss={() => setIssued(undefined)} />
      )}
      {manages ? <IssueForm info={props.info} act={act} /> : null}
      {shown === undefined ? (
        <p class="quiet">{text.frame.loading}</p>
      ) : (
        <KeyTable shown={shown} manages={manages} act={act} />
      )}
    </>
  );
}

type Act = (work: () => Promise<IssuedKey | void>) => void;

function KeyTable(props: { shown: Shown; manages: boolean; act: Act }): JSX.Element {
  const { text } = useWords();
  const columns = ['name', 'role', 'project', 'bounds', 'thisMonth'] as const;
  return (
    <div class="table-frame">
      <table class="key-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {text.keys[column]}
              </th>
            ))}
            {props.manages ? <th scope="col" aria-label={text.keys.renew} /> : null}
          </tr>
        </thead>
        <tbody>
          {props.shown.keys.map((key) => (
            <KeyRow key={key.id} of={key} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow(props: { of: KeyInfo; shown: Shown; manages: boolean; act: Act }): JSX.Element {
  const { text, format } = useWords();
  const { of: key, shown, manages, act } = props;
  const used = shown.used.get(key.id);
  const roles: Readonly<Record<string, string>> = text.keys.roles;
  return (
    <tr>
      <th scope="row">
        {key.name} {key.person ? <span class="chip">{text.keys.signsIn}</span> : null}
        <code class="aside">{key.id}</code>
      </th>
      <td data-label={text.keys.role}>{roles[key.role] ?? key.role}</td>
      <td data-label={text.keys.project}>{key.project}</td>
      <td data-label={text.keys.bounds}>
        <KeyBounds of={key} />
      </td>
      <td class="key-used" data-label={text.keys.thisMonth}>
        {fill(text.keys.tokens, {
          count: format.number((used?.inputTokens ?? 0) + (used?.outputTokens ?? 0)),
        })}
      </td>
      {manages ? (
        <td>
          <KeyDeeds of={key} act={act} />
        </td>
      ) : null}
    </tr>
  );
}

/** Withdrawing cannot be undone, so it takes a second word. */
function KeyDeeds(props: { of: KeyInfo; act: Act }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [asking, setAsking] = useState(false);
  const { of: key, act } = props;
  if (asking) {
    return (
      <div class="key-deeds" role="alertdialog" aria-label={text.keys.withdraw}>
        <p>{fill(text.keys.confirm, { name: key.name })}</p>
        <button
          type="button"
          class="button"
          onClick={() => {
            setAsking(false);
            act(() => withdrawKey(client, key.id));
          }}
        >
          {text.keys.yes}
        </button>
        <button type="button" class="button button-quiet" onClick={() => setAsking(false)}>
          {text.keys.no}
        </button>
      </div>
    );
  }
  return (
    <div class="key-deeds">
      {key.person ? null : (
        <button
          type="button"
          class="button button-quiet"
          title={text.keys.renewHint}
          onClick={() => act(() => renewKey(client, key.id))}
        >
          {text.keys.renew}
        </button>
      )}
      <button type="button" class="button button-quiet" onClick={() => setAsking(true)}>
        {text.keys.withdraw}
      </button>
    </div>
  );
}
