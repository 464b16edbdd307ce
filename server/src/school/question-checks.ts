import { foldText } from './folded.ts';
import type { Ground } from './ground.ts';
import { signsOf } from './helplines.ts';
import type { ConversationState, Lesson, QuestionCheck } from './lesson.ts';
import type { Evidence, SchoolNote } from './note.ts';
import { noteTexts } from './note-text.ts';
import { type Fired, framingOf, levelOf } from './rules.ts';
import { asksForSolution } from './scaffold.ts';
import { placeOf } from './scope.ts';
import type { SignKind } from './schema.ts';

/** Turns in which a pupil asks for the solution before the teacher is told. */
const insisting = 3;
export const asksRule = 'asks-for-solution';

type Checked = Pick<QuestionCheck, 'scope' | 'subject' | 'codes' | 'notes' | 'signs'> & {
  readonly seen: readonly string[];
};

export class QuestionChecks {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  check(lesson: Lesson, question: string, before: ConversationState): Checked {
    const { rules, curriculum, pack } = this.#ground;
    const placed = placeOf(curriculum, lesson, question);
    const { fired, partly } = rules.find(foldText(question), before.seen);
    const whole = { start: 0, end: question.length };
    const notes: SchoolNote[] = fired.flatMap((one) => ruleNote(one, lesson) ?? []);
    const kinds = signKinds(fired);
    const scope = this.#scopeNote(placed, whole);
    if (scope !== null && kinds.length === 0) notes.push(scope);
    const seen = [...partly];
    if (lesson.scaffold && asksForSolution(question)) {
      seen.push(asksRule);
      if ((before.seen[asksRule] ?? 0) + 1 >= insisting) {
        const text = noteTexts.insists;
        notes.push({ ...plain, ...whole, kind: 'handed_over', level: 1, rule: 'insists', text });
      }
    }
    return {
      scope: placed.scope,
      subject: placed.subject,
      codes: placed.codes,
      notes,
      signs: kinds.length === 0 ? null : signsOf(pack, kinds, lesson.year),
      seen,
    };
  }

  #scopeNote(
    { scope, later }: ReturnType<typeof placeOf>,
    whole: { readonly start: number; readonly end: number },
  ): SchoolNote | null {
    if (scope === 'above' && later !== null) {
      const evidence = this.#curriculumEvidence(later.code);
      const text = noteTexts.above;
      return { ...whole, kind: 'scope.above', level: 1, rule: 'above-year', evidence, text };
    }
    if (scope === 'outside') {
      const text = noteTexts.outside;
      return {
        ...plain,
        ...whole,
        kind: 'scope.outside',
        level: 1,
        rule: 'outside-curriculum',
        text,
      };
    }
    return null;
  }

  /** The statement, with the codes of what has to be learnt before it. */
  #curriculumEvidence(code: string): Evidence | null {
    const item = this.#ground.curriculum.item(code);
    if (item === undefined) return null;
    const codes = [code, ...item.prerequisites];
    return { passage: null, codes, text: item.text.slice(0, 400), place: item.source };
  }
}

const plain = { evidence: null } as const;

function signKinds(fired: readonly Fired[]): SignKind[] {
  const kinds = fired.flatMap(({ rule }) => (rule.of === 'sign' ? [rule.row.kind] : []));
  return [...new Set(kinds)];
}

/** A topic or a sign of need in what a pupil asks. Views and cautions are the answer's matter. */
function ruleNote({ rule, at }: Fired, lesson: Lesson): SchoolNote | null {
  if (rule.of === 'sign') {
    const text = noteTexts.safeguarding;
    return { ...at, kind: 'safeguarding', level: 3, rule: rule.id, evidence: null, text };
  }
  if (rule.of !== 'topic') return null;
  const level = levelOf(framingOf(rule.row, lesson.year));
  if (level === 0) return null;
  // A question cannot be written again by the model: what asks for that is said of the answer.
  const asked = level === 2 ? 1 : level;
  const { id, row } = rule;
  return { ...at, kind: 'topic', level: asked, rule: id, evidence: null, text: row.note };
}
