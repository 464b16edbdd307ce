// The only writer of evidence: append -> sequence -> publish; seal, disclose, erase. A reader
// cannot write.
export {
  type Ledger,
  type LedgerAppender,
  type LedgerCustodian,
  type LedgerOptions,
  type LedgerReader,
  openLedger,
} from './ledger.ts';
export type { CustodyOrder } from './custody-order.ts';
export type { Erasure, GroupState } from './custody.ts';
export { type RetentionMonths, scheduleExpiry } from './retention.ts';
export type { AppendEvent, Sequenced } from './engine.ts';
export type { Decision, Draft, End, EvidenceClass, JsonValue, Refs } from './draft.ts';
export type { EntryType, FieldName, Group } from './fields.ts';
export type { OpenedFields, Passage } from './passage.ts';
export { LedgerError, type LedgerErrorCode, ledgerErrors } from './errors.ts';
