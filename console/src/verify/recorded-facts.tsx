import type { ReceiptFacts, VerifiedEntry } from '@sekisho/proof';
import type { JSX } from 'preact';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What the verified record says, entry by entry. */
export function RecordedFacts(props: { facts: ReceiptFacts }): JSX.Element {
  const { text, format } = useWords();
  const { facts } = props;
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{text.fact.origin}</dt>
          <dd>
            <code>{facts.origin}</code>
          </dd>
        </div>
        <div>
          <dt>{text.fact.size}</dt>
          <dd>{format.number(facts.size)}</dd>
        </div>
      </dl>
      {facts.entries.map((item) => (
        <RecordedEntry key={item.index} item={item} />
      ))}
    </>
  );
}

function RecordedEntry(props: { item: VerifiedEntry }): JSX.Element {
  const { text, format } = useWords();
  const { item } = props;
  const { entry } = item;
  const exchange = item.role === 'intent' || item.role === 'outcome';
  return (
    <div class="recorded">
      <h4>
        {text.fact[item.role]}
        <span class="aside">{fill(text.fact.entry, { index: format.number(item.index) })}</span>
      </h4>
      <p class="recorded-line">
        {format.dateTime(entry.time)}
        {exchange ? <DecisionMark decision={entry.decision} /> : null}
        {entry.end === undefined ? null : <span>{endWord(text.end, entry.end)}</span>}
      </p>
      {item.disclosed.map(({ name, value }) => (
        <div key={name} class="disclosed">
          <code>{name}</code>
          <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
        </div>
      ))}
    </div>
  );
}

function endWord(words: Readonly<Record<string, string>>, end: string): string {
  return words[end] ?? end;
}
