import { hash } from 'node:crypto';
import { fromHex } from '#base';
import { isCustodyType } from './custody-order.ts';
import type { IndexedEntry } from './entry-index.ts';
import type { Group } from './fields.ts';
import { type Entry, readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';
import { sealTagBytes } from './seal.ts';
import { type OpenedField, digestOf, openFields } from './sealed-fields.ts';

type Readable = Pick<LogFiles, 'bundles' | 'payloads' | 'vault' | 'rootKey' | 'custody'>;

/** An entry with some of its groups opened. */
export interface OpenedEntry {
  readonly index: number;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  readonly fields: readonly OpenedField[];
  /** Groups the entry has that could not be opened. */
  readonly missing: readonly Group[];
  /** Groups that were lawfully erased. */
  readonly erased: readonly Group[];
}

/** @param groups those to open; the others are left alone and are not missing */
export async function openEntry(
  files: Readable,
  indexed: IndexedEntry,
  groups: readonly Group[],
): Promise<OpenedEntry> {
  const bytes = await files.bundles.entry(indexed.index);
  const entry = readEntry(bytes);
  const asked = entry.ct.filter(({ g }) => groups.includes(g));
  // Asked first: what the log says is erased is not opened, even if its key is not yet destroyed.
  const isErased = (group: Group): boolean =>
    files.custody.erasureOf(indexed.index, entry, group) !== undefined;
  const wanted = asked.filter(({ g }) => !isErased(g));
  const blobs = wanted.length === 0 ? undefined : await readBlobs(files, entry, indexed);
  const fields: OpenedField[] = [];
  const missing: Group[] = [];
  for (const { g: group, h } of wanted) {
    const blob = blobs?.get(group);
    const opened =
      blob === undefined ? undefined : await openGroup(files, { entry, group, blob, h });
    if (opened === undefined) missing.push(group);
    else fields.push(...opened);
  }
  const erased = asked.map(({ g }) => g).filter(isErased);
  return { index: indexed.index, entry, bytes, fields, missing, erased };
}

/** Whether a group's key and blob are there; cheaper than opening it. */
export async function isOpenable(
  files: Readable,
  indexed: IndexedEntry,
  entry: Entry,
  group: Group,
): Promise<boolean> {
  if (!entry.ct.some(({ g }) => g === group)) return true;
  const recordId = fromHex(entry.id)!;
  return (
    indexed.payload !== undefined &&
    (await files.vault.has(recordId, group)) &&
    (await files.payloads.has(indexed.payload, recordId, blobLengths(entry)))
  );
}

async function readBlobs(
  { payloads }: Readable,
  entry: Entry,
  indexed: IndexedEntry,
): Promise<ReadonlyMap<Group, Uint8Array> | undefined> {
  if (indexed.payload === undefined) return undefined;
  const blobs = await payloads.read(indexed.payload, fromHex(entry.id)!, blobLengths(entry));
  return blobs === undefined ? undefined : new Map(entry.ct.map(({ g }, i) => [g, blobs[i]!]));
}

function blobLengths(entry: Entry): readonly number[] {
  return entry.ct.map(({ n }) => n + sealTagBytes);
}

/**
 * What is handed out is what the entry vouches for: blob and digests are checked, not only the tag.
 */
async function openGroup(
  { vault, rootKey }: Readable,
  { entry, group, blob, h }: { entry: Entry; group: Group; blob: Uint8Array; h: string },
): Promise<readonly OpenedField[] | undefined> {
  const recordId = fromHex(entry.id)!;
  const custodial = group === 'ops' && isCustodyType(entry.t);
  const kept = await vault.get(recordId, group);
  const key = kept ?? (custodial ? rootKey.custodyKey(recordId) : undefined);
  if (key === undefined || hash('sha256', blob, 'base64url') !== h) return undefined;
  const fields = openFields(key, blob, { recordId, group, type: entry.t });
  const vouched = fields?.every(({ disclosure }) => entry._sd.includes(digestOf(disclosure)));
  return vouched === true ? fields : undefined;
}
