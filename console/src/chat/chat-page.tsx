import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type SessionInfo, isPupil } from '../api/session.ts';
import { PageHead } from '../frame/page-head.tsx';
import { HeldQuestions } from '../school/held-questions.tsx';
import { useWords } from '../text/words.tsx';
import { Composer } from './composer.tsx';
import type { Conversation } from './conversation.ts';
import { TurnView } from './turn-view.tsx';

export function ChatPage(props: { conversation: Conversation; info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { conversation, info } = props;
  const turns = conversation.turns.value;
  const end = useFollowedEnd(conversation);
  if (!info.rights.includes('exchange')) {
    return (
      <>
        <PageHead title={text.chat.title} />
        <div class="empty">
          <p class="empty-title">{text.chat.notAllowed}</p>
          <p>{text.chat.notAllowedHint}</p>
        </div>
      </>
    );
  }
  const { chat, school } = text;
  const says = isPupil(info)
    ? { lead: school.chatLead, empty: school.chatEmpty, hint: school.chatEmptyHint }
    : { lead: chat.lead, empty: chat.empty, hint: chat.emptyHint };
  return (
    <>
      <PageHead title={text.chat.title} {...(turns.length === 0 ? { lead: says.lead } : {})}>
        {turns.length === 0 ? null : (
          <button type="button" class="button" onClick={() => conversation.clear()}>
            {text.chat.clear}
          </button>
        )}
      </PageHead>
      <div class="talk" role="log" aria-label={text.chat.title}>
        {turns.length === 0 ? (
          <div class="empty">
            <p class="empty-title">{says.empty}</p>
            <p>{says.hint}</p>
            {isPupil(info) ? <HeldQuestions /> : null}
          </div>
        ) : (
          turns.map((turn) => (
            <TurnView key={turn.number} turn={turn} info={info} conversation={conversation} />
          ))
        )}
        <div ref={end} />
      </div>
      <Composer conversation={conversation} info={info} />
    </>
  );
}

/** Keeps the end of the conversation in sight, unless the person has scrolled away from it. */
function useFollowedEnd(conversation: Conversation): preact.RefObject<HTMLDivElement> {
  const end = useRef<HTMLDivElement>(null);
  const count = conversation.turns.value.length;
  useEffect(() => {
    if (count > 0) end.current?.scrollIntoView({ block: 'end' });
    const talk = end.current?.parentElement;
    if (talk === null || talk === undefined) return undefined;
    let height = talk.scrollHeight;
    const observer = new ResizeObserver(() => {
      const grown = talk.scrollHeight - height;
      height = talk.scrollHeight;
      // Only a page that stood at its end before it grew is moved along.
      if (conversation.busy.peek() && distanceFromEnd() < Math.max(grown, 0) + 120) {
        end.current?.scrollIntoView({ block: 'end' });
      }
    });
    observer.observe(talk);
    return () => observer.disconnect();
  }, [conversation, count]);
  const busy = conversation.busy.value;
  useEffect(() => {
    // What is said below a finished answer comes with its end, so it is followed once more.
    if (!busy && count > 0 && distanceFromEnd() < 400)
      end.current?.scrollIntoView({ block: 'end' });
  }, [busy, count]);
  return end;
}

/** Pixels of the page below what is in sight. */
function distanceFromEnd(): number {
  const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
  return scrollHeight - clientHeight - scrollTop;
}
