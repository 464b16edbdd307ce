import type { JSX } from 'preact';
import type { Rule } from '../api/rules.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionShape, asDecision } from '../frame/decision-mark.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** One rule: its sentence first, then what sets it off. */
export function RuleCard(props: { rule: Rule }): JSX.Element {
  const { text, pick, format } = useWords();
  const { library } = useCheckpoint();
  const { rule } = props;
  const decision = asDecision(rule.action);
  return (
    <li class="rule">
      <p class={`rule-action decision decision-${decision}`}>
        <DecisionShape decision={decision} />
        <span class="decision-word">{wordOf(text.rules.action, rule.action)}</span>
        <span class="aside">{wordOf(text.rules.direction, rule.direction)}</span>
      </p>
      <p class="rule-text">{pick(rule.text)}</p>
      <p class="rule-detail">
        <span class="quiet">{text.rules.looksFor}</span>
        {rule.kinds.map((kind) => (
          <KindName key={kind} kind={kind} />
        ))}
        <span class="quiet">{fill(text.rules.from, { score: format.number(rule.minScore) })}</span>
        {rule.raiseTo === null ? null : (
          <span class="quiet">
            {fill(text.rules.raises, { title: pick(library.classTitle(rule.raiseTo)) })}
          </span>
        )}
        <code class="rule-id">{rule.id}</code>
      </p>
    </li>
  );
}

/** One kind of finding, or a whole family such as `personal.*`. */
function KindName(props: { kind: string }): JSX.Element {
  const { text, pick } = useWords();
  const { library } = useCheckpoint();
  const family = /^(.*)\.\*$/.exec(props.kind)?.[1];
  return (
    <span class="chip" title={props.kind}>
      {family === undefined
        ? pick(library.kindTitle(props.kind))
        : fill(text.rules.family, { family: wordOf(text.rules.families, family) })}
    </span>
  );
}

function wordOf(words: Readonly<Record<string, string>>, name: string): string {
  return words[name] ?? name;
}
