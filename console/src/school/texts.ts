import type { Texts } from '../api/lessons.ts';

/** A pack's text as the reader would have it; packs have English, and their own language. */
export function textIn(texts: Texts, language: string): string {
  return texts[language] ?? texts['en'] ?? Object.values(texts)[0] ?? '';
}
