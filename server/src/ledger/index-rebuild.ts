import { fromHex, limits, toHex } from '#base';
import type { Bundles } from './bundles.ts';
import type { EntryIndex, IndexedEntry } from './entry-index.ts';
import { type Entry, leafHashOf, readEntry } from './record.ts';
import type { PayloadPlace, PayloadStore } from './storage.ts';
import type { Tree } from './tree.ts';

// No log has this root: an index that a crash left half built is built anew.
const unfinished = new Uint8Array(32).fill(0xff);

/** Adds to the index what the log holds beyond it. @returns how many entries */
export async function catchUpIndex(
  index: EntryIndex,
  { bundles, payloads, tree }: { bundles: Bundles; payloads: PayloadStore; tree: Tree },
): Promise<number> {
  const from = index.state().size;
  const places = new PayloadPlaces(payloads);
  const open = new Map(index.openIntents().map((row) => [textOf(row.leafHash), row.index]));
  for (let start = from; start < tree.size; start += limits.batchEntries) {
    const end = Math.min(start + limits.batchEntries, tree.size);
    const rows: IndexedEntry[] = [];
    for (let i = start; i < end; i++) {
      const bytes = await bundles.entry(i);
      const entry = readEntry(bytes);
      const leafHash = leafHashOf(bytes);
      if (entry.t === 'intent') open.set(textOf(leafHash), i);
      rows.push({
        index: i,
        id: fromHex(entry.id)!,
        type: entry.t,
        leafHash,
        intentIndex: intentIndexOf(entry, open),
        payload: entry.ct.length === 0 ? undefined : await places.find(entry),
      });
    }
    const root = end === tree.size ? tree.root() : unfinished;
    index.add(rows, { size: end, root });
  }
  return tree.size - from;
}

function intentIndexOf(entry: Entry, open: Map<string, number>): number | undefined {
  const leaf = entry.ref.intent;
  if (leaf === undefined) return undefined;
  const index = open.get(leaf);
  // An exchange has one outcome, so nothing asks for its intent again.
  open.delete(leaf);
  return index;
}

function textOf(leafHash: Uint8Array): string {
  return Buffer.from(leafHash).toString('base64url');
}

/**
 * Payloads by record, read one day's segment at a time: entries come in the order of their days.
 */
class PayloadPlaces {
  readonly #payloads: PayloadStore;
  #day: number | undefined;
  #places = new Map<string, PayloadPlace>();

  constructor(payloads: PayloadStore) {
    this.#payloads = payloads;
  }

  async find(entry: Entry): Promise<PayloadPlace | undefined> {
    const day = dayOf(entry.iat);
    if (day !== this.#day) {
      this.#day = day;
      this.#places = new Map();
      for await (const { recordId, ...place } of this.#payloads.scan(day)) {
        this.#places.set(toHex(recordId), place);
      }
    }
    return this.#places.get(entry.id);
  }
}

/** UTC day, counted from 1970-01-01. @param time Unix seconds */
export function dayOf(time: number): number {
  return Math.floor(time / 86_400);
}
