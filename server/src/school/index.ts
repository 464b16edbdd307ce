// Education supervision: what a country teaches, to whom, and what needs care there. Pure but for
// the reading and writing of packs: no ledger, no database, no network of its own.
export { builtInPacks, packSourceFolder } from './built-in.ts';
export { SchoolError, type SchoolErrorCode, schoolErrors } from './errors.ts';
export {
  type AnswerCheck,
  type ConversationState,
  type Lesson,
  type QuestionCheck,
  type SchoolSupervisor,
  freshConversation,
} from './lesson.ts';
export { type Level, type SchoolDecision, decisionOf, highest, levels } from './level.ts';
export { type Evidence, type NoteKind, type SchoolNote, type Signs, noteKinds } from './note.ts';
export { type Pack, readPack } from './pack.ts';
export { type BuildInputs, buildDraft } from './pack-build.ts';
export { type FileDiff, diffPacks } from './pack-diff.ts';
export { PackLibrary } from './pack-library.ts';
export { createPackKey, openPackNote, signPack } from './pack-note.ts';
export { readPackSource } from './pack-source.ts';
export { writePack } from './pack-writer.ts';
export type { Helpline, Item, Manifest, PackPassage, SignKind, Texts } from './schema.ts';
export { createSchoolSupervisor } from './supervise.ts';
