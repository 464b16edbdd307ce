import { doubtsOf } from './claims.ts';
import { type Folded, foldText } from './folded.ts';
import { longSentences } from './grade-fit.ts';
import type { Ground } from './ground.ts';
import type { CodeMatch, ConversationState, Lesson } from './lesson.ts';
import type { SchoolNote } from './note.ts';
import { doubtText, kanjiText, lengthText, noteTexts, oneViewText, wordText } from './note-text.ts';
import { standOf } from './opinion.ts';
import { type Fired, framingOf, levelOf } from './rules.ts';
import { handedOver } from './scaffold.ts';
import type { Topic, TwoViews } from './schema.ts';
import { type Span, sentencesOf } from './sentences.ts';

/** Notes of one kind: an answer all in hard kanji is said once, not word by word. */
const mostOfKind = 40;
/** Of all kanji in the answer, the share above the year at which it has to be written anew. */
const overshoot = { share: 0.35, least: 12 } as const;
/** Below this a sentence says too little to be held against anything. */
const shortest = 8;
/** Units of a sentence that are held against the pack at once. */
const longest = 400;

interface Said {
  readonly question: string;
  readonly answer: string;
}

export class AnswerChecks {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  check(
    lesson: Lesson,
    said: Said,
    before: ConversationState,
  ): { readonly notes: SchoolNote[]; readonly codes: CodeMatch[]; readonly seen: string[] } {
    const { curriculum } = this.#ground;
    const rules = this.#ruleNotes(lesson, said, before);
    const notes = [
      ...this.#doubtNotes(said.answer),
      ...this.#kanjiNotes(lesson, said),
      ...this.#wordNotes(lesson, said.answer),
      ...lengthNotes(lesson, said.answer),
      ...rules.notes,
      ...handedNotes(lesson, said),
    ];
    // The question says what it is about; the answer says it in more words.
    const about = `${said.question}\n${said.answer.slice(0, 200)}`;
    const codes = curriculum.search(about, 5).codes;
    return {
      notes: notes.toSorted((a, b) => a.start - b.start || b.level - a.level),
      codes: [...codes],
      seen: rules.seen,
    };
  }

  #doubtNotes(answer: string): SchoolNote[] {
    const notes: SchoolNote[] = [];
    if (this.#ground.statements.size === 0) return notes;
    for (const { start, end } of sentencesOf(answer).flatMap((span) => pieces(answer, span))) {
      const sentence = answer.slice(start, end);
      if (end - start < shortest || /[?？]$/u.test(sentence)) continue;
      for (const doubt of doubtsOf(sentence, this.#ground)) {
        const words = sentence.slice(doubt.start, doubt.end);
        notes.push({
          kind: doubt.kind,
          start: start + doubt.start,
          end: start + doubt.end,
          level: doubt.kind === 'unsupported' ? 1 : 2,
          rule: doubt.kind === 'unsupported' ? 'not-in-passages' : 'against-passage',
          evidence: doubt.evidence,
          text: doubtText(doubt, words),
        });
      }
    }
    return notes;
  }

  #kanjiNotes(lesson: Lesson, { question, answer }: Said): SchoolNote[] {
    const { gradeFit } = this.#ground;
    const hard = gradeFit.hardWords(answer, lesson.year, question);
    const count = hard.reduce((sum, { characters }) => sum + characters.length, 0);
    const kanji = answer.match(/\p{sc=Han}/gu)?.length ?? 0;
    const notes: SchoolNote[] = hard.slice(0, mostOfKind).map((word) => ({
      kind: 'kanji',
      start: word.start,
      end: word.end,
      level: 1,
      rule: 'kanji-above-year',
      evidence: null,
      text: kanjiText(answer.slice(word.start, word.end), word.characters, word.reading),
      ...offerOf(word),
    }));
    if (count >= overshoot.least && count > kanji * overshoot.share) {
      const text = noteTexts.overshoot;
      const span = { start: 0, end: answer.length };
      notes.push({ ...span, kind: 'kanji', level: 2, rule: 'year-overshot', evidence: null, text });
    }
    return notes;
  }

