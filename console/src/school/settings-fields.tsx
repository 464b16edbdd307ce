import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ClassSettings, PackInfo } from '../api/classes.ts';
import { useWords } from '../text/words.tsx';
import { textIn } from './texts.ts';

/** What is set for a class, in plain words. Years and subjects are those of the pack. */
export function SettingsFields(props: {
  settings: ClassSettings;
  packs: readonly PackInfo[];
}): JSX.Element {
  const { text, language } = useWords();
  const { settings, packs } = props;
  const [chosen, setChosen] = useState(settings.pack);
  const pack = packs.find(({ id }) => id === chosen);
  return (
    <>
      <label class="field">
        <span class="field-name">{text.school.name}</span>
        <input name="title" required maxLength={100} value={settings.title} autocomplete="off" />
      </label>
      <label class="field">
        <span class="field-name">{text.school.pack}</span>
        <select
          name="pack"
          value={chosen}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {pack === undefined ? <option value={chosen}>{chosen}</option> : null}
          {packs.map((one) => (
            <option key={one.id} value={one.id}>
              {textIn(one.title, language)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{text.school.grade}</span>
        <select name="year" key={`year-${chosen}`} defaultValue={String(settings.year)}>
          {(pack?.years ?? []).map(({ year, label }) => (
            <option key={year} value={year} selected={year === settings.year}>
              {textIn(label, language)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{text.school.subject}</span>
        <select name="subject" key={`subject-${chosen}`}>
          <option value="" selected={settings.subject === null}>
            {text.school.anySubject}
          </option>
          {(pack?.subjects ?? []).map(({ id, title }) => (
            <option key={id} value={id} selected={id === settings.subject}>
              {textIn(title, language)}
            </option>
          ))}
        </select>
      </label>
      <Tick name="scaffold" on={settings.scaffold} />
      <Tick name="notesToPupil" on={settings.notesToPupil} />
    </>
  );
}

function Tick(props: { name: 'scaffold' | 'notesToPupil'; on: boolean }): JSX.Element {
  const { text } = useWords();
  const { name, on } = props;
  return (
    <label class="tick">
      <input type="checkbox" name={name} defaultChecked={on} />
      <span>
        <span class="field-name">{text.school[name]}</span>
        <span class="hint">{text.school[`${name}Hint`]}</span>
      </span>
    </label>
  );
}

export function readSettings(form: HTMLFormElement): ClassSettings {
  const given = new FormData(form);
  const subject = wordsOf(given, 'subject');
  return {
    title: wordsOf(given, 'title'),
    pack: wordsOf(given, 'pack'),
    year: Number(wordsOf(given, 'year')),
    subject: subject === '' ? null : subject,
    scaffold: given.has('scaffold'),
    notesToPupil: given.has('notesToPupil'),
  };
}

export function wordsOf(given: FormData, name: string): string {
  const value = given.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
