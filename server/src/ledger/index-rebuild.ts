import { fromHex, limits, toHex } from '#base';
import type { Bundles } from './bundles.ts';
import type { EntryIndex, IndexedEntry } from './entry-index.ts';
import type { PayloadPlace, Payloads } from './payloads.ts';
import { type Entry, leafHashOf, readEntry } from './record.ts';
import type { Tree } from './tree.ts';

// No log has this root: an index that a crash left half built is built anew.
const unfinished = new Uint8Array(32).fill(0xff);

/** Adds to the index what the log holds beyond it. @returns how many entries */
export function catchUpIndex(
  index: EntryIndex,
  { bundles, payloads, tree }: { bundles: Bundles; payloads: Payloads; tree: Tree },
): number {
  const from = index.state().size;
  const places = new PayloadPlaces(payloads);
  for (let start = from; start < tree.size; start += limits.batchEntries) {
    const end = Math.min(start + limits.batchEntries, tree.size);
    const rows: IndexedEntry[] = [];
    const fresh = new Map<string, number>();
    for (let i = start; i < end; i++) {
      const bytes = bundles.entry(i);
      const entry = readEntry(bytes);
      const leafHash = leafHashOf(bytes);
      fresh.set(leafHash.toString('base64url'), i);
      rows.push({
        index: i,
        id: fromHex(entry.id)!,
        type: entry.t,
        leafHash,
        intentIndex: intentIndexOf(entry, fresh, index),
        payload: entry.ct.length === 0 ? undefined : places.find(entry),
      });
    }
    const root = end === tree.size ? tree.root() : unfinished;
    index.add(rows, { size: end, root });
  }
  return tree.size - from;
}

function intentIndexOf(
  entry: Entry,
  fresh: ReadonlyMap<string, number>,
  index: EntryIndex,
): number | undefined {
  const leaf = entry.ref.intent;
  if (leaf === undefined) return undefined;
  return fresh.get(leaf) ?? index.byLeafHash(Buffer.from(leaf, 'base64url'))?.index;
}

/**
 * Payloads by record, read one day's segment at a time: entries come in the order of their days.
 */
class PayloadPlaces {
  readonly #payloads: Payloads;
  #day: number | undefined;
  #places = new Map<string, PayloadPlace>();

  constructor(payloads: Payloads) {
    this.#payloads = payloads;
  }

  find(entry: Entry): PayloadPlace | undefined {
    const day = dayOf(entry.iat);
    if (day !== this.#day) {
      this.#day = day;
      this.#places = new Map();
      for (const { recordId, offset } of this.#payloads.scan(day)) {
        this.#places.set(toHex(recordId), { day, offset });
      }
    }
    return this.#places.get(entry.id);
  }
}

/** UTC day, counted from 1970-01-01. @param time Unix seconds */
export function dayOf(time: number): number {
  return Math.floor(time / 86_400);
}
