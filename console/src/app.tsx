import type { ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ChatPage } from './chat/chat-page.tsx';
import type { Conversation } from './chat/conversation.ts';
import { useCheckpoint } from './checkpoint.tsx';
import { FailureNote } from './frame/failure-note.tsx';
import { Header } from './frame/header.tsx';
import { SignIn } from './frame/sign-in.tsx';
import { KeysPage } from './keys/keys-page.tsx';
import { PassagePage } from './passage/passage-page.tsx';
import type { PassageList } from './passages/list.ts';
import { PassagesPage } from './passages/passages-page.tsx';
import { ContestPage } from './review/contest-page.tsx';
import { ReviewPage } from './review/review-page.tsx';
import { ReviewsPage } from './review/reviews-page.tsx';
import { StatisticsPage } from './review/statistics-page.tsx';
import type { Route } from './route.ts';
import { ClassPage } from './school/class-page.tsx';
import { ClassesPage } from './school/classes-page.tsx';
import { LessonPage } from './school/lesson-page.tsx';
import { RulesPage } from './rules/rules-page.tsx';
import { SessionsPage } from './session/sessions-page.tsx';
import { useWords } from './text/words.tsx';
import { UsagePage } from './usage/usage-page.tsx';
import { VerifyPage } from './verify/verify-page.tsx';

export interface AppProps {
  readonly route: ReadonlySignal<Route>;
  readonly conversation: Conversation;
  readonly passages: PassageList;
}

export function App(props: AppProps): JSX.Element {
  const { text } = useWords();
  const route = props.route.value;
  return (
    <>
      <button
        type="button"
        class="skip"
        onClick={() => document.getElementById('page-title')?.focus()}
      >
        {text.frame.skip}
      </button>
      <Header route={route} />
      <main class={`main main-${route.page}`}>
        <Page {...props} />
      </main>
    </>
  );
}

/** Verifying and reading the rules is for everyone; the other pages need a key. */
function Page(props: AppProps): JSX.Element {
  const route = props.route.value;
  switch (route.page) {
    case 'verify':
      return <VerifyPage />;
    case 'rules':
      return <RulesPage />;
    case 'statistics':
      return <StatisticsPage />;
    case 'contest':
    case 'lesson':
    case 'classes':
    case 'class':
    case 'reviews':
    case 'review':
    case 'chat':
    case 'usage':
    case 'keys':
    case 'sessions':
    case 'passages':
    case 'passage':
      return <SignedInPage {...props} />;
  }
}

function SignedInPage(props: AppProps): JSX.Element {
  const { text } = useWords();
  const { client, session } = useCheckpoint();
  const state = session.current.value;
  switch (state.state) {
    case 'none':
      return <SignIn why={state.why} offer={state.offer} />;
    case 'entering':
      return <p class="quiet">{text.frame.loading}</p>;
    case 'failed':
      return <FailureNote failure={state.failure} onRetry={() => void session.enter(client)} />;
    case 'in': {
      const route = props.route.value;
      if (route.page === 'passage') {
        return <PassagePage key={route.id} id={route.id} info={state.info} />;
      }
      if (route.page === 'contest') return <ContestPage key={route.id} id={route.id} />;
      if (route.page === 'lesson') return <LessonPage key={route.id} id={route.id} />;
      if (route.page === 'classes') return <ClassesPage info={state.info} />;
      if (route.page === 'class') {
        return <ClassPage key={route.id} id={route.id} info={state.info} />;
      }
      if (route.page === 'review') return <ReviewPage key={route.id} id={route.id} />;
      if (route.page === 'reviews') return <ReviewsPage />;
      if (route.page === 'usage') return <UsagePage />;
      if (route.page === 'keys') return <KeysPage info={state.info} />;
      if (route.page === 'sessions') return <SessionsPage info={state.info} />;
      if (route.page === 'passages')
        return <PassagesPage list={props.passages} info={state.info} />;
      return <ChatPage conversation={props.conversation} info={state.info} />;
    }
  }
}
