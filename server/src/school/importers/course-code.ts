import type { Manifest } from '../schema.ts';

// What a code of Japan's course of study says by itself (facts: positions 2, 3 and 6 of sixteen),
// and the names of its subjects.

export const courseCode = /^[0-9A-Z][0-9A-Z][0-9A-Za-z]{14}$/;

/** First years of schooling of a school type (position 2), counted from primary school. */
const firstYear: Readonly<Record<string, number>> = { '2': 1, '3': 7, '4': 10 };

const subjectNames = {
  general: { en: 'General rules', ja: ['総則'] },
  japanese: { en: 'Japanese', ja: ['国語'] },
  'social-studies': { en: 'Social studies', ja: ['社会'] },
  'geography-history': { en: 'Geography and history', ja: ['地理歴史'] },
  civics: { en: 'Civics', ja: ['公民'] },
  mathematics: { en: 'Mathematics', ja: ['算数', '数学'] },
  science: { en: 'Science', ja: ['理科'] },
  'living-environment': { en: 'Living environment', ja: ['生活'] },
  music: { en: 'Music', ja: ['音楽'] },
  art: { en: 'Art', ja: ['図画工作', '美術', '芸術'] },
  'home-economics': { en: 'Technology and home economics', ja: ['家庭', '技術・家庭'] },
  'physical-education': { en: 'Health and physical education', ja: ['体育', '保健体育'] },
  'foreign-languages': { en: 'Foreign languages', ja: ['外国語', '外国語活動'] },
  moral: { en: 'Moral education', ja: ['特別の教科道徳', '道徳'] },
  inquiry: { en: 'Inquiry', ja: ['総合的な学習の時間', '総合的な探究の時間'] },
  activities: { en: 'Special activities', ja: ['特別活動'] },
  informatics: { en: 'Informatics', ja: ['情報'] },
} as const;
export type JapaneseSubject = keyof typeof subjectNames;

const byName = new Map<string, JapaneseSubject>(
  (Object.keys(subjectNames) as JapaneseSubject[]).flatMap((id) =>
    subjectNames[id].ja.map((name) => [name, id] as const),
  ),
);

/** @param name as the course of study writes it, with or without spaces */
export function subjectNamed(name: string): JapaneseSubject | undefined {
  return byName.get(name.normalize('NFKC').replaceAll(/\s/g, ''));
}

/** The subjects of a manifest. */
export function subjectRows(ids: Iterable<JapaneseSubject>): Manifest['subjects'] {
  return [...new Set(ids)].toSorted().map((id) => {
    const { en, ja } = subjectNames[id];
    return { id, title: { ja: ja.join('・'), en }, also: [...ja] };
  });
}

/** @returns undefined for a code that names no single grade */
export function yearOfCode(code: string): number | undefined {
  const first = firstYear[code.charAt(1)];
  const grade = /^[1-6]$/.test(code.charAt(5)) ? Number(code.charAt(5)) : undefined;
  return first === undefined || grade === undefined ? undefined : first + grade - 1;
}

/** The first year of the school a code belongs to, less one: what its grades are added to. */
export function yearsBefore(code: string): number | undefined {
  const first = firstYear[code.charAt(1)];
  return first === undefined ? undefined : first - 1;
}

/** Position 3, where the course of study of primary school is read without its linked data. */
export function subjectOfCode(code: string): JapaneseSubject | undefined {
  if (code.charAt(1) !== '2') return undefined;
  return ({ '2': 'social-studies', '6': 'science' } as const)[code.charAt(2)];
}

/**
 * The codes above one, nearest first: its last level set to 0, and so on. Above a grade stand the
 * goals of all grades, and above all the subject. Which of them exist is for the reader to say.
 */
export function ancestorsOf(code: string): readonly string[] {
  const above: string[] = [];
  for (let at = 15; at > 5; at--) {
    if (code.charAt(at) !== '0') above.push(code.slice(0, at).padEnd(16, '0'));
  }
  above.push(`${code.slice(0, 5)}L0000000000`, `${code.slice(0, 3)}00L0000000000`);
  return above.filter((found, index) => found !== code && above.indexOf(found) === index);
}
