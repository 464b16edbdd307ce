import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from '../api/failure.ts';
import { fetchReceipt } from '../api/receipt.ts';
import { verifierKeys } from '../api/session.ts';
import { useCheckpoint, useSessionInfo } from '../checkpoint.tsx';
import { FailureNote } from '../frame/failure-note.tsx';
import { useWords } from '../text/words.tsx';
import { ReportView } from './report-view.tsx';
import { saveFile } from './save-file.ts';
import { type Verification, verify } from './verification.ts';

/** Verify a receipt right here, or keep it. */
export function ReceiptActions(props: { id: string; children?: ComponentChildren }): JSX.Element {
  const { text } = useWords();
  const { client } = useCheckpoint();
  const info = useSessionInfo();
  const [result, setResult] = useState<Verification>({ state: 'idle' });
  const [failure, setFailure] = useState<ApiFailure>();
  const withReceipt = (use: (receipt: string) => Promise<void> | void): void => {
    setFailure(undefined);
    fetchReceipt(client, props.id)
      .then(use)
      .catch((error: unknown) => {
        setFailure(asFailure(error));
        setResult({ state: 'idle' });
      });
  };
  const check = (): void => {
    setResult({ state: 'working' });
    withReceipt(async (receipt) => setResult(await verify(receipt, verifierKeys(info))));
  };
  const keep = (): void =>
    withReceipt((receipt) => saveFile(`sekisho-receipt-${props.id}.json`, receipt));
  const shown = result.state === 'done' || result.state === 'crashed';
  return (
    <>
      <div class="line-actions">
        {shown ? (
          <button
            type="button"
            class="button button-quiet"
            onClick={() => setResult({ state: 'idle' })}
          >
            {text.line.hide}
          </button>
        ) : (
          <button
            type="button"
            class="button button-quiet"
            disabled={result.state === 'working'}
            onClick={check}
          >
            {result.state === 'working' ? text.line.verifying : text.line.verify}
          </button>
        )}
        <button type="button" class="button button-quiet" onClick={keep}>
          {text.line.save}
        </button>
        {props.children}
      </div>
      {failure === undefined ? null : <FailureNote failure={failure} />}
      <ReportView result={result} note={text.report.keyFromHere} />
    </>
  );
}
