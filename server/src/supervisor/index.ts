// What goes in and what comes out, looked at by public rules. Pure: returns values, writes nothing.
export { type Decision, type Direction, type Judged, covers } from './decide.ts';
export { type Anchor, type Detector, type Finding, lookBehind } from './finding.ts';
export { type GuardOpinion, guardFormatOf } from './guard-format.ts';
export { type SupervisorDefinition, supervisorOf } from './definition.ts';
export { type Inspection } from './inspection.ts';
export { InspectionThreads, ThreadsBusy } from './inspection-threads.ts';
export { type Lexicon, createLexicon } from './lexicon.ts';
export { languageOf } from './language.ts';
export { type NormalText, normalise } from './normalise.ts';
export { type About } from './panels.ts';
export {
  type Numbering,
  type Placeholders,
  createPlaceholders,
  joinSpans,
  placeholderName,
} from './placeholders.ts';
export { allDetectors, detectorsOf } from './registry.ts';
export { type Pace, type Release, type StreamChannel } from './stream.ts';
export {
  type Part,
  type StreamSetting,
  type Supervisor,
  type SupervisorOptions,
  createSupervisor,
} from './supervisor.ts';
