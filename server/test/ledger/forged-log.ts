import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createDirectoryDurably } from '#base';
import { formatCheckpointBody } from '@sekisho/proof';
import { Bundles } from '../../src/ledger/bundles.ts';
import { loadLogSigner } from '../../src/ledger/key-files.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import { Tiles } from '../../src/ledger/tiles.ts';
import { Tree } from '../../src/ledger/tree.ts';
import { Wal } from '../../src/ledger/wal.ts';
import { origin } from './fixtures.ts';

/** Every entry of a ledger folder, from its write-ahead file. */
export function entriesOf(directory: string): Buffer[] {
  const wal = Wal.openReadOnly(join(directory, 'wal/entries.wal'));
  const entries = [...wal.read()].flatMap((batch) => batch.entries.map((e) => Buffer.from(e)));
  wal.close();
  return entries;
}

/**
 * What an operator who holds the key can do: a log of other entries that is whole in itself, with
 * its tiles and a good signature.
 */
export async function forgeLog(directory: string, entries: readonly Buffer[]): Promise<void> {
  for (const name of ['wal', 'tile']) {
    rmSync(join(directory, name), { recursive: true, force: true });
    createDirectoryDurably(join(directory, name));
  }
  const tree = new Tree(() => undefined);
  const bundles = new Bundles(() => undefined);
  for (const entry of entries) {
    tree.append(leafHashOf(entry));
    bundles.append(entry);
  }
  const { size } = tree;
  const root = tree.root();
  const wal = Wal.open(join(directory, 'wal/entries.wal'));
  wal.append({ entries, size, root });
  wal.close();
  const tiles = new Tiles(join(directory, 'tile'));
  tiles.write([...bundles.finishedBundles(), ...tree.finishedTiles()]);
  tiles.write([...bundles.partialBundles(), ...tree.partialTiles()]);
  const signer = await loadLogSigner(join(directory, 'keys'), origin, false);
  tiles.writeCheckpoint(signer.sign(formatCheckpointBody({ origin, size, root })));
}
