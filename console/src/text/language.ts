import { type ReadonlySignal, computed, effect, signal } from '@preact/signals';
import { type Text, en } from './en.ts';
import { ja } from './ja.ts';

export const languages = ['ja', 'en'] as const;
export type Language = (typeof languages)[number];

/** What languages call themselves: the same in every language. */
export const languageNames: Readonly<Record<Language, string>> = { ja: '日本語', en: 'English' };

export interface Bilingual {
  readonly en: string;
  readonly ja: string;
}

export interface LanguageChoice {
  readonly current: ReadonlySignal<Language>;
  readonly text: ReadonlySignal<Text>;
  choose(language: Language): void;
}

const texts: Readonly<Record<Language, Text>> = { en, ja };
const storageKey = 'sekisho.language';

/** The chosen language: what was chosen before, else what the browser asks for. */
export function createLanguage(preferred: readonly string[]): LanguageChoice {
  const current = signal<Language>(remembered() ?? firstKnown(preferred));
  effect(() => {
    document.documentElement.lang = current.value;
  });
  return {
    current,
    text: computed(() => texts[current.value]),
    choose(language) {
      current.value = language;
      try {
        localStorage.setItem(storageKey, language);
      } catch {
        // A browser that stores nothing still shows the language for as long as the page is open.
      }
    },
  };
}

function remembered(): Language | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return languages.find((language) => language === stored);
  } catch {
    return undefined;
  }
}

function firstKnown(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split('-')[0];
    const known = languages.find((language) => language === base);
    if (known !== undefined) return known;
  }
  return 'en';
}
