import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../data/packs/', import.meta.url));

/** Names of the pack sources that come with the program: written by hand, to be built from. */
export function builtInPacks(): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'pack.yaml')))
    .toSorted();
}

/** @returns undefined for a name that is none of them */
export function packSourceFolder(name: string): string | undefined {
  return builtInPacks().includes(name) ? join(folder, name) : undefined;
}
