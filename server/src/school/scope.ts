import type { Curriculum, CurriculumMatch } from './curriculum.ts';
import type { CodeMatch, Lesson, Scope } from './lesson.ts';

/**
 * Below the first the curriculum does not speak of it, above the second it does; between them we
 * abstain. Set on questions of our own: bench/school.mjs prints what they do.
 */
const covered = { outside: 0.22, clear: 0.4 } as const;
/** How much better a later year has to fit before a question is above the class. */
const margin = 1.06;

export interface Placed {
  readonly scope: Scope;
  readonly subject: string | null;
  readonly codes: readonly CodeMatch[];
  /** The statement of a later year that fits best, where the question is above the class. */
  readonly later: CodeMatch | null;
}

/** What a question is about and whether that is taught by the lesson's year. */
export function placeOf(curriculum: Curriculum, lesson: Lesson, question: string): Placed {
  const match = curriculum.search(question, 10);
  const subject = subjectOf(match.codes);
  const codes = match.codes.slice(0, 5);
  return { ...scopeOf(lesson, match, subject), subject, codes };
}

function scopeOf(
  lesson: Lesson,
  { codes, coverage }: CurriculumMatch,
  subject: string | null,
): Pick<Placed, 'scope' | 'later'> {
  if (codes.length === 0) return { scope: 'unsure', later: null };
  if (coverage < covered.outside) return { scope: 'outside', later: null };
  if (coverage < covered.clear) return { scope: 'unsure', later: null };
  if (lesson.subject !== null && subject !== null && subject !== lesson.subject) {
    return { scope: 'outside', later: null };
  }
  const best = (isFit: (first: number) => boolean): CodeMatch | undefined =>
    codes.find(({ years }) => years.length > 0 && isFit(Math.min(...years)));
  const taught = best((first) => first <= lesson.year);
  const later = best((first) => first > lesson.year);
  if (later === undefined) return { scope: 'inside', later: null };
  if (taught === undefined) return { scope: 'above', later };
  if (taught.score >= later.score) return { scope: 'inside', later: null };
  if (later.score >= taught.score * margin) return { scope: 'above', later };
  return { scope: 'unsure', later: null };
}

/** The subject that has most of what fits, where it has more than half. */
function subjectOf(codes: readonly CodeMatch[]): string | null {
  const shares = new Map<string, number>();
  let all = 0;
  for (const { subject, score } of codes) {
    all += score;
    if (subject !== null) shares.set(subject, (shares.get(subject) ?? 0) + score);
  }
  for (const [subject, share] of shares) if (share > all / 2) return subject;
  return null;
}
