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

/**
 * One decision for each line of JSON, in the same order, of question and answer together. Lines
 * that name the same conversation go on in it.
 * @param input bytes of UTF-8, however they are cut
 */
export function schoolLines(
  { pack, supervisor }: { readonly pack: Pack; readonly supervisor: SchoolSupervisor },
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly line: string; readonly failed: boolean }> {
  const subjects = subjectNames(pack);
  const conversations = new Map<string, ConversationState>();
  return answerJsonLines(input, (value) => {
    const given = readLine(lineRequest, value);
    const { id, question, answer, conversation } = given;
    const named = given.subject === undefined ? null : subjects.get(given.subject.toLowerCase());
    if (named === undefined) throw new LineError('subject: the pack has no such subject');
    const year = yearOf(supervisor, given.grade);
    const lesson = { year, subject: named, scaffold: given.scaffold ?? false };
    const before = conversations.get(conversation ?? '') ?? freshConversation;
    const asked = supervisor.question(lesson, question, before);
    const said = supervisor.answer(lesson, { question, answer }, asked.conversation);
    if (conversation !== undefined) remember(conversations, conversation, said.conversation);
    return {
      id,
      decision: decisionOf(highest([asked.level, said.level])),
      codes: said.codes,
      notes: [
        ...asked.notes.map((note) => told('question', note)),
        ...said.notes.map((note) => told('answer', note)),
      ],
      scope: asked.scope,
      ...(asked.signs === null ? {} : { helplines: asked.signs.helplines }),
    };
  });
}

function told(of: 'question' | 'answer', note: SchoolNote): object {
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
