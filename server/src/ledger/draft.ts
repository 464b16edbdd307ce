import { limits } from '#base';
import { LedgerError } from './errors.ts';
import { type EntryType, type FieldName, isEntryType, isFieldOf } from './fields.ts';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export const decisions = ['allow', 'redact', 'block', 'escalate', 'annotate', 'error'] as const;
export type Decision = (typeof decisions)[number];
export const evidenceClasses = ['r1', 'r2', 'r3'] as const;
export type EvidenceClass = (typeof evidenceClasses)[number];
export const ends = ['complete', 'refused', 'failed', 'cancelled', 'interrupted'] as const;
export type End = (typeof ends)[number];

/** Leaf hashes (base64url) of the entries this one stands on. */
export interface Refs {
  /** Of an outcome: its intent, or `#0` for the entry of the first draft in the same array. */
  readonly intent?: string;
  readonly policy?: string;
  readonly model?: string;
}

interface DraftFacts {
  readonly type: EntryType;
  readonly decision: Decision;
  readonly evidenceClass: EvidenceClass;
  /** How the exchange ended: in every outcome, and nowhere else. */
  readonly end?: End;
  readonly refs: Refs;
  /** 32 lower-case hex digits, unguessable; made here when absent. */
  readonly id?: string;
}

/** What a caller wants recorded. */
export interface Draft extends DraftFacts {
  readonly fields: Readonly<Partial<Record<FieldName, JsonValue>>>;
}

/** A draft whose field values are JSON text: the exact bytes that will be digested and sealed. */
export interface StatedDraft extends DraftFacts {
  readonly fields: Readonly<Partial<Record<FieldName, string>>>;
}

export function stateDraft(draft: Draft): StatedDraft {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const [name, value] of Object.entries(draft.fields)) {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw invalid(`field ${name} has no JSON value`);
    fields[name as FieldName] = text;
  }
  return { ...draft, fields };
}

/** Checks everything about a draft that needs no knowledge of the log. @throws LedgerError */
export function checkDraft(draft: StatedDraft): void {
  const { type, refs, id, end } = draft;
  if (!isEntryType(type)) throw invalid('unknown entry type');
  if (!decisions.includes(draft.decision)) throw invalid('unknown decision');
  if (!evidenceClasses.includes(draft.evidenceClass)) throw invalid('unknown evidence class');
  if (id !== undefined && !/^[0-9a-f]{32}$/.test(id)) throw invalid('id is not 32 hex digits');
  if ((type === 'outcome') !== (end !== undefined && ends.includes(end))) {
    throw invalid('an outcome, and only an outcome, says how the exchange ended');
  }
  if ((type === 'outcome') !== (refs.intent !== undefined)) {
    throw invalid('an outcome, and only an outcome, names its intent');
  }
  for (const hash of [refs.policy, refs.model]) {
    if (hash !== undefined && !/^[\w-]{43}$/.test(hash)) throw invalid('a ref is not a leaf hash');
  }
  let bytes = 0;
  for (const [name, text] of Object.entries(draft.fields)) {
    if (!isFieldOf(type, name)) throw invalid(`${type} has no field of this name`);
    bytes += Buffer.byteLength(text, 'utf8');
  }
  if (bytes > limits.sealedPayloadBytes) throw invalid('the fields are too large');
}

export function invalid(detail: string): LedgerError {
  return new LedgerError('draft_invalid', 'record an entry', { detail });
}
