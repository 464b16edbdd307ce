import { limits } from '#base';
import {
  type ConversationState,
  type Pack,
  type SchoolNote,
  type SchoolSupervisor,
  decisionOf,
  freshConversation,
  highest,
} from '#school';
import { z } from 'zod';
import { LineError, answerJsonLines, lineId, readLine } from './json-lines.ts';

const lineRequest = z.strictObject({
  id: lineId,
  question: z.string().max(limits.schoolQuestionUnits),
  answer: z.string().max(limits.schoolAnswerUnits),
  grade: z.union([z.string().max(100), z.number()]),
  subject: z.string().max(100).optional(),
  scaffold: z.boolean().optional(),
  conversation: z.string().min(1).max(200).optional(),
});

/** A year no pack has: what is checked for it is held. */
const unknownYear = -1;

/** A pack and what checks against it. */
export interface ReadyPack {
  readonly pack: Pack;
  readonly supervisor: SchoolSupervisor;
}

type Line = z.infer<typeof lineRequest>;

/**
 * One decision for each line of JSON, in the same order, of question and answer together. Lines
 * that name the same conversation go on in it.
 * @param input bytes of UTF-8, however they are cut
 */
export function schoolLines(
  ready: ReadyPack,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  const checked = new CheckedLines(ready);
  return answerJsonLines(input, (value) => {
    const given = readLine(lineRequest, value);
    if (given.subject !== undefined && checked.subjectOf(given) === null) {
      throw new LineError('subject: the pack has no such subject');
    }
    return { id: given.id, ...checked.check(given) };
  });
}

/**
 * The same line under several packs: how an answer fares in each country, and which rules only one
 * of them has. A subject that a pack does not know is none there.
 */
export function comparedLines(
  all: readonly ReadyPack[],
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  const byPack = all.map((ready) => [nameOf(ready, all), new CheckedLines(ready)] as const);
  return answerJsonLines(input, (value) => {
    const given = readLine(lineRequest, value);
    const packs = byPack.map(([name, lines]) => [name, lines.check(given)] as const);
    const rules = packs.map(([, { notes }]) => new Set(notes.map(({ rule }) => rule)));
    const only = packs.map(([name], at) => {
      const others = rules.filter((_, other) => other !== at);
      return [name, [...rules[at]!].filter((rule) => !others.some((set) => set.has(rule)))];
    });
    return {
      id: given.id,
      same: new Set(packs.map(([, { decision }]) => decision)).size === 1,
      decisions: Object.fromEntries(packs.map(([name, { decision }]) => [name, decision])),
      only: Object.fromEntries(only) as Record<string, readonly string[]>,
      packs: Object.fromEntries(packs),
    };
  });
}

/** Id and version; of two that share both, also how their hash begins. */
function nameOf({ supervisor: { pack } }: ReadyPack, all: readonly ReadyPack[]): string {
  const named = ({ id, version }: SchoolSupervisor['pack']): string => `${id} ${version}`;
  const alike = all.filter(({ supervisor }) => named(supervisor.pack) === named(pack));
  return alike.length === 1 ? named(pack) : `${named(pack)} ${pack.hash.slice(0, 12)}`;
}

/** Lines as one pack sees them, with the conversations they name. */
class CheckedLines {
  readonly #supervisor: SchoolSupervisor;
  readonly #subjects: ReadonlyMap<string, string>;
  readonly #conversations = new Map<string, ConversationState>();

  constructor({ pack, supervisor }: ReadyPack) {
    this.#supervisor = supervisor;
    this.#subjects = subjectNames(pack);
  }

  /** @returns null where the line names none, or one the pack does not have */
  subjectOf({ subject }: Line): string | null {
    return this.#subjects.get(subject?.toLowerCase() ?? '') ?? null;
  }

  check(given: Line) {
    const { question, answer, conversation } = given;
    const year = yearOf(this.#supervisor, given.grade);
    const lesson = { year, subject: this.subjectOf(given), scaffold: given.scaffold ?? false };
    const before = this.#conversations.get(conversation ?? '') ?? freshConversation;
    const asked = this.#supervisor.question(lesson, question, before);
    const said = this.#supervisor.answer(lesson, { question, answer }, asked.conversation);
    if (conversation !== undefined) {
      remember(this.#conversations, conversation, said.conversation);
    }
    return {
      decision: decisionOf(highest([asked.level, said.level])),
      codes: said.codes,
      notes: [
        ...asked.notes.map((note) => told('question', note)),
        ...said.notes.map((note) => told('answer', note)),
      ],
      scope: asked.scope,
      ...(asked.signs === null ? {} : { helplines: asked.signs.helplines }),
    };
  }
}

function told(of: 'question' | 'answer', note: SchoolNote) {
  const { kind, start, end, level, rule, evidence, text, offer } = note;
  return { kind, start, end, rule, evidence, in: of, level, text, ...(offer && { offer }) };
}

function yearOf(supervisor: SchoolSupervisor, grade: string | number): number {
  try {
    return supervisor.yearOf(grade);
  } catch {
    return unknownYear;
  }
}

function subjectNames({ manifest }: Pack): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { id, title, also } of manifest.subjects) {
    for (const name of [id, ...Object.values(title), ...also]) names.set(name.toLowerCase(), id);
  }
  return names;
}

/** The oldest is forgotten for the newest: a file may name any number of them. */
function remember(
  conversations: Map<string, ConversationState>,
  name: string,
  state: ConversationState,
): void {
  conversations.delete(name);
  conversations.set(name, state);
  if (conversations.size <= limits.conversationsInMemory) return;
  for (const oldest of conversations.keys()) {
    conversations.delete(oldest);
    return;
  }
}
