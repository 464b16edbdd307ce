import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SchoolError } from './errors.ts';
import { type Pack, readPack } from './pack.ts';

/** The packs an institution has added: `<folder>/<id>/<version>`. */
export class PackLibrary {
  readonly #folder: string;

  /** @param folder made with the first pack */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Checks a pack and copies it. A version that is there is never replaced: what was checked
   * against it must stay what it was.
   * @throws SchoolError as `readPack` does; `pack_changed` for another pack of the same version
   */
  async add(from: string): Promise<{ readonly pack: Pack; readonly isNew: boolean }> {
    const pack = await readPack(from);
    const folder = this.#place(pack.manifest.id, pack.manifest.version);
    if (existsSync(folder)) {
      const there = await readPack(folder);
      if (there.hash !== pack.hash) {
        throw new SchoolError('pack_changed', `${there.manifest.version} is there already`);
      }
      // Somebody may have signed since.
      await cp(join(from, 'pack.note'), join(folder, 'pack.note')).catch(() => undefined);
      return { pack, isNew: false };
    }
    await mkdir(join(this.#folder, pack.manifest.id), { recursive: true });
    const beside = `${folder}.new`;
    await rm(beside, { recursive: true, force: true });
    await cp(from, beside, { recursive: true });
    // What was copied is what is used from now on, so that is what is checked.
    const copied = await readPack(beside);
    if (copied.hash !== pack.hash) throw new SchoolError('pack_changed', 'while it was copied');
    await rename(beside, folder);
    return { pack: copied, isNew: true };
  }

  /** Versions that are there, newest first. */
  async versions(id: string): Promise<readonly string[]> {
    const names = await readdir(join(this.#folder, id)).catch(() => [] as string[]);
    return names
      .filter((name) => /^[0-9]+(\.[0-9]+)*(-[a-z0-9.]+)?$/.test(name))
      .toSorted(newerFirst);
  }

  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    return names.filter((name) => /^[a-z0-9][a-z0-9._-]*$/.test(name)).toSorted();
  }

  /** The folder of a version, of the newest one without. @throws SchoolError `pack_absent` */
  async find(id: string, version?: string): Promise<string> {
    const wanted = version ?? (await this.versions(id))[0];
    const folder = wanted === undefined ? undefined : this.#place(id, wanted);
    if (folder === undefined || !existsSync(folder)) throw new SchoolError('pack_absent', id);
    return folder;
  }

  #place(id: string, version: string): string {
    return join(this.#folder, id, version);
  }
}

/** By numbers; what has a suffix comes before the release it leads to. */
function newerFirst(a: string, b: string): number {
  const [left = '', leftSuffix] = a.split('-');
  const [right = '', rightSuffix] = b.split('-');
  const numbers = (text: string): readonly number[] => text.split('.').map(Number);
  const [mine, theirs] = [numbers(left), numbers(right)];
  for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
    const difference = (theirs[at] ?? 0) - (mine[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (leftSuffix === rightSuffix) return 0;
  if (leftSuffix === undefined) return -1;
  return rightSuffix === undefined ? 1 : rightSuffix.localeCompare(leftSuffix);
}
