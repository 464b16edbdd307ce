// The only writer of evidence: append -> sequence -> publish; seal, disclose, erase. A reader
// cannot write.
export {
  type Ledger,
  type LedgerAppender,
  type LedgerCustodian,
  type LedgerOptions,
  type LedgerReader,
  type WitnessedLedger,
  openLedger,
} from './ledger.ts';
export type { CustodyOrder } from './custody-order.ts';
export type { Erasure, GroupState } from './custody.ts';
export { type RetentionMonths, scheduleExpiry } from './retention.ts';
export type { AppendEvent, Sequenced } from './sequenced.ts';
export type { Decision, Draft, End, EvidenceClass, JsonValue, Refs } from './draft.ts';
export type { EntryType, FieldName, Group } from './fields.ts';
export type { OpenedFields, Passage, PersonPassages } from './passage.ts';
export type { EndedPassage, Story, SystemRecord } from './story.ts';
export { type Witness, type WitnessOptions, openWitness } from './witness/witness.ts';
export { createWitnessServer } from './witness/server.ts';
export { type WitnessSettings, type Witnessing, startWitnessing } from './witness-client.ts';
export { LedgerError, type LedgerErrorCode, ledgerErrors } from './errors.ts';
export { type Coverage, reportCoverage } from './coverage.ts';
export { type LedgerCheck, checkLedger } from './fsck.ts';
export { type Finding, type FindingCode, findingTexts } from './fsck-findings.ts';
export { type ExportedLog, exportLog } from './export.ts';
export type { StorageSettings } from './open-storage.ts';
export { readObjectCredentials } from './shared/object-credentials.ts';