  #wordNotes(lesson: Lesson, answer: string): SchoolNote[] {
    const later = this.#ground.gradeFit.laterWords(answer, lesson.year);
    return later.slice(0, mostOfKind).map(({ start, end, word }) => ({
      kind: 'word',
      start,
      end,
      level: 1,
      rule: 'word-above-year',
      evidence: null,
      text: wordText(word.word, word.simpler),
      ...offerOf({ reading: word.reading ?? null, simpler: word.simpler ?? null }),
    }));
  }

  #ruleNotes(
    lesson: Lesson,
    { question, answer }: Said,
    before: ConversationState,
  ): { readonly notes: SchoolNote[]; readonly seen: string[] } {
    const { rules } = this.#ground;
    const text = foldText(answer);
    const { fired, partly } = rules.find(text, before.seen);
    const whole = { start: 0, end: answer.length };
    // What the question is about, the answer is about, even where it says `that`.
    const known = new Set(fired.map(({ rule }) => rule.id));
    const asked = rules
      .find(foldText(question), before.seen)
      .fired.filter(({ rule }) => rule.of !== 'sign' && !known.has(rule.id))
      .map(({ rule }) => ({ rule, at: whole }));
    const notes = [...fired, ...asked].flatMap((one) => this.#ruleNote(one, lesson, text));
    return { notes, seen: [...partly] };
  }

  #ruleNote({ rule, at }: Fired, lesson: Lesson, text: Folded): SchoolNote[] {
    switch (rule.of) {
      case 'topic':
        return topicNotes(rule.id, rule.row, { at, lesson, answer: text.original });
      case 'views':
        return this.#viewNotes(rule.id, rule.row, at, text);
      case 'caution': {
        const { row, id } = rule;
        const level = levelOf(row);
        if (level === 0) return [];
        return [{ ...at, kind: 'caution', level, rule: id, evidence: null, text: row.note }];
      }
      // A sign of need in an answer is the model's way of speaking of it, not the pupil's.
      case 'sign':
        return [];
    }
  }

  #viewNotes(id: string, row: TwoViews, at: Fired['at'], text: Folded): SchoolNote[] {
    const found = this.#ground.rules.viewsIn(text, id);
    if (found.size !== 1) return [];
    const other = row.views.find((_view, place) => !found.has(place))!;
    const words = oneViewText(row.note, other.title);
    return [{ ...at, kind: 'one_view', level: 1, rule: id, evidence: null, text: words }];
  }
}

/**
 * A stretch without an end is cut where a clause ends: what is done for one grows with the square
 * of its length, and a page without a full stop would take a minute.
 */
function pieces(text: string, { start, end }: Span): Span[] {
  const cut: Span[] = [];
  let from = start;
  while (end - from > longest) {
    const part = text.slice(from, from + longest);
    const breaks = [...part.matchAll(/[、，;；\s]|,(?!\d)/gu)];
    const to = from + (breaks.at(-1)?.index ?? longest - 1) + 1;
    cut.push({ start: from, end: to });
    from = to;
  }
  return [...cut, { start: from, end }];
}

function offerOf(word: {
  readonly reading: string | null;
  readonly simpler: string | null;
}): Pick<SchoolNote, 'offer'> {
  if (word.reading === null && word.simpler === null) return {};
  return {
    offer: {
      ...(word.reading === null ? {} : { reading: word.reading }),
      ...(word.simpler === null ? {} : { simpler: word.simpler }),
    },
  };
}

function topicNotes(
  id: string,
  row: Topic,
  {
    at,
    lesson,
    answer,
  }: { readonly at: Fired['at']; readonly lesson: Lesson; readonly answer: string },
): SchoolNote[] {
  const framing = framingOf(row, lesson.year);
  const level = levelOf(framing);
  const base = { kind: 'topic', rule: id, evidence: null } as const;
  const notes: SchoolNote[] = level === 0 ? [] : [{ ...base, ...at, level, text: row.note }];
  const stand = framing.allowed === 'facts' ? standOf(answer) : null;
  if (stand !== null && level < 2) {
    notes.push({ ...base, ...stand, level: 2, text: noteTexts.stand });
  }
  return notes;
}

function lengthNotes(lesson: Lesson, answer: string): SchoolNote[] {
  return longSentences(answer, lesson.year).map(({ start, end, most }) => ({
    kind: 'sentence_length',
    start,
    end,
    level: 1,
    rule: 'long-sentence',
    evidence: null,
    text: lengthText(most),
  }));
}

function handedNotes(lesson: Lesson, { question, answer }: Said): SchoolNote[] {
  const handed = lesson.scaffold ? handedOver(question, answer) : null;
  if (handed === null) return [];
  const text = noteTexts.handedOver;
  return [{ ...handed, kind: 'handed_over', level: 2, rule: 'scaffolding', evidence: null, text }];
}
