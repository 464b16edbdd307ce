// Contested and escalated passages: people say why, reviewers decide, everybody reads the counts.
export { type ReviewCase, type ReviewState, reviewStates } from './case-table.ts';
export { ReviewBook } from './book.ts';
export { ReviewDesk, type ReviewPorts, verdicts } from './desk.ts';
export { type LabelledExample, examplesOf } from './example.ts';
export { OverrideStore } from './override-store.ts';
export { type PublicMonth, leastCount, publicMonths } from './statistics.ts';
export { type ClassCount, classReport } from './class-report.ts';
export { type RecordedSchool, readVerdicts } from './schema.ts';
