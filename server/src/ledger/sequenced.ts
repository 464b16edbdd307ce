import type { BatchPromiser } from './batch-promise.ts';
import { LedgerError } from './errors.ts';
import type { EntryType } from './fields.ts';
import type { PlacedRecord } from './writer.ts';

/** Where an entry stands; the caller has this only once the entry is on disk. */
export interface Sequenced {
  readonly id: string;
  readonly index: number;
  /** Base64url. */
  readonly leafHash: string;
  /** Of an intent: by which the log promises this leaf at this place. */
  readonly promise?: string;
}

export interface AppendEvent {
  readonly type: EntryType;
  readonly id: string;
  readonly index: number;
  /** Of an outcome: the id of its exchange. */
  readonly intentId?: string;
}

/** The entries an order became. */
export interface CustodyResult {
  readonly sequenced: readonly Sequenced[];
  readonly events: readonly AppendEvent[];
}

export type AppendResult = CustodyResult | { readonly error: LedgerError };

/** @param promiser of the batch, where an intent is in it */
export function resultOf(
  placed: readonly PlacedRecord[] | LedgerError,
  promiser: BatchPromiser | undefined,
): AppendResult {
  if (placed instanceof LedgerError) return { error: placed };
  const sequenced = placed.map(({ index, record: { entry, leaf } }): Sequenced => {
    const answer = { id: entry.id, index, leafHash: leaf };
    return entry.t === 'intent' ? { ...answer, promise: promiser!.promise(index) } : answer;
  });
  return { sequenced, events: placed.map(eventOf) };
}

function eventOf({ index, record: { entry }, intent }: PlacedRecord): AppendEvent {
  const { t: type, id } = entry;
  return { type, id, index, ...(intent === undefined ? {} : { intentId: intent.id }) };
}
