import type { JSX } from 'preact';
import type { Refusal } from '../api/refusal.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionShape } from '../frame/decision-mark.tsx';
import { useWords } from '../text/words.tsx';

/** Which public rule stopped something, and how to contest it. */
export function RefusalNote(props: {
  direction: 'refused-in' | 'refused-out';
  refusal: Refusal | undefined;
}): JSX.Element {
  const { text, pick } = useWords();
  const { library } = useCheckpoint();
  const { direction, refusal } = props;
  const inward = direction === 'refused-in';
  return (
    <div class="note note-stop" role="alert">
      <p class="note-title">
        <DecisionShape decision="block" />
        {inward ? text.chat.refusedIn : text.chat.refusedOut}
      </p>
      {(refusal?.rules ?? []).map((rule) => {
        // The book has both languages, so the text follows when the reader changes theirs.
        const known = library.rule(rule.id);
        return (
          <blockquote key={rule.id} class="rule-said">
            <p>{known === undefined ? rule.text : pick(known.text)}</p>
            <footer>
              {text.chat.rule} <a href="#/rules">{rule.id}</a>
            </footer>
          </blockquote>
        );
      })}
      <p>{inward ? text.chat.refusedInHint : text.chat.refusedOutHint}</p>
      {refusal === undefined || refusal.contest === '' ? null : (
        <p class="contest">
          <strong>{text.chat.contest}</strong>
          <span>{refusal.contest}</span>
        </p>
      )}
      {refusal === undefined || refusal.receipt === '' ? null : (
        <a class="button" href={`#/contest/${refusal.receipt}`}>
          {text.review.contestThis}
        </a>
      )}
    </div>
  );
}
