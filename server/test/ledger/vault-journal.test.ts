import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Disk, type DiskFile, nodeDisk } from '#base';
import { VaultJournal } from '../../src/ledger/local/vault-journal.ts';
import { inDirectory } from './fixtures.ts';

it('a journal that is emptied stays empty, however late a write under way ends', async () => {
  await inDirectory(async (directory) => {
    let write = (): void => {};
    const mayWrite = new Promise<void>((resolve) => (write = resolve));
    const slow = (file: DiskFile): DiskFile => ({
      size: () => file.size(),
      read: (into, position) => file.read(into, position),
      write: async (bytes, position) => {
        const taken = Buffer.from(bytes);
        await mayWrite;
        await file.write(taken, position);
      },
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      close: () => file.close(),
    });
    const create: Disk['create'] = async (path) => slow(await nodeDisk.create(path));
    const disk: Disk = { ...nodeDisk, create };
    const path = join(directory, 'journal');
    const journal = await VaultJournal.open(disk, path);
    const appended = journal.append(Buffer.from('rows of somebody'));
    await Promise.resolve();
    const cleared = journal.clear();
    setTimeout(write, 20);
    await Promise.all([appended, cleared]);
    expect(readFileSync(path)).toHaveLength(0);
    await journal.close();
  });
});
