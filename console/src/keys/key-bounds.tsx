import type { JSX } from 'preact';
import { type KeyInfo, amounts } from '../api/keys.ts';
import { useCheckpoint } from '../checkpoint.tsx';
import { fill } from '../text/format.ts';
import { useWords } from '../text/words.tsx';

/** What a key is held to, in words. */
export function KeyBounds(props: { of: KeyInfo }): JSX.Element {
  const { text, format, pick } = useWords();
  const { library } = useCheckpoint();
  const { maxClass, class: of, models, tools, amounts: held, expires } = props.of;
  const said = [
    ...(of === null ? [] : [fill(text.keys.ofClass, { id: of })]),
    ...(maxClass === null
      ? []
      : [fill(text.keys.maxClass, { title: pick(library.classTitle(maxClass)) })]),
    ...(models.length === 0 ? [] : [fill(text.keys.models, { list: format.list(models) })]),
    ...(tools.length === 0 ? [] : [fill(text.keys.tools, { list: format.list(tools) })]),
    ...amounts.flatMap((name) => {
      const value = held[name];
      return value === null ? [] : [fill(text.keys[name], { count: format.number(value) })];
    }),
    ...(expires === null
      ? []
      : expires * 1000 <= Date.now()
        ? [text.keys.expired]
        : [fill(text.keys.expires, { date: format.minute(expires) })]),
  ];
  if (said.length === 0) return <span class="quiet">{text.keys.noBounds}</span>;
  return (
    <ul>
      {said.map((bound) => (
        <li key={bound}>{bound}</li>
      ))}
    </ul>
  );
}
