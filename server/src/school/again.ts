import type { Lesson } from './lesson.ts';
import type { SchoolNote } from './note.ts';

/** Reasons in one request: more than this and a model loses them. */
const most = 8;

/**
 * Why a model is asked again, in words for a model: the pupil's language first, because the answer
 * is to be in it.
 * @returns null where nothing has to be written anew
 */
export function againText(
  lesson: Lesson,
  answer: string,
  { notes, language }: { readonly notes: readonly SchoolNote[]; readonly language: string },
): string | null {
  const reasons = notes.filter(({ level }) => level === 2).slice(0, most);
  if (reasons.length === 0) return null;
  const isJapanese = language === 'ja';
  const lines = reasons.map((note, at) => {
    const words = note.text[language] ?? note.text['en'] ?? '';
    const place = answer.slice(note.start, note.end).slice(0, 200);
    return isJapanese ? `${at + 1}. 「${place}」: ${words}` : `${at + 1}. “${place}”: ${words}`;
  });
  if (isJapanese) {
    return [
      'あなたの前の答えは、次の理由で児童・生徒に渡されませんでした。',
      ...lines,
      `理由をすべて直し、同じ質問にもう一度答えてください。学年は${lesson.year}年目です。`,
      ...(lesson.scaffold
        ? ['答えや完成した文章は書かず、次の一歩のヒントと問いかけを書いてください。']
        : []),
    ].join('\n');
  }
  return [
    'Your last answer was not given to the pupil, for these reasons:',
    ...lines,
    `Mend all of them and answer the same question again, in the pupil's language, for year ${lesson.year} of schooling.`,
    ...(lesson.scaffold
      ? ['Do not give the result or a finished text: give a hint for the next step and ask back.']
      : []),
  ].join('\n');
}
