// How a set says its licence, and how items are made of what was read.
import { json } from '../files.mjs';
import { draw } from '../written/draw.mjs';

export const mit = (by) => ({ licence: 'MIT', by });
export const apache = (by) => ({ licence: 'Apache-2.0', by });
export const ccby = (by) => ({ licence: 'CC BY 4.0', by });
export const ours = { licence: 'Apache-2.0', by: 'written for this repository' };
export const official = (by) => ({ licence: 'government text, tests only', by });

export const languages = {
  English: 'en',
  Japanese: 'ja',
  Indonesian: 'id',
  Thai: 'th',
  Vietnamese: 'vi',
  'Filipino/Tagalog': 'tl',
  Hindi: 'hi',
  Bengali: 'bn',
  Turkish: 'tr',
  Arabic: 'ar',
  Italian: 'it',
  Spanish: 'es',
  French: 'fr',
  Russian: 'ru',
  Portuguese: 'pt',
  Korean: 'ko',
  German: 'de',
  Chinese: 'zh',
};
export const of = (lang, texts, labels = {}) => texts.map((text) => ({ text, lang, ...labels }));
export const written = (grammars, takes, labels) =>
  Object.entries(grammars).flatMap(([lang, list]) =>
    list.flatMap((slots, at) => of(lang, draw(slots, takes[lang], 1_000 + at), labels)),
  );
/** Every nth, so that a large set does not drown the others. */
export const thin = (items, most) => {
  const step = Math.max(1, items.length / most);
  return Array.from(
    { length: Math.min(most, items.length) },
    (_, at) => items[Math.floor(at * step)],
  );
};
/** The articles of a law, in its own language or in a published translation. */
export const articles = (path, language) =>
  json(path)
    .map((row) => (language === undefined ? row : row.translations?.[language])?.paragraphs ?? [])
    .map((paragraphs) => paragraphs.join('\n'))
    .filter((text) => text.length > 20);
