import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type IssuedKey, issueKey } from '../api/keys.ts';
import type { SessionInfo } from '../api/session.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { useWords } from '../text/words.tsx';

const roles = ['user', 'operator', 'auditor', 'security', 'teacher'] as const;

/** The bounds that most keys need; the command line knows them all. */
export function IssueForm(props: {
  info: SessionInfo;
  act: (work: () => Promise<IssuedKey | void>) => void;
}): JSX.Element {
  const { text, pick } = useWords();
  const { client } = useCheckpoint();
  const [open, setOpen] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const value = (name: string): string => {
      const entry = given.get(name);
      return typeof entry === 'string' ? entry.trim() : '';
    };
    const tokens = value('tokens');
    const tools = value('tools')
      .split(/[\s,]+/)
      .filter((name) => name !== '');
    const terms = {
      name: value('name'),
      role: value('role'),
      project: value('project'),
      ...(value('ceiling') === '' ? {} : { maxClass: value('ceiling') }),
      ...(value('class') === '' ? {} : { class: value('class') }),
      ...(tokens === '' ? {} : { tokensPerDay: Number(tokens) }),
      ...(tools.length === 0 ? {} : { mcp: tools }),
    };
    props.act(async () => {
      const made = await issueKey(client, terms);
      setOpen(false);
      return made;
    });
  };
  if (!open) {
    return (
      <button type="button" class="button button-main issue-open" onClick={() => setOpen(true)}>
        {text.keys.add}
      </button>
    );
  }
  return (
    <form class="card issue-form" onSubmit={submit}>
      <label class="field">
        <span class="field-name">{text.keys.name}</span>
        <input name="name" required maxLength={100} autocomplete="off" />
      </label>
      <label class="field">
        <span class="field-name">{text.keys.role}</span>
        <select name="role">
          {roles.map((role) => (
            <option key={role} value={role}>
              {text.keys.roles[role]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{text.keys.project}</span>
        <input name="project" maxLength={100} autocomplete="off" />
      </label>
      <label class="field">
        <span class="field-name">{text.keys.ceiling}</span>
        <select name="ceiling">
          <option value="">{text.keys.anyClass}</option>
          {props.info.dataClasses.map(({ id, title }) => (
            <option key={id} value={id}>
              {pick(title)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{text.keys.dailyTokens}</span>
        <input name="tokens" type="number" min={1} step={1} placeholder={text.keys.noBounds} />
      </label>
      <label class="field">
        <span class="field-name">{text.keys.toolsAllowed}</span>
        <input name="tools" maxLength={2000} autocomplete="off" />
      </label>
      <label class="field">
        <span class="field-name">{text.keys.schoolClass}</span>
        <input
          name="class"
          pattern="[a-z0-9][a-z0-9._\-]{0,63}"
          autocomplete="off"
          autocapitalize="none"
        />
      </label>
      <button type="submit" class="button button-main">
        {text.keys.issue}
      </button>
    </form>
  );
}
