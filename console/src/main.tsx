// oxlint-disable import/no-unassigned-import -- a style sheet gives nothing that could be assigned
import { effect, untracked } from '@preact/signals';
import { render } from 'preact';
import { createClient } from './api/client.ts';
import { App } from './app.tsx';
import { createConversation } from './chat/conversation.ts';
import { CheckpointProvider } from './checkpoint.tsx';
import { createPassageList } from './passages/list.ts';
import { watchRoute } from './route.ts';
import { createLibrary } from './rules/library.ts';
import { forgetHeld } from './school/held-list.ts';
import { takeKeyFromFragment } from './session/key-fragment.ts';
import { createSession } from './session/session.ts';
import { takeSignInFailure } from './session/sign-in-failure.ts';
import './style/palette.css';
import './style/base.css';
import './style/frame.css';
import './style/chat.css';
import './style/passages.css';
import './style/passage.css';
import './style/rules.css';
import './style/usage.css';
import './style/sign-in.css';
import './style/proof.css';
import './style/review.css';
import './style/school.css';
import { createLanguage } from './text/language.ts';
import { WordsProvider } from './text/words.tsx';

/** Puts the page together: the only place that makes anything. */
function start(): void {
  const language = createLanguage(navigator.languages);
  const givenKey = takeKeyFromFragment();
  const session = createSession(sessionStorage, takeSignInFailure());
  const client = createClient({
    key: () => session.key(),
    language: () => language.current.peek(),
    // A 401 may concern one address only; the session says whether the key itself still holds.
    onUnauthorized: () => void session.recheck(client),
  });
  const library = createLibrary(client);
  const route = watchRoute(() => {
    const key = takeKeyFromFragment();
    if (key !== undefined) void session.enter(client, key);
    scrollTo(0, 0);
    requestAnimationFrame(() => document.getElementById('page-title')?.focus());
  });
  let conversation = createConversation(client);
  let passages = createPassageList(client);
  const root = document.getElementById('app');
  if (root === null) throw new Error("couldn't start: the page has no #app");
  const draw = (): void => {
    render(
      <WordsProvider choice={language}>
        <CheckpointProvider value={{ client, session, library }}>
          <App route={route} conversation={conversation} passages={passages} />
        </CheckpointProvider>
      </WordsProvider>,
      root,
    );
  };
  effect(() => {
    // What one person saw is gone from the page before another signs in.
    if (session.current.value.state === 'none') {
      conversation.stop();
      conversation = createConversation(client);
      passages = createPassageList(client);
      forgetHeld();
    }
    untracked(draw);
  });
  void session.enter(client, givenKey);
  void library.load();
}

start();
