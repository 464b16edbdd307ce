import type { JSX } from 'preact';
import type { PassageHead } from '../api/passage-head.ts';
import type { SessionInfo } from '../api/session.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { DecisionMark } from '../frame/decision-mark.tsx';
import { fill } from '../text/format.ts';
import { operatorLine } from '../text/operator-line.ts';
import { useWords } from '../text/words.tsx';
import { ReceiptActions } from '../verify/receipt-actions.tsx';
import type { Answer, Turn } from './conversation.ts';

/** The quiet line under an answer: how it came through, and its receipt. */
export function PassageLine(props: {
  answer: Answer;
  head: PassageHead;
  turn: Turn;
  info: SessionInfo;
}): JSX.Element {
  const { text } = useWords();
  const { answer, head, info } = props;
  const settled = answer.stage !== 'writing';
  return (
    <footer class="line" aria-label={text.line.label}>
      <dl class="line-facts">
        <div>
          <dt class="unseen">{text.passages.decision}</dt>
          <dd>
            <DecisionMark decision={decisionOf(answer, head)} open={!settled} />
          </dd>
        </div>
        <ClassFact head={head} stated={props.turn.dataClass} />
        <UpstreamFact head={head} info={info} />
        <RulesFact answer={answer} head={head} />
        <div>
          <dt>{text.line.receipt}</dt>
          <dd>
            <code title={head.receipt}>{shorten(head.receipt)}</code>
          </dd>
        </div>
      </dl>
      {settled ? (
        <ReceiptActions id={head.receipt}>
          {info.role === 'operator' ? (
            <a class="button button-quiet" href={`#/passages/${head.receipt}`}>
              {text.line.look}
            </a>
          ) : null}
        </ReceiptActions>
      ) : null}
    </footer>
  );
}

/** Headers leave before the answer is looked at: a stop on the way out is not yet in them. */
function decisionOf(answer: Answer, head: PassageHead): string {
  if (answer.stage === 'refused-out' || answer.stage === 'refused-in') return 'block';
  if (answer.stage === 'failed') return 'error';
  return head.decision;
}

function ClassFact(props: { head: PassageHead; stated: string }): JSX.Element | null {
  const { text, pick } = useWords();
  const { library } = useCheckpoint();
  const { head, stated } = props;
  if (head.dataClass === '') return null;
  const raised = stated !== '' && stated !== head.dataClass;
  return (
    <div>
      <dt>{text.line.dataClass}</dt>
      <dd>
        {pick(library.classTitle(head.dataClass))}
        {raised ? (
          <span class="aside">
            {fill(text.line.raised, { title: pick(library.classTitle(stated)) })}
          </span>
        ) : null}
      </dd>
    </div>
  );
}

function UpstreamFact(props: { head: PassageHead; info: SessionInfo }): JSX.Element {
  const words = useWords();
  const { text, format } = words;
  const { head, info } = props;
  const known = info.upstreams.find((upstream) => upstream.id === head.upstream);
  return (
    <div>
      <dt>{text.line.upstream}</dt>
      <dd>
        {head.upstream ?? text.line.noUpstream}
        {known === undefined ? null : <span class="aside">{operatorLine(known, words)}</span>}
        {head.cached ? <span class="aside">{text.line.cached}</span> : null}
        {head.failedUpstreams.length === 0 ? null : (
          <span class="aside">
            {fill(text.line.fallback, { names: format.list(head.failedUpstreams) })}
          </span>
        )}
      </dd>
    </div>
  );
}

function RulesFact(props: { answer: Answer; head: PassageHead }): JSX.Element | null {
  const { text, pick } = useWords();
  const { library } = useCheckpoint();
  const stopping = props.answer.refusal?.rules.map((rule) => rule.id) ?? [];
  const rules = [...new Set([...props.head.rules, ...stopping])];
  if (rules.length === 0) return null;
  return (
    <div>
      <dt>{text.line.rules}</dt>
      <dd class="rule-links">
        {rules.map((id) => {
          const rule = library.rule(id);
          return (
            <a key={id} href="#/rules" title={rule === undefined ? undefined : pick(rule.text)}>
              {id}
            </a>
          );
        })}
      </dd>
    </div>
  );
}

function shorten(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id;
}
