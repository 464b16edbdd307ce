// Education supervision: what a country teaches, to whom, and what needs care there. Pure but for
// the reading of packs: no ledger, no database, no network of its own.
export { SchoolError, type SchoolErrorCode, schoolErrors } from './errors.ts';
export {
  type AnswerCheck,
  type CodeMatch,
  type ConversationState,
  type Lesson,
  type QuestionCheck,
  type SchoolSupervisor,
  type Scope,
  freshConversation,
} from './lesson.ts';
export { type Level, type SchoolDecision, decisionOf, highest, levels } from './level.ts';
export { type Evidence, type NoteKind, type SchoolNote, type Signs, noteKinds } from './note.ts';
export { type Pack, readPack } from './pack.ts';
export { createSchoolSupervisor } from './supervise.ts';
export {
  type Helpline,
  type Item,
  type Manifest,
  type PackPassage,
  type SignKind,
  type Texts,
} from './schema.ts';
