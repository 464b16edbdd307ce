import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderDurably, nodeDisk } from '#base';
import { formatCheckpointBody } from '@sekisho/proof';
import { Bundles } from '../../src/ledger/bundles.ts';
import { loadLogSigner } from '../../src/ledger/key-files.ts';
import { FileTiles } from '../../src/ledger/local/file-tiles.ts';
import { Wal } from '../../src/ledger/local/wal.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import { Tree } from '../../src/ledger/tree.ts';
import { origin } from './fixtures.ts';

/** Every entry of a ledger folder, from its write-ahead file. */
export async function entriesOf(directory: string): Promise<Buffer[]> {
  const wal = (await Wal.openReadOnly(nodeDisk, join(directory, 'wal/entries.wal')))!;
  const entries: Buffer[] = [];
  for await (const batch of wal.read()) entries.push(...batch.entries.map((e) => Buffer.from(e)));
  await wal.close();
  return entries;
}

/**
 * What an operator who holds the key can do: a log of other entries that is whole in itself, with
 * its tiles and a good signature.
 */
export async function forgeLog(directory: string, entries: readonly Buffer[]): Promise<void> {
  for (const name of ['wal', 'tile']) {
    rmSync(join(directory, name), { recursive: true, force: true });
    await makeFolderDurably(nodeDisk, join(directory, name));
  }
  const tree = new Tree(async () => undefined);
  const bundles = new Bundles(async () => undefined);
  for (const entry of entries) {
    tree.append(leafHashOf(entry));
    bundles.append(entry);
  }
  const { size } = tree;
  const root = tree.root();
  const wal = await Wal.open(nodeDisk, join(directory, 'wal/entries.wal'));
  await wal.append({ entries, size, root });
  await wal.close();
  const tiles = new FileTiles(nodeDisk, join(directory, 'tile'));
  await tiles.write([...bundles.finishedBundles(), ...tree.finishedTiles()]);
  await tiles.write([...bundles.partialBundles(), ...tree.partialTiles()]);
  const signer = await loadLogSigner(join(directory, 'keys'), origin, false);
  await tiles.writeCheckpoint(signer.sign(formatCheckpointBody({ origin, size, root })));
}
