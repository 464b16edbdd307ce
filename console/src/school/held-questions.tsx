import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useCheckpoint } from '../checkpoint.tsx';
import { useWords } from '../text/words.tsx';
import { heldIds } from './held-list.ts';
import { useLesson } from './lesson-watch.ts';

/** What waited for the teacher before the page was loaded anew. */
export function HeldQuestions(): JSX.Element | null {
  const { text } = useWords();
  const [ids] = useState(heldIds);
  if (ids.length === 0) return null;
  return (
    <section class="held-questions">
      <h2>{text.school.earlier}</h2>
      <ul class="holds-list">
        {ids.map((id) => (
          <HeldQuestion key={id} id={id} />
        ))}
      </ul>
    </section>
  );
}

function HeldQuestion(props: { id: string }): JSX.Element | null {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const { lesson } = useLesson(client, props.id);
  if (lesson === undefined) return null;
  const { school } = text;
  return (
    <li class="hold">
      <a href={`#/lesson/${props.id}`}>
        {lesson.state === 'held' ? school.held : school.released}
        <code class="aside">{props.id.slice(0, 8)}</code>
      </a>
    </li>
  );
}
