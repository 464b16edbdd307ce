import { fromHex } from '#base';
import { type StatedDraft, checkDraft, invalid } from './draft.ts';
import type { EntryIndex } from './entry-index.ts';
import { type Entry, type LedgerRecord, buildRecord } from './record.ts';
import type { RootKey } from './root-key.ts';

/** The one writer of this process. More writers would each have their own counter and chain. */
const writerName = 'w1';

/** An exchange whose outcome is not recorded yet. */
export interface OpenIntent {
  readonly index: number;
  readonly id: string;
  readonly entry: Pick<Entry, 'cls' | 'ref'>;
}

/** A record with the index it will have once its batch is committed. */
export interface PlacedRecord {
  readonly index: number;
  readonly record: LedgerRecord;
  /** Of an outcome: the exchange it ends. */
  readonly intent: OpenIntent | undefined;
}

export interface WriterStart {
  readonly size: number;
  /** The newest entry and its leaf hash. */
  readonly last: { readonly entry: Entry; readonly leafHash: string } | undefined;
  /** By leaf hash, base64url. */
  readonly openIntents: ReadonlyMap<string, OpenIntent>;
}

/**
 * Gives entries their place: counter and chain without gaps, references resolved, outcomes matched
 * with their intents. What it has placed must be committed, or the process must end: that is why no
 * gap can arise by accident.
 */
export class Writer {
  readonly #index: EntryIndex;
  readonly #rootKey: RootKey;
  readonly #open: Map<string, OpenIntent>;
  /** Ids placed in batches under way, which the index does not know yet. */
  readonly #fresh = new Set<string>();
  #size: number;
  #wseq: number;
  #previous: string;
  #iat: number;

  constructor(index: EntryIndex, { size, last, openIntents }: WriterStart, rootKey: RootKey) {
    this.#rootKey = rootKey;
    this.#index = index;
    this.#open = new Map(openIntents);
    this.#size = size;
    this.#wseq = last === undefined ? 0 : last.entry.wseq + 1;
    this.#previous = last?.leafHash ?? '';
    this.#iat = last?.entry.iat ?? 0;
  }

  get openIntents(): ReadonlyMap<string, OpenIntent> {
    return this.#open;
  }

  /** @returns the time of the batch in Unix seconds: the clock may not go back behind the log */
  startBatch(nowMs: number): number {
    this.#iat = Math.max(this.#iat, Math.floor(nowMs / 1_000));
    return this.#iat;
  }

  /** The index knows these entries from now on. */
  settle(placed: readonly PlacedRecord[]): void {
    for (const { record } of placed) this.#fresh.delete(record.entry.id);
  }

  /** All of the drafts or none. @throws LedgerError `draft_invalid`, with nothing placed */
  place(drafts: readonly StatedDraft[]): readonly PlacedRecord[] {
    this.#check(drafts);
    const placed: PlacedRecord[] = [];
    for (const draft of drafts) {
      const sibling = siblingIndex(draft.refs.intent);
      const leaf = sibling === undefined ? draft.refs.intent : placed[sibling]!.record.leaf;
      const refs = leaf === undefined ? draft.refs : { ...draft.refs, intent: leaf };
      placed.push(this.#placeOne({ ...draft, refs }));
    }
    return placed;
  }

  #placeOne(draft: StatedDraft): PlacedRecord {
    const place = { iat: this.#iat, w: writerName, wseq: this.#wseq, prev_w: this.#previous };
    const record = buildRecord(draft, place, this.#rootKey);
    const index = this.#size;
    const { leaf } = record;
    const { intent: intentLeaf } = draft.refs;
    const intent = intentLeaf === undefined ? undefined : this.#open.get(intentLeaf);
    if (intentLeaf !== undefined) this.#open.delete(intentLeaf);
    if (draft.type === 'intent') {
      // No more of the entry than is needed later: exchanges may be open for long.
      const { id, cls, ref } = record.entry;
      this.#open.set(leaf, { index, id, entry: { cls, ref } });
    }
    this.#fresh.add(record.entry.id);
    this.#size++;
    this.#wseq++;
    this.#previous = leaf;
    return { index, record, intent };
  }

  #check(drafts: readonly StatedDraft[]): void {
    const ids = new Set<string>();
    const ended = new Set<string>();
    for (const [position, draft] of drafts.entries()) {
      checkDraft(draft);
      const { intent } = draft.refs;
      if (intent !== undefined) {
        const sibling = siblingIndex(intent);
        const known =
          sibling === undefined
            ? this.#open.has(intent)
            : sibling < position && drafts[sibling]!.type === 'intent';
        if (!known) throw invalid('the outcome names no exchange that is under way');
        if (ended.has(intent)) throw invalid('an exchange has one outcome');
        ended.add(intent);
      }
      if (draft.id === undefined) continue;
      const taken =
        ids.has(draft.id) ||
        this.#fresh.has(draft.id) ||
        this.#index.byId(fromHex(draft.id)!) !== undefined;
      if (taken) throw invalid('the id is in use');
      ids.add(draft.id);
    }
  }
}

/** `#0` stands for the entry of the first draft in the same array. */
function siblingIndex(ref: string | undefined): number | undefined {
  const digits = /^#(0|[1-9][0-9]{0,3})$/.exec(ref ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
