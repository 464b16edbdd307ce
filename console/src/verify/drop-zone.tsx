import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useWords } from '../text/words.tsx';
import { maxReceiptLength } from './verification.ts';

export interface DropZoneProps {
  readonly onText: (name: string, text: string) => void;
  readonly onProblem: (problem: 'tooLarge' | 'notText') => void;
}

/** A place to drop a receipt on, and a file picker for those who do not drag. */
export function DropZone(props: DropZoneProps): JSX.Element {
  const { text } = useWords();
  const [over, setOver] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined): void => {
    if (file !== undefined) void readFile(file, props);
  };
  return (
    <div
      class={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <svg class="drop-picture" viewBox="0 0 48 48" width="44" height="44" aria-hidden="true">
        <path d="M12 6h17l8 8v28H12z" />
        <path d="M29 6v8h8" />
        <path d="M18 27l5 5 9-10" />
      </svg>
      <p>{text.verify.drop}</p>
      <p class="quiet">{text.verify.or}</p>
      <button type="button" class="button" onClick={() => picker.current?.click()}>
        {text.verify.choose}
      </button>
      <input
        ref={picker}
        type="file"
        accept=".json,application/json"
        class="unseen"
        tabIndex={-1}
        aria-label={text.verify.choose}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          // The same file may be picked again after it has changed.
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

async function readFile(file: File, { onText, onProblem }: DropZoneProps): Promise<void> {
  if (file.size > maxReceiptLength) {
    onProblem('tooLarge');
    return;
  }
  try {
    // A byte that is not text must not be read as one that is: the receipt would not be the same.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    onText(file.name, decoder.decode(await file.arrayBuffer()));
  } catch {
    onProblem('notText');
  }
}
