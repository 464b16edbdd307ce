import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { verifierKeys } from '../api/session.ts';
import { useSessionInfo } from '../checkpoint.tsx';
import { PageHead } from '../frame/page-head.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import { DropZone } from './drop-zone.tsx';
import { ReportView } from './report-view.tsx';
import { type Verification, readKeys, verify } from './verification.ts';

type Complaint = 'noKey' | 'noReceipt' | 'tooLarge' | 'notText';

/** Checks a receipt for anyone, without the server and without a network. */
export function VerifyPage(): JSX.Element {
  const { text } = useWords();
  const ownKey = verifierKeys(useSessionInfo()).join('\n');
  const [typedKeys, setTypedKeys] = useState<string>();
  const [receipt, setReceipt] = useState('');
  const [fileName, setFileName] = useState('');
  const [complaint, setComplaint] = useState<Complaint>();
  const [result, setResult] = useState<Verification>({ state: 'idle' });
  const keys = typedKeys ?? ownKey;

  const run = (source: string): void => {
    setResult({ state: 'idle' });
    const problem =
      readKeys(keys).length === 0 ? 'noKey' : source.trim() === '' ? 'noReceipt' : undefined;
    setComplaint(problem);
    if (problem !== undefined) return;
    setResult({ state: 'working' });
    void verify(source, readKeys(keys)).then(setResult);
  };
  const take = (name: string, source: string): void => {
    setFileName(name);
    setReceipt(source);
    run(source);
  };
  const typeReceipt = (source: string): void => {
    setReceipt(source);
    setFileName('');
    setResult({ state: 'idle' });
  };
  return (
    <>
      <PageHead title={text.verify.title} lead={text.verify.lead} />
      <form
        class="verify-form"
        onSubmit={(event) => {
          event.preventDefault();
          // Space around a pasted receipt is the clipboard's, not the receipt's.
          run(receipt.trim());
        }}
      >
        <DropZone onText={take} onProblem={setComplaint} />
        <label class="field">
          <span class="field-name">{text.verify.paste}</span>
          <textarea
            id="receipt-text"
            class="code-box"
            rows={5}
            spellcheck={false}
            value={receipt}
            onInput={(event) => typeReceipt(event.currentTarget.value)}
          />
          {fileName === '' ? null : (
            <span class="hint">{fill(text.verify.receiptLoaded, { name: fileName })}</span>
          )}
        </label>
        <label class="field">
          <span class="field-name">{text.verify.key}</span>
          <textarea
            id="verifier-keys"
            class="code-box"
            rows={2}
            spellcheck={false}
            value={keys}
            onInput={(event) => setTypedKeys(event.currentTarget.value)}
          />
          <span class="hint">
            {typedKeys === undefined && ownKey !== '' ? text.verify.keyFilled : text.verify.keyHint}
          </span>
        </label>
        {complaint === undefined ? null : (
          <p class="complaint" role="alert">
            {text.verify[complaint]}
          </p>
        )}
        <div>
          <button type="submit" class="button button-main" disabled={result.state === 'working'}>
            {result.state === 'working' ? text.verify.working : text.verify.submit}
          </button>
        </div>
      </form>
      <ReportView result={result} />
    </>
  );
}
