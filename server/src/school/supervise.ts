import { AnswerChecks } from './answer-checks.ts';
import { afterTurn, heldLevel } from './conversation.ts';
import { SchoolError } from './errors.ts';
import { foldText } from './folded.ts';
import { againText } from './again.ts';
import {
  type AnswerCheck,
  type Lesson,
  type QuestionCheck,
  type SchoolSupervisor,
  freshConversation,
} from './lesson.ts';
import { decisionOf, highest } from './level.ts';
import type { SchoolNote } from './note.ts';
import { noteTexts } from './note-text.ts';
import type { Pack } from './pack.ts';
import { QuestionChecks } from './question-checks.ts';
import { Ground } from './ground.ts';

/**
 * Makes a pack ready for checking. It keeps nothing of what it is shown: the state of a
 * conversation goes out with each check and comes back with the next.
 */
export function createSchoolSupervisor(pack: Pack): SchoolSupervisor {
  const ground = new Ground(pack);
  const questions = new QuestionChecks(ground);
  const answers = new AnswerChecks(ground);
  const language = pack.manifest.languages[0] ?? 'en';
  const years = yearNames(pack);
  return {
    pack: { id: pack.manifest.id, version: pack.manifest.version, hash: pack.hash },
    yearOf(grade) {
      const year = years.get(nameOf(String(grade)));
      if (year === undefined) throw new SchoolError('year_unknown');
      return year;
    },
    question(lesson, question, before = freshConversation): QuestionCheck {
      const checked = guarded(pack, lesson, question, () =>
        questions.check(lesson, question, before),
      );
      const { scope, subject, codes, notes, signs, seen } = { ...nothing, ...checked };
      const level = heldLevel(before, highest(notes.map((note) => note.level)));
      const conversation = afterTurn(before, level, [...notes.map(({ rule }) => rule), ...seen]);
      return { scope, subject, codes, level, notes, signs, conversation };
    },
    answer(lesson, said, before = freshConversation): AnswerCheck {
      const checked = guarded(pack, lesson, said.answer, () => answers.check(lesson, said, before));
      const { notes, codes, seen } = { ...nothing, ...checked };
      const level = heldLevel(before, highest(notes.map((note) => note.level)));
      return {
        level,
        decision: decisionOf(level),
        codes: codes.map((match) => match.code),
        notes,
        again: level === 2 ? againText(lesson, said.answer, { notes, language }) : null,
        conversation: afterTurn(before, level, [...notes.map(({ rule }) => rule), ...seen]),
      };
    },
  };
}

const nothing = {
  scope: 'unsure',
  subject: null,
  codes: [],
  notes: [],
  signs: null,
  seen: [],
} as const satisfies Partial<QuestionCheck> & { readonly seen: readonly string[] };

type Checked = Partial<Pick<QuestionCheck, 'scope' | 'subject' | 'codes' | 'signs'>> & {
  readonly notes: readonly SchoolNote[];
  readonly seen: readonly string[];
};

/** What cannot be checked is held for a person: never passed, and never an error of the caller's. */
function guarded(pack: Pack, lesson: Lesson, text: string, check: () => Checked): Checked {
  if (!pack.manifest.years.some(({ year }) => year === lesson.year)) {
    return { notes: [failure('unknown-year', text, noteTexts.year)], seen: [] };
  }
  try {
    return check();
  } catch {
    return { notes: [failure('failed-check', text, noteTexts.failure)], seen: [] };
  }
}

function failure(rule: string, text: string, words: SchoolNote['text']): SchoolNote {
  return {
    kind: 'failure',
    start: 0,
    end: text.length,
    level: 3,
    rule,
    evidence: null,
    text: words,
  };
}

/** Every way of writing a year the pack knows, by number, label or other name. */
function yearNames(pack: Pack): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const { year, label, also } of pack.manifest.years) {
    for (const name of [String(year), ...Object.values(label), ...also]) {
      if (!names.has(nameOf(name))) names.set(nameOf(name), year);
    }
  }
  return names;
}

function nameOf(grade: string): string {
  return foldText(grade.trim()).text.replaceAll(/\s+/g, ' ');
}
