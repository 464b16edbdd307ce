import type { JSX } from 'preact';
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
    'passages',
    ...(info === undefined ? [] : (['usage'] as const)),
    ...(info?.rights.includes('keys.read') ? (['keys'] as const) : []),
    'verify',
    'rules',
  ] as const;
  const here = props.route.page === 'passage' ? 'passages' : props.route.page;
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
  const { session } = useCheckpoint();
  const info = useSessionInfo();
  if (info === undefined) return null;
  return (
    <div class="holder">
      <span class="holder-name" title={fill(text.frame.signedInAs, { name: info.keyName })}>
        {info.keyName}
      </span>
      <button type="button" class="button button-quiet" onClick={() => session.leave()}>
        {text.frame.signOut}
      </button>
    </div>
  );
}
