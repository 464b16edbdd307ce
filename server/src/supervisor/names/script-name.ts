import type { Sighting } from './kanji-name.ts';
import { type Reader, runEnd } from './reader.ts';

/** Titles of Thai, Lao, Khmer and Burmese, which stand before a name with or without a blank. */
const titles =
  /(?:นางสาว|เด็กชาย|เด็กหญิง|ด\.ช\.|ด\.ญ\.|น\.ส\.|นาย|นาง|คุณ|ທ້າວ|ນາງສາວ|ນາງ|លោកស្រី|លោក|កញ្ញា|ဦး|ဒေါ်|ဒော်|မောင်) ?$/;
const lookBack = 10;
const mostLetters = 24;

/** Letters of the four scripts: Thai, Lao, Burmese, Khmer. */
export function isMainlandScript(code: number): boolean {
  return (
    (code >= 0xe01 && code <= 0xe4e) ||
    (code >= 0xe81 && code <= 0xecd) ||
    (code >= 0x1000 && code <= 0x103f) ||
    (code >= 0x1780 && code <= 0x17d3)
  );
}

/** Whether a title ends here, so that a name may begin. */
export function titleEndsAt(text: string, at: number): boolean {
  return titles.test(text.slice(Math.max(0, at - lookBack), at));
}

/** The words behind a title: a name, and the family name behind one blank. */
export function scriptNameAt(reader: Reader, start: number): Sighting | undefined {
  const first = runEnd(reader, start, { is: isMainlandScript, most: mostLetters });
  // นาย begins นายก (premier) and นางสาว is longer than นาง: what is left must be a name's length.
  if (first - start < 3 || first - start === mostLetters) return undefined;
  let end = first;
  if (reader.at(first) === ' ') {
    const second = runEnd(reader, first + 1, { is: isMainlandScript, most: mostLetters });
    if (second - first > 3 && second - first < 20) end = second;
  }
  return { start, end, score: first - start <= 14 ? 84 : 58 };
}
