import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedFiles } from '../storage.ts';

/** What lies under the folder of the static tree. */
export class FilePublished implements PublishedFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async *paths(): AsyncGenerator<string> {
    if (!existsSync(this.#folder)) return;
    for (const entry of readdirSync(this.#folder, { withFileTypes: true, recursive: true })) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name).slice(this.#folder.length + 1);
      yield path.split('\\').join('/');
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    const full = join(this.#folder, path);
    return existsSync(full) ? readFileSync(full) : undefined;
  }
}
