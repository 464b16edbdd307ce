import {
  type BundleEntry,
  type BundleRole,
  entryJwtKid,
  entryJwtSigningInput,
  formatBundle,
  formatEntryJwt,
  formatTlogProof,
} from '@sekisho/proof';
import type { IndexedEntry } from './entry-index.ts';
import { type FieldName, type Group, groups as allGroups } from './fields.ts';
import { type OpenedEntry, openEntry } from './opening.ts';
import { openExchange } from './receipt.ts';
import type { LogFiles } from './recovery.ts';
import type { OpenedField } from './sealed-fields.ts';
import type { LockedCheckpoint } from './storage.ts';

type Readable = Pick<
  LogFiles,
  'bundles' | 'payloads' | 'vault' | 'rootKey' | 'index' | 'tree' | 'custody' | 'signer'
>;

export interface BundleOptions {
  /** Of the exchange: those to open. */
  readonly groups: readonly Group[];
  /** Whether to hand over the rule book and the model's declaration where they are long. */
  readonly documents: boolean;
}

interface BundlePart {
  readonly role: BundleRole;
  readonly opened: OpenedEntry;
  readonly fields: readonly OpenedField[];
}

/** An exchange with all that a bundle of it will hold, before a checkpoint is chosen for it. */
export interface BundleDraft {
  readonly parts: readonly BundlePart[];
  readonly options: BundleOptions;
  /** The checkpoint must cover this entry. */
  readonly newestIndex: number;
}

/** What an erasure says about this exchange. By whom, and on whose authority, stays sealed. */
const erasureFields: readonly FieldName[] = ['erasure.indexes', 'erasure.range', 'erasure.groups'];

/** Opens an exchange, and the entries that say why something of it cannot be opened. */
export async function draftBundle(
  files: Readable,
  intent: IndexedEntry,
  options: BundleOptions,
): Promise<BundleDraft> {
  const exchange = await openExchange(files, intent, options);
  const parts: BundlePart[] = exchange.map(({ role, opened }) => {
    return { role, opened, fields: opened.fields };
  });
  const erasures = new Set<number>();
  for (const { opened } of exchange) {
    for (const group of opened.erased) {
      const erasure = files.custody.erasureOf(opened.index, opened.entry, group);
      if (erasure !== undefined) erasures.add(erasure.index);
    }
  }
  for (const index of [...erasures].toSorted((a, b) => a - b)) {
    const opened = await openEntry(files, files.index.byIndex(index)!, ['ops']);
    const fields = opened.fields.filter(({ name }) => erasureFields.includes(name));
    parts.push({ role: 'erasure', opened, fields });
  }
  const newestIndex = Math.max(...parts.map(({ opened }) => opened.index));
  return { parts, options, newestIndex };
}

/** Signs each entry as an SD-JWT and proves it under the checkpoint. */
export async function buildBundle(
  files: Readable,
  { parts, options }: BundleDraft,
  { origin, checkpoint }: { readonly origin: string; readonly checkpoint: LockedCheckpoint },
): Promise<string> {
  const { signer, tree } = files;
  const kid = entryJwtKid(origin, signer.keyId);
  const entries: BundleEntry[] = [];
  for (const { role, opened, fields } of parts) {
    const signingInput = entryJwtSigningInput(kid, opened.bytes);
    const signature = signer.signBytes(Buffer.from(signingInput, 'ascii'));
    const hashes = await tree.inclusionProof(opened.index, checkpoint.size);
    const isDocument = role === 'policy' || role === 'model';
    entries.push({
      role,
      sdJwt: formatEntryJwt({
        signingInput,
        signature,
        disclosures: fields.map(({ disclosure }) => disclosure),
      }),
      proof: formatTlogProof({ index: opened.index, hashes, checkpoint: checkpoint.note }),
      values: isDocument && !options.documents ? [] : fields.flatMap(largeValue),
    });
  }
  // In the one order a bundle lists them.
  const groups = allGroups.filter((group) => options.groups.includes(group));
  return formatBundle({ format: 'sekisho-bundle/1', origin, groups, entries });
}

function largeValue({ name, large }: OpenedField): BundleEntry['values'] {
  if (large === undefined) return [];
  const { salt2, bytes } = large;
  return [
    {
      name,
      salt2: Buffer.from(salt2).toString('base64url'),
      bytes: Buffer.from(bytes).toString('base64'),
    },
  ];
}
