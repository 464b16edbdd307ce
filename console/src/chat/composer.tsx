import type { JSX } from 'preact';
import { type SessionInfo, isPupil } from '../api/session.ts';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';
import type { Conversation } from './conversation.ts';

/** The box a message is written in, with the model and the data class it goes under. */
export function Composer(props: { conversation: Conversation; info: SessionInfo }): JSX.Element {
  const { text } = useWords();
  const { conversation, info } = props;
  const { draft } = conversation;
  const busy = conversation.busy.value;
  const send = (): void => {
    const written = draft.value.trim();
    if (written === '' || busy) return;
    draft.value = '';
    void conversation.send(written, info.defaultClass);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // 229 is what Safari reports while an input method is still choosing characters.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing || isTouch()) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        id="message"
        aria-label={text.chat.label}
        placeholder={text.chat.placeholder}
        rows={Math.min(8, Math.max(2, draft.value.split('\n').length))}
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class={isPupil(info) ? 'composer-row composer-plain' : 'composer-row'}>
        {isPupil(info) ? null : <Pickers conversation={conversation} info={info} />}
        <span class="hint composer-keys">{text.chat.keys}</span>
        {busy ? (
          <button type="button" class="button button-main" onClick={() => conversation.stop()}>
            <span class="stop-square" aria-hidden="true" />
            {text.chat.stop}
          </button>
        ) : (
          <button type="submit" class="button button-main" disabled={draft.value.trim() === ''}>
            {text.chat.send}
          </button>
        )}
      </div>
    </form>
  );
}

function Pickers(props: { conversation: Conversation; info: SessionInfo }): JSX.Element {
  const { text, pick } = useWords();
  const { conversation, info } = props;
  const usual = info.dataClasses.find((entry) => entry.id === info.defaultClass);
  const usualTitle = usual === undefined ? info.defaultClass : pick(usual.title);
  return (
    <>
      <label class="pick">
        <span>{text.chat.model}</span>
        <select
          value={conversation.model.value}
          onChange={(event) => (conversation.model.value = event.currentTarget.value)}
        >
          {[...new Set(['auto', ...info.models])].map((model) => (
            <option key={model} value={model}>
              {model === 'auto' ? text.chat.anyModel : model}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{text.chat.dataClass}</span>
        <select
          value={conversation.dataClass.value}
          onChange={(event) => (conversation.dataClass.value = event.currentTarget.value)}
        >
          <option value="">{fill(text.chat.usualClass, { title: usualTitle })}</option>
          {info.dataClasses.map((entry) => (
            <option key={entry.id} value={entry.id}>
              {pick(entry.title)}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** On a touch keyboard Enter makes a new line: there is no other way to make one. */
function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
