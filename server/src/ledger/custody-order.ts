import type { StatedDraft } from './draft.ts';
import { LedgerError } from './errors.ts';
import type { Group } from './fields.ts';
import type { RetentionMonths } from './retention.ts';

export interface Ordered {
  /** Who had it done: a court, an office, a person of the institution. Never the data subject. */
  readonly authority: string;
  /** Id of the key that asked for it. */
  readonly by: string;
  /** Leaf hash of the rule book in force. */
  readonly policyLeaf?: string;
}

/** What may be done to sealed fields once recorded. Each order becomes an entry first. */
export type CustodyOrder =
  | (Ordered & {
      readonly kind: 'erase';
      readonly passageIds: readonly string[];
      /** Ids of `system.record` entries about those passages, which are erased with them. */
      readonly recordIds?: readonly string[];
      readonly groups: readonly Group[];
      /** Code of the legal basis: lower-case letters, digits, `.` `_` `-`. */
      readonly basis: string;
    })
  | (Ordered & {
      readonly kind: 'hold';
      readonly passageIds: readonly string[];
      readonly reason: string;
    })
  | (Ordered & { readonly kind: 'release'; readonly holdId: string; readonly reason: string })
  | (Ordered & {
      readonly kind: 'grant';
      /** Id of the key that may open. */
      readonly reader: string;
      readonly passageIds: readonly string[];
      readonly groups: readonly Group[];
      /** Unix seconds. */
      readonly until: number;
      readonly reason: string;
    })
  | (Ordered & { readonly kind: 'withdraw'; readonly grantId: string; readonly reason: string })
  | (Ordered & { readonly kind: 'expire'; readonly months: RetentionMonths });

/** The basis the schedule gives; nobody else may use it. */
export const retentionBasis = 'retention';

/** @throws LedgerError `order_invalid` */
export function checkWords(what: string, words: readonly string[]): void {
  const usable = words.every((word) => word.trim() !== '' && word.length <= 500);
  if (!usable) throw new LedgerError('order_invalid', what, { detail: 'authority or reason' });
}

const prefixes = {
  erasure: 'erasure',
  incident: 'hold',
  'hold.release': 'hold',
  'access.grant': 'grant',
} as const;

/** Whether entries of this type may say what is erased, held or open. */
export function isCustodyType(type: string): boolean {
  return Object.hasOwn(prefixes, type);
}

/** Of class r3, so that no schedule erases the proof of an erasure. */
export function draftOf(
  type: keyof typeof prefixes,
  { authority, by, policyLeaf }: Ordered,
  values: Readonly<Record<string, unknown>>,
): StatedDraft {
  const prefix = prefixes[type];
  const all = { ...values, [`${prefix}.by`]: by, [`${prefix}.authority`]: authority };
  const texts = Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)]);
  return {
    type,
    decision: 'allow',
    evidenceClass: 'r3',
    refs: policyLeaf === undefined ? {} : { policy: policyLeaf },
    fields: Object.fromEntries(texts) as StatedDraft['fields'],
  };
}

/** Whether a draft would change what is erased, held or open: only orders may. */
export function isCustodyDraft(draft: {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}): boolean {
  const { type, fields } = draft;
  return (type !== 'incident' && isCustodyType(type)) || Object.hasOwn(fields, 'hold.indexes');
}
