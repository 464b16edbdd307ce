import type { ComponentChildren, JSX } from 'preact';

/** What a person or a reviewer may write at most; the checkpoint takes no more. */
const mostCharacters = 2_000;

/** A text to be sent, with the buttons that send it. */
export function WordsForm(props: {
  name: string;
  label: string;
  hint: string;
  rows?: number;
  /** @param words without spaces around them @param choice value of the button */
  onSend: (words: string, choice: string) => void;
  children: ComponentChildren;
}): JSX.Element {
  const { name, label, hint, onSend } = props;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const words = new FormData(event.currentTarget as HTMLFormElement).get(name);
    const button = event.submitter;
    const choice = button instanceof HTMLButtonElement ? button.value : '';
    if (typeof words === 'string' && words.trim() !== '') onSend(words.trim(), choice);
  };
  return (
    <form class="card words-form" onSubmit={submit}>
      <label class="field">
        <span class="field-name">{label}</span>
        <textarea name={name} required rows={props.rows ?? 5} maxLength={mostCharacters} />
        <span class="hint">{hint}</span>
      </label>
      <div class="words-buttons">{props.children}</div>
    </form>
  );
}
