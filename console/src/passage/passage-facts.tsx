import type { ComponentChildren, JSX } from 'preact';
import type { PassageDetail } from '../api/passages.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What can be told of a passage without opening its text. */
export function PassageFacts(props: { passage: PassageDetail }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { passage } = props;
  const { passage: say } = text;
  return (
    <dl class="facts">
      <Fact name={text.passages.time}>{format.dateTime(passage.time)}</Fact>
      <Fact name={say.end}>{endWord(text.end, passage.end ?? 'open')}</Fact>
      <Fact name={text.passages.key}>{passage.key}</Fact>
      <Fact name={text.passages.dataClass}>
        {passage.dataClass === null ? null : pick(library.classTitle(passage.dataClass))}
      </Fact>
      <Fact name={say.model}>{passage.model}</Fact>
      <Fact name={say.usage}>{usage(passage, text.passage, format.number)}</Fact>
      <Fact name={say.latency}>
        {passage.ms === null ? null : format.duration(passage.ms)}
        {passage.firstByteMs === null ? null : (
          <span class="aside">
            {fill(say.firstByte, { time: format.duration(passage.firstByteMs) })}
          </span>
        )}
      </Fact>
      <Fact name={say.failure}>
        {passage.failure === null ? null : <code>{passage.failure}</code>}
      </Fact>
      <Fact name={say.keptOf} wide>
        {passage.cache === null ? null : (
          <a href={`#/passages/${passage.cache.passage}`}>
            <code>{passage.cache.passage}</code>
          </a>
        )}
      </Fact>
      <Fact name={say.guards} wide>
        {passage.guards.length === 0
          ? null
          : passage.guards.map(({ id, model, operator, jurisdiction, said }) => (
              <span key={id} class="rule-named">
                <code>{id}</code>
                <span>{guardWord(say.guardSaid, said)}</span>
                <span class="quiet">{`${model} · ${operator} · ${jurisdiction}`}</span>
              </span>
            ))}
      </Fact>
      <Fact name={text.passages.rule} wide>
        {passage.rules.length === 0
          ? null
          : passage.rules.map((id) => {
              const rule = library.rule(id);
              return (
                <span key={id} class="rule-named">
                  <a href="#/rules">
                    <code>{id}</code>
                  </a>
                  {rule === undefined ? null : <span class="quiet">{pick(rule.text)}</span>}
                </span>
              );
            })}
      </Fact>
      <Fact name={say.id} wide>
        <code>{passage.id}</code>
      </Fact>
    </dl>
  );
}

function guardWord(words: Readonly<Record<string, string>>, said: string): string {
  return words[said] ?? said;
}

/** A fact that is not known is not shown. */
function Fact(props: {
  name: string;
  wide?: boolean;
  children: ComponentChildren;
}): JSX.Element | null {
  const parts = [props.children].flat();
  if (parts.every((part) => part === null || part === '')) return null;
  return (
    <div class={props.wide === true ? 'fact-wide' : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function usage(
  passage: PassageDetail,
  say: { readonly tokens: string; readonly estimated: string },
  number: (value: number) => string,
): JSX.Element | null {
  const { inputTokens, outputTokens } = passage;
  if (inputTokens === null || outputTokens === null) return null;
  return (
    <>
      {fill(say.tokens, { input: number(inputTokens), output: number(outputTokens) })}
      {passage.estimated ? <span class="aside">{say.estimated}</span> : null}
    </>
  );
}

function endWord(words: Readonly<Record<string, string>>, end: string): string {
  return words[end] ?? end;
}
