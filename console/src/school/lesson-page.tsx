import type { JSX } from 'preact';
import { PageHead } from '../frame/page-head.tsx';
import { useWords } from '../text/words.tsx';
import { ReceiptActions } from '../verify/receipt-actions.tsx';
import { LessonView } from './lesson-view.tsx';

/** Where a notice leads: how it stands with one question of one's own. */
export function LessonPage(props: { id: string }): JSX.Element {
  const { text } = useWords();
  return (
    <>
      <a class="back" href="#/chat">
        <span aria-hidden="true">←</span> {text.school.toChat}
      </a>
      <PageHead title={text.school.lessonTitle} />
      <article class="answer">
        <LessonView id={props.id} said="" isNotice={false} />
        <footer class="line">
          <ReceiptActions id={props.id} />
        </footer>
      </article>
    </>
  );
}
