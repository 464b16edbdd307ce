import { limits } from '#base';
import {
  type AnswerCheck,
  type ConversationState,
  type Lesson,
  type Level,
  type QuestionCheck,
  type SchoolNote,
  freshConversation,
  highest,
  levels,
} from '#school';
import type { SchoolClass } from './class-store.ts';
import type { Heard } from './heard.ts';
import { type BuiltInRule, builtInNotes } from './notice.ts';
import type { ReadyPack } from './ready-pack.ts';
import type { LessonNote } from './record.ts';

/** What a lesson is checked with. */
export interface Checking {
  /** Undefined for a class that is not there: then everything is held. */
  readonly class: SchoolClass | undefined;
  /** Undefined where the rule book's packs do not hold it, or it could not be read. */
  readonly pack: ReadyPack | undefined;
}

/** An answer, looked at. */
export interface LookedAt {
  readonly level: Level;
  readonly notes: readonly LessonNote[];
  readonly codes: readonly string[];
  /** Why it is to be written again; null where it is not. */
  readonly again: string | null;
  readonly conversation: ConversationState;
}

/**
 * Looks at the last question, with what is remembered of the conversation, and at those before it
 * that nobody has looked at. What the model was told beside them may stop it or show signs of need,
 * and does nothing else: a text of whoever made the program is no question of the pupil. Never
 * fails: what cannot be looked at is held.
 * @param said.questions those that were not looked at, and the last one
 * @param said.instructions of system and developer; empty where they were looked at
 */
export function lookAtQuestions(
  checking: Checking,
  { questions, instructions }: { questions: readonly string[]; instructions: string },
  remembered: ConversationState | undefined,
): { readonly check: QuestionCheck; readonly before: ConversationState } {
  const { class: known, pack } = checking;
  const last = questions.at(-1) ?? '';
  const lesson = lessonOf(checking);
  let before = remembered ?? freshConversation;
  const held = (rule: BuiltInRule) => ({ check: heldQuestion(rule, before), before });
  if (known === undefined) return held('class-missing');
  if (pack === undefined) return held('pack-missing');
  if (lesson === undefined) return held('year-unknown');
  if (last.length > limits.classQuestionUnits) return held('too-long');
  if (instructions.length > limits.classQuestionUnits) {
    // They are taken for looked at from here on, so the conversation has to remember it.
    before = { ...before, level: highest([before.level, levels.hold]) };
    return held('too-long');
  }
  try {
    const told = lookAtInstructions(pack.supervisor, lesson, { instructions, before });
    let { signs } = told;
    before = told.conversation;
    const earlier = lastOf(questions.slice(0, -1));
    for (const text of earlier) {
      const check = pack.supervisor.question(lesson, text, before);
      before = check.conversation;
      signs ??= check.signs;
    }
    const check = pack.supervisor.question(lesson, last, before);
    const notes = [...told.notes, ...check.notes];
    return { check: { ...check, notes, signs: check.signs ?? signs }, before };
  } catch {
    return held('check-failed');
  }
}

/** Only what stops, and signs of need. Its notes stand nowhere in the question. */
function lookAtInstructions(
  supervisor: ReadyPack['supervisor'],
  lesson: Lesson,
  of: { readonly instructions: string; readonly before: ConversationState },
): Pick<QuestionCheck, 'signs' | 'notes' | 'conversation'> {
  const nothing = { signs: null, notes: [], conversation: of.before };
  if (of.instructions === '') return nothing;
  const found = supervisor.question(lesson, of.instructions, of.before);
  const { signs, level, notes, conversation } = found;
  if (signs === null && level < levels.stop) return nothing;
  const stopping = notes.filter((note) => note.level === levels.stop);
  return {
    signs,
    notes: stopping.map((note) => ({ ...note, start: 0, end: 0 })),
    conversation,
  };
}

/**
 * Every choice of an answer; what is found in the worst of them holds for all.
 * @param said.texts what each choice says
 * @param said.handed what it hands to tools, in which a mere note would stand beside nothing
 */
export function lookAtAnswers(
  checking: Checking,
  asked: { readonly question: string; readonly check: QuestionCheck },
  said: Pick<Heard, 'texts' | 'handed'>,
): LookedAt {
  const { conversation, codes: found } = asked.check;
  const codes = found.map(({ code }) => code);
  const nothing: LookedAt = { level: 0, notes: [], codes, again: null, conversation };
  const { texts, handed } = said;
  if ([...texts, ...handed].every((text) => text.trim() === '')) return nothing;
  const lesson = lessonOf(checking);
  const { pack } = checking;
  // Why is a note on the question already.
  if (lesson === undefined || pack === undefined) return { ...nothing, level: levels.hold };
  try {
    const { question } = asked;
    const look = (answer: string): AnswerCheck =>
      pack.supervisor.answer(lesson, { question, answer }, conversation);
    const inWords = texts.map(look);
    const inCalls = handed.filter((text) => text.trim() !== '').map(look);
    const checks = [...inWords, ...inCalls.filter(({ level }) => level > levels.annotate)];
    const whole = { start: 0, end: 0, about: 'answer' } as const;
    return {
      level: highest(checks.map(({ level }) => level)),
      notes: [
        ...inWords.flatMap(({ notes }, choice) => notes.map((note) => placed(note, choice))),
        ...inCalls.flatMap(({ notes }) =>
          notes
            .filter(({ level }) => level > levels.annotate)
            .map((note) => ({ ...note, ...whole })),
        ),
      ],
      codes: [...new Set(checks.flatMap((check) => check.codes))],
      again: checks.find(({ again }) => again !== null)?.again ?? null,
      conversation: joined(checks.map((check) => check.conversation)),
    };
  } catch {
    return heldAnswer('check-failed', conversation);
  }
}

export function heldAnswer(rule: BuiltInRule, conversation: ConversationState): LookedAt {
  const notes = [{ ...builtInNote(rule), about: 'answer' } as const];
  return { level: levels.hold, notes, codes: [], again: null, conversation };
}

/** A note on something that no row of a pack says. */
export function builtInNote(rule: BuiltInRule): SchoolNote {
  const text = builtInNotes[rule];
  const whole = { start: 0, end: 0, level: levels.hold, rule, evidence: null, text };
  return { kind: 'failure', ...whole };
}

function heldQuestion(rule: BuiltInRule, conversation: ConversationState): QuestionCheck {
  return {
    scope: 'unsure',
    subject: null,
    codes: [],
    level: levels.hold,
    notes: [builtInNote(rule)],
    signs: null,
    conversation,
  };
}

/** The last of them, in their order, as far as there is room; of the first of these, its end. */
function lastOf(questions: readonly string[]): readonly string[] {
  const last: string[] = [];
  let room: number = limits.classQuestionUnits;
  for (const text of questions.slice(-limits.classEarlierQuestions).toReversed()) {
    if (room <= 0) break;
    last.unshift(text.slice(-room));
    room -= text.length;
  }
  return last;
}

function lessonOf({ class: known, pack }: Checking): Lesson | undefined {
  if (known === undefined || pack === undefined) return undefined;
  const { year, subject, scaffold } = known;
  const isKnown = pack.manifest.years.some((one) => one.year === year);
  return isKnown ? { year, subject, scaffold } : undefined;
}

function placed(note: SchoolNote, choice: number): LessonNote {
  return { ...note, about: 'answer', ...(choice === 0 ? {} : { choice }) };
}

function joined(states: readonly ConversationState[]): ConversationState {
  return states.reduce((a, b) => ({
    level: highest([a.level, b.level]),
    seen: { ...a.seen, ...b.seen },
  }));
}
