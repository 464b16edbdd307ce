import {
  type ConsistencyClaim,
  type EntryView,
  type Subtree,
  consistencyNodes,
  encodeBase64,
  encodeBase64url,
  formatTilePath,
  hashLeaf,
  hashNode,
  parseEntry,
  splitBundle,
  tileWidth,
} from '@sekisho/proof';

/** A stranger's copy of a log, made of nothing but its checkpoint and its entry bundles. */
export interface CopiedLog {
  readonly size: number;
  readonly entries: readonly EntryView[];
  /** Base64url, by index. */
  readonly leafHashes: readonly string[];
  /** Root of the first `size` entries, base64. */
  rootAt(size: number): Promise<string>;
  /** What proves that the whole log begins with its first `oldSize` entries. */
  consistency(oldSize: number): Promise<ConsistencyClaim>;
}

export async function readLog(url: string): Promise<CopiedLog> {
  const note = await (await fetch(`${url}/checkpoint`)).text();
  const size = Number(note.split('\n')[1]);
  const entries: EntryView[] = [];
  const hashes: Uint8Array[] = [];
  for (let index = 0; index * 256 < size; index++) {
    const path = formatTilePath({ level: 'entries', index, width: tileWidth(size, 0, index) });
    const response = await fetch(`${url}/${path}`);
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    for (const bytes of splitBundle(new Uint8Array(await response.arrayBuffer())) ?? []) {
      const entry = parseEntry(bytes);
      if (entry === undefined) throw new Error(`${path} holds what is not an entry`);
      entries.push(entry);
      hashes.push(await hashLeaf(bytes));
    }
  }
  if (entries.length !== size) throw new Error(`${entries.length} entries for size ${size}`);
  const range = async ({ start, end }: Subtree): Promise<Uint8Array> => {
    if (end - start === 1) return hashes[start];
    let half = 1;
    while (half * 2 < end - start) half *= 2;
    return hashNode(
      await range({ start, end: start + half }),
      await range({ start: start + half, end }),
    );
  };
  return {
    size,
    entries,
    leafHashes: hashes.map((hash) => encodeBase64url(hash)),
    rootAt: async (oldSize) => encodeBase64(await range({ start: 0, end: oldSize })),
    consistency: async (oldSize) => ({
      oldSize,
      newSize: size,
      oldRoot: await range({ start: 0, end: oldSize }),
      newRoot: await range({ start: 0, end: size }),
      proof: await Promise.all(consistencyNodes(oldSize, size).map((node) => range(node))),
    }),
  };
}
