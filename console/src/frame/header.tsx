import type { JSX } from 'preact';
import { type SessionInfo, isPupil } from '../api/session.ts';
import { useCheckpoint, useSessionInfo } from '../checkpoint.tsx';
import type { Route } from '../route.ts';
import { fill } from '../text/format.ts';
import { languageNames, languages } from '../text/language.ts';
import { useWords } from '../text/words.tsx';
import { GateMark } from './gate-mark.tsx';

export function Header(props: { route: Route }): JSX.Element {
  const { text } = useWords();
  const info = useSessionInfo();
  return (
    <header class="top">
      <div class="top-row">
        <a class="brand" href="#/chat">
          <GateMark />
          <span class="brand-words">
            <span class="brand-name">{text.product}</span>
            <span class="brand-institution">{info?.institution || text.tagline}</span>
          </span>
        </a>
        <div class="top-side">
          <LanguageSwitch />
          <KeyHolder />
        </div>
      </div>
      <PageLinks route={props.route} />
    </header>
  );
}

function PageLinks(props: { route: Route }): JSX.Element {
  const { text } = useWords();
  const info = useSessionInfo();
  const pages = [
    'chat',
    ...(isOfClass(info) ? [] : (['passages'] as const)),
    ...(info?.rights.includes('class') ? (['classes'] as const) : []),
    ...(info === undefined ? [] : (['usage'] as const)),
    ...(info?.rights.includes('keys.read') ? (['keys'] as const) : []),
    ...(listsSessions(info) ? (['sessions'] as const) : []),
    ...(info?.rights.includes('reviews') ? (['reviews'] as const) : []),
    'verify',
    'rules',
    ...(isPupil(info) ? [] : (['statistics'] as const)),
  ] as const;
  const within: Readonly<Record<string, string>> = {
    passage: 'passages',
    review: 'reviews',
    class: 'classes',
    lesson: 'chat',
  };
  const here = within[props.route.page] ?? props.route.page;
  return (
    <nav class="pages" aria-label={text.nav.label}>
      {pages.map((page) => (
        <a key={page} href={`#/${page}`} aria-current={page === here ? 'page' : undefined}>
          {text.nav[page]}
        </a>
      ))}
    </nav>
  );
}

/** Pupils and teachers are not shown a page that is not for them. */
function isOfClass(info: SessionInfo | undefined): boolean {
  return info !== undefined && info.class !== null && !info.rights.includes('passages');
}

/** Whoever signed in finds themselves there, and the security office everybody. */
function listsSessions(info: SessionInfo | undefined): boolean {
  return info?.signIn === true && (info.person || info.rights.includes('sessions'));
}

function LanguageSwitch(): JSX.Element {
  const { text, language, choose } = useWords();
  return (
    <div class="switch" role="group" aria-label={text.frame.language}>
      {languages.map((id) => (
        <button
          key={id}
          type="button"
          lang={id}
          aria-pressed={id === language}
          onClick={() => choose(id)}
        >
          {languageNames[id]}
        </button>
      ))}
    </div>
  );
}

function KeyHolder(): JSX.Element | null {
  const { text } = useWords();
  const { client, session } = useCheckpoint();
  const info = useSessionInfo();
  if (info === undefined) return null;
  const said = fill(text.frame.signedInAs, { name: info.keyName });
  const roles: Readonly<Record<string, string>> = text.keys.roles;
  return (
    <div class="holder">
      <span class="holder-who">
        {info.person ? (
          <a class="holder-name" href="#/sessions" title={said}>
            {info.keyName}
          </a>
        ) : (
          <span class="holder-name" title={said}>
            {info.keyName}
          </span>
        )}
        <span class="holder-role">{roles[info.role] ?? info.role}</span>
      </span>
      <button type="button" class="button button-quiet" onClick={() => void session.leave(client)}>
        {text.frame.signOut}
      </button>
    </div>
  );
}
