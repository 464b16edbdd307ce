import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import type { SessionInfo } from '../api/session.ts';
import { type SessionRow, endSession, fetchSessions } from '../api/sign-in.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** Who one is here, and the browsers that are signed in: everybody's, or one's own. */
export function SessionsPage(props: { info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const [rows, setRows] = useState<readonly SessionRow[]>();
  const [failure, setFailure] = useState<ApiFailure>();
  const { info } = props;
  const everybody = info.rights.includes('sessions');
  const may = everybody || info.person;
  const act = (work: () => Promise<void>): void => {
    setFailure(undefined);
    const carryOut = async (): Promise<void> => {
      await work();
      setRows(await fetchSessions(client));
    };
    carryOut().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => {
    if (may) act(() => Promise.resolve());
  }, [client, may]);
  return (
    <>
      <PageHead
        title={text.sessions.title}
        lead={everybody ? text.sessions.lead : text.sessions.leadOwn}
      />
      <WhoAmI info={info} />
      {failure === undefined ? null : <FailureNote failure={failure} />}
      {may ? null : <p class="quiet">{text.sessions.notByKey}</p>}
      {rows === undefined ? null : (
        <SessionTable rows={rows} onEnd={(id) => act(() => endSession(client, id))} />
      )}
    </>
  );
}

function WhoAmI(props: { info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { keyName, role, rights, person } = props.info;
  const roles: Readonly<Record<string, string>> = text.keys.roles;
  const words: Readonly<Record<string, string>> = text.right;
  return (
    <dl class="card who">
      <dt>{text.sessions.you}</dt>
      <dd>{keyName}</dd>
      <dt>{text.sessions.role}</dt>
      <dd>
        {roles[role] ?? role}
        {person ? <span class="aside">{text.sessions.roleFrom}</span> : null}
      </dd>
      <dt>{text.sessions.may}</dt>
      <dd class="who-rights">
        {rights.map((right) => (
          <span key={right} class="chip">
            {words[right] ?? right}
          </span>
        ))}
      </dd>
    </dl>
  );
}

function SessionTable(props: {
  rows: readonly SessionRow[];
  onEnd: (id: string) => void;
}): JSX.Element {
  const { text, format } = useWords();
  const { rows, onEnd } = props;
  const roles: Readonly<Record<string, string>> = text.keys.roles;
  const columns = ['name', 'role', 'since', 'seen', 'until'] as const;
  if (rows.length === 0) {
    return (
      <div class="empty">
        <p class="empty-title">{text.sessions.none}</p>
      </div>
    );
  }
  return (
    <div class="table-frame">
      <table class="session-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {text.sessions[column]}
              </th>
            ))}
            <th scope="col" aria-label={text.sessions.end} />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                {row.name} {row.current ? <span class="chip">{text.sessions.here}</span> : null}
              </th>
              <td data-label={text.sessions.role}>{roles[row.role] ?? row.role}</td>
              <td data-label={text.sessions.since}>{format.minute(row.created)}</td>
              <td data-label={text.sessions.seen}>{format.minute(row.seen)}</td>
              <td data-label={text.sessions.until}>{format.minute(row.until)}</td>
              <td>
                <button
                  type="button"
                  class="button button-quiet"
                  aria-label={fill(text.sessions.endOf, { name: row.name })}
                  onClick={() => onEnd(row.id)}
                >
                  {text.sessions.end}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
