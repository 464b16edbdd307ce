import { type Receipt, formatTlogProof } from '@sekisho/proof';
import type { IndexedEntry } from './entry-index.ts';
import type { Group } from './fields.ts';
import { type OpenedEntry, openEntry } from './opening.ts';
import type { LogFiles } from './recovery.ts';
import type { LockedCheckpoint } from './storage.ts';

type ReceiptEntry = Receipt['entries'][number];
type ReceiptRole = ReceiptEntry['role'];
type Readable = Pick<
  LogFiles,
  'bundles' | 'payloads' | 'vault' | 'rootKey' | 'index' | 'tree' | 'custody'
>;

/**
 * Builds a receipt: the exchange's entries, and the policy and models they stand on, each proven in
 * the tree of one checkpoint. The rules and models an exchange stood under are public, so those
 * entries are always opened.
 * @param checkpoint covers the intent; an outcome it does not cover came later and is left out
 */
export async function buildReceipt(
  files: Readable,
  intent: IndexedEntry,
  options: {
    readonly origin: string;
    readonly checkpoint: LockedCheckpoint;
    readonly groups: readonly Group[];
  },
): Promise<string> {
  const { origin, checkpoint, groups } = options;
  const parts = await openExchange(files, intent, { groups, size: checkpoint.size });
  const entries: ReceiptEntry[] = [];
  for (const { role, opened } of parts) {
    const { index, bytes, fields } = opened;
    const hashes = await files.tree.inclusionProof(index, checkpoint.size);
    entries.push({
      role,
      entry: Buffer.from(bytes).toString('base64'),
      proof: formatTlogProof({ index, hashes, checkpoint: checkpoint.note }),
      disclosures: fields.map(({ disclosure }) => disclosure),
    });
  }
  const receipt: Receipt = { format: 'sekisho-receipt/1', origin, entries };
  return JSON.stringify(receipt);
}

export interface ExchangePart {
  readonly role: ReceiptRole;
  readonly opened: OpenedEntry;
}

/**
 * The entries of an exchange with the given groups opened, and those of the rules and models it
 * stood under, which are public.
 * @param options size: an outcome that the log had not reached then is left out
 */
export async function openExchange(
  files: Readable,
  intent: IndexedEntry,
  { groups, size = Infinity }: { readonly groups: readonly Group[]; readonly size?: number },
): Promise<readonly ExchangePart[]> {
  const newest = files.index.outcomeOf(intent.index);
  const outcome = newest !== undefined && newest.index < size ? newest : undefined;
  const parts: ExchangePart[] = [
    { role: 'intent', opened: await openEntry(files, intent, groups) },
    ...(outcome === undefined
      ? []
      : [{ role: 'outcome' as const, opened: await openEntry(files, outcome, groups) }]),
  ];
  const refs = parts.map(({ opened }) => opened.entry.ref);
  for (const role of ['policy', 'model'] as const) {
    for (const leaf of new Set(refs.map((ref) => ref[role]))) {
      const found =
        leaf === undefined ? undefined : files.index.byLeafHash(Buffer.from(leaf, 'base64url'));
      if (found?.type !== typeOf[role]) continue;
      parts.push({ role, opened: await openEntry(files, found, ['ops']) });
    }
  }
  return parts;
}

const typeOf = { policy: 'policy.change', model: 'model.record' } as const;
