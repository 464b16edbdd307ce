import { type ReadonlySignal, computed } from '@preact/signals';
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import type { Text } from './en.ts';
import { type Format, createFormat } from './format.ts';
import { type Bilingual, type Language, type LanguageChoice } from './language.ts';

export interface Words {
  readonly language: Language;
  readonly text: Text;
  readonly format: Format;
  readonly choose: (language: Language) => void;
  /** The side of a two-language text that the reader chose. */
  readonly pick: (both: Bilingual) => string;
}

const WordsContext = createContext<ReadonlySignal<Words> | undefined>(undefined);

export function WordsProvider(props: {
  choice: LanguageChoice;
  children: ComponentChildren;
}): preact.JSX.Element {
  const { choice } = props;
  const words = useMemo(
    () =>
      computed<Words>(() => {
        const language = choice.current.value;
        return {
          language,
          text: choice.text.value,
          format: createFormat(language),
          choose: (next) => choice.choose(next),
          pick: (both) => both[language],
        };
      }),
    [choice],
  );
  return <WordsContext.Provider value={words}>{props.children}</WordsContext.Provider>;
}

/** Texts and formats in the chosen language; the component is drawn again when it changes. */
export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === undefined) throw new Error('couldn’t find words: no WordsProvider above');
  return words.value;
}
