import type { Words } from './words.tsx';

/** A jurisdiction or a residency in words: a country, or this machine. */
export function placeName(code: string, { text, format }: Words): string {
  return code === 'local' ? text.line.local : format.country(code);
}
