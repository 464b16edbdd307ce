import type { Check, Report } from '@sekisho/proof';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Text } from '../text/en.ts';
import { useWords } from '../text/words.tsx';
import { RecordedFacts } from './recorded-facts.tsx';
import type { Verification } from './verification.ts';
import { VerdictMark } from './verdict-mark.tsx';

/** The result of a verification in plain words: what was proved, and what was not. */
export function ReportView(props: { result: Verification; note?: string }): JSX.Element {
  const { text } = useWords();
  const { result, note } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (result.state === 'done') place.current?.scrollIntoView({ block: 'nearest' });
  }, [result]);
  return (
    <div class="report-place" aria-live="polite" ref={place}>
      {result.state === 'crashed' ? (
        <p class="note note-bad">{text.report[result.reason]}</p>
      ) : null}
      {result.state === 'done' ? <ReportCard report={result.report} note={note} /> : null}
    </div>
  );
}

function ReportCard(props: { report: Report; note: string | undefined }): JSX.Element {
  const { text, pick } = useWords();
  const { report, note } = props;
  const { verdict } = report;
  return (
    <section class={`report report-${verdict.toLowerCase()}`} aria-label={text.report.label}>
      <header class="report-head">
        <VerdictMark verdict={verdict} />
        <div>
          <h3>
            {text.report[verdict]} <span class="report-verdict">{verdict}</span>
          </h3>
          <p>{text.report[`${verdict}Meaning`]}</p>
        </div>
      </header>
      {verdict === 'INVALID' ? (
        <CheckList title={text.report.checks} checks={report.checks} />
      ) : (
        <>
          <div class="report-columns">
            <Sentences title={text.report.proved} list={report.proved.map(pick)} kind="yes" />
            <Sentences title={text.report.notProved} list={report.notProved.map(pick)} kind="no" />
          </div>
          <details>
            <summary>{text.report.checks}</summary>
            <CheckList checks={report.checks} />
          </details>
          {report.facts === undefined ? null : (
            <details>
              <summary>{text.report.facts}</summary>
              <RecordedFacts facts={report.facts} />
            </details>
          )}
        </>
      )}
      {note === undefined ? null : <p class="hint">{note}</p>}
    </section>
  );
}

function Sentences(props: {
  title: string;
  list: readonly string[];
  kind: 'yes' | 'no';
}): JSX.Element {
  return (
    <div>
      <h4>{props.title}</h4>
      <ul class={`sentences sentences-${props.kind}`}>
        {props.list.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}

function CheckList(props: { checks: readonly Check[]; title?: string }): JSX.Element {
  const { text, pick } = useWords();
  return (
    <>
      {props.title === undefined ? null : <h4>{props.title}</h4>}
      <ul class="checks">
        {props.checks.map((check, place) => (
          <li key={place} class={check.ok ? 'check-ok' : 'check-failed'}>
            <span class="check-sign">{check.ok ? text.report.passed : text.report.failed}</span>
            <span>
              <strong>{subjectIn(text, check.subject)}</strong> {pick(check.text)}
              {check.ok ? null : <code>{check.code ?? check.name}</code>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** proof/ names the part of the receipt in English; what is not known here is shown as it is. */
function subjectIn(text: Text, subject: string): string {
  const { subject: names } = text.report;
  const found = (Object.keys(names) as (keyof typeof names)[]).find((name) =>
    subject.includes(name),
  );
  return found === undefined ? subject : names[found];
}
