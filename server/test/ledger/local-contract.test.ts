import { nodeDisk } from '#base';
import { FilePayloads } from '../../src/ledger/local/file-payloads.ts';
import { FileTiles } from '../../src/ledger/local/file-tiles.ts';
import type { PayloadStore } from '../../src/ledger/storage.ts';
import { temporaryDirectory } from './fixtures.ts';
import { describePayloadStore } from './payload-store-contract.ts';
import { describeTileStore } from './tile-store-contract.ts';

describeTileStore('tiles in files', async () => {
  const { path, remove } = temporaryDirectory();
  const open = (): FileTiles => new FileTiles(nodeDisk, path);
  return { store: open(), reopen: async () => open(), close: async () => remove() };
});

describePayloadStore('sealed texts in files', async () => {
  const { path, remove } = temporaryDirectory();
  const opened: PayloadStore[] = [];
  const open = (): PayloadStore => {
    const store = new FilePayloads(nodeDisk, path);
    opened.push(store);
    return store;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((store) => store.close()));
    remove();
  };
  return { store: open(), reopen: async () => open(), close };
});
