import type { StatedDraft } from './draft.ts';
import { switchedDrafts } from './postquantum/switching.ts';
import { readEntry } from './record.ts';
import type { LogFiles } from './recovery.ts';
import { type OpenIntent, Writer } from './writer.ts';

/** Takes counter, chain and open exchanges from the log. */
export async function createWriter({ tree, bundles, index, rootKey }: LogFiles): Promise<Writer> {
  const lastIndex = tree.size - 1;
  const last =
    lastIndex < 0
      ? undefined
      : {
          entry: readEntry(await bundles.entry(lastIndex)),
          leafHash: Buffer.from(index.byIndex(lastIndex)!.leafHash).toString('base64url'),
        };
  const openIntents = new Map<string, OpenIntent>();
  for (const row of index.openIntents()) {
    const { id, cls, ref } = readEntry(await bundles.entry(row.index));
    const leaf = Buffer.from(row.leafHash).toString('base64url');
    openIntents.set(leaf, { index: row.index, id, entry: { cls, ref } });
  }
  return new Writer(index, { size: tree.size, last, openIntents }, rootKey);
}

/**
 * What a log says of itself before anything else is recorded: its name, when it is new, and a
 * second key that came or went.
 */
export function startDrafts(files: LogFiles, origin: string): readonly StatedDraft[] {
  const switched = switchedDrafts(files.postQuantum, files.locked, origin);
  return files.tree.size === 0 ? [genesis(origin), ...switched] : switched;
}

/**
 * Ends the exchanges whose process died. What is known of one is that it began, under which rules,
 * and no more.
 */
export function interruptedDrafts(open: ReadonlyMap<string, OpenIntent>): readonly StatedDraft[] {
  return [...open].map(([leaf, { entry }]) => ({
    type: 'outcome',
    decision: 'error',
    end: 'interrupted',
    evidenceClass: entry.cls,
    refs: { ...entry.ref, intent: leaf },
    fields: {},
  }));
}

function genesis(origin: string): StatedDraft {
  const note = { origin, format: 'sekisho-ledger/1' };
  const fields = { 'log.note': JSON.stringify(note) };
  return { type: 'log.genesis', decision: 'allow', evidenceClass: 'r1', refs: {}, fields };
}
