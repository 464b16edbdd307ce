import { encodeCoseReceipt, parseCheckpointBody, parseNote } from '@sekisho/proof';
import type { IndexedEntry } from './entry-index.ts';
import { readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';
import type { LockedCheckpoint } from './storage.ts';

/** An entry, and a receipt for it that any implementation of RFC 9942 reads. */
export interface CoseEvidence {
  readonly entry: Uint8Array;
  readonly receipt: Uint8Array;
}

/** @param checkpoint covers the entry, and at least one other: RFC 9942 knows no empty path */
export async function buildCose(
  { bundles, tree, signer }: Pick<LogFiles, 'bundles' | 'tree' | 'signer'>,
  { index }: IndexedEntry,
  { origin, checkpoint }: { readonly origin: string; readonly checkpoint: LockedCheckpoint },
): Promise<CoseEvidence> {
  const entry = await bundles.entry(index);
  const { size, note } = checkpoint;
  const path = await tree.inclusionProof(index, size);
  const { root } = parseCheckpointBody(parseNote(note)!.text)!;
  const draft = {
    issuer: origin,
    subject: readEntry(entry).id,
    keyId: signer.keyId,
    root,
    proof: { kind: 'inclusion', size, index, path },
  } as const;
  return { entry, receipt: await encodeCoseReceipt(draft, (bytes) => signer.signBytes(bytes)) };
}
