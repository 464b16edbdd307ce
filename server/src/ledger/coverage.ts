import type { Bilingual } from '#base';
import {
  parseCheckpointBody,
  parseNote,
  splitBundle,
  tileWidth,
  fullTileWidth,
} from '@sekisho/proof';
import { coverageItems } from './coverage-items.ts';
import type { EntryType } from './fields.ts';
import type { StorageSettings } from './open-storage.ts';
import { type FilesReading, openFilesReading } from './reading.ts';
import { readEntry } from './record.ts';

/** How far the ledger answers one item of an evaluation perspective. */
export interface CoverageItem {
  /** For example `G10-13`. */
  readonly node: string;
  /** Weight under its parent, in hundredths. */
  readonly weightPercent: number;
  readonly asks: Bilingual;
  readonly state: 'met' | 'partly' | 'not';
  /** What answers it: entry type, and the field where it is one. */
  readonly evidence: readonly { readonly type: EntryType; readonly field?: string }[];
  /** What is recorded, or why it is not. */
  readonly reason: Bilingual;
}

export interface Coverage {
  /** Published entries by type. */
  readonly entries: Readonly<Partial<Record<EntryType, number>>>;
  readonly items: readonly CoverageItem[];
}

/**
 * Maps what a ledger stores to items 9 to 21 of the Japan AISI evaluation perspective 10,
 * verifiability. An item is answered by what is recorded, so the published entries are counted.
 * @param directory the ledger's folder; read only
 * @param storage what lies elsewhere than in the folder
 */
export async function reportCoverage(
  directory: string,
  storage: StorageSettings = {},
): Promise<Coverage> {
  const files = await openFilesReading(directory, storage);
  try {
    return { entries: await countEntries(files.tiles), items: coverageItems };
  } finally {
    await files.close();
  }
}

async function countEntries(tiles: FilesReading['tiles']): Promise<Coverage['entries']> {
  const note = await tiles.readCheckpoint();
  const size = parseCheckpointBody(parseNote(note ?? '')?.text ?? '')?.size ?? 0;
  const entries: Partial<Record<EntryType, number>> = {};
  for (let index = 0; tileWidth(size, 0, index) > 0; index++) {
    const width = tileWidth(size, 0, index);
    const bytes =
      (await tiles.read({ level: 'entries', index, width })) ??
      (await tiles.read({ level: 'entries', index, width: fullTileWidth }));
    for (const entry of splitBundle(bytes ?? new Uint8Array())?.slice(0, width) ?? []) {
      const { t } = readEntry(entry);
      entries[t] = (entries[t] ?? 0) + 1;
    }
  }
  return entries;
}
