import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SchoolError } from './errors.ts';
import { invalidRow, parseJson } from './json-rows.ts';
import {
  type FileName,
  type Manifest,
  type Rows,
  fileNames,
  manifestSchema,
  packLimits,
  rowSchemas,
} from './schema.ts';

/** A country pack in memory, each file of which is the one its manifest names. */
export interface Pack extends Rows {
  readonly manifest: Manifest;
  /** SHA-256 of pack.json, which names the hash of each file: 64 hexadecimal digits. */
  readonly hash: string;
}

/**
 * Reads a pack from a folder and checks it whole: format, bounds, hashes, references. Whose
 * signatures it bears is asked of `pack-note.ts`.
 * @throws SchoolError `pack_absent`, `pack_invalid`, `pack_too_large`, `pack_changed`
 */
export async function readPack(folder: string): Promise<Pack> {
  const bytes = await readBounded(join(folder, 'pack.json'), packLimits.manifestBytes);
  if (bytes === undefined) throw new SchoolError('pack_absent');
  const parsed = manifestSchema.safeParse(parseJson(bytes.toString('utf8'), 'pack.json'));
  if (!parsed.success) throw invalidRow('pack.json', parsed.error.issues);
  const manifest: Manifest = parsed.data;
  const rows: Partial<Record<FileName, readonly unknown[]>> = {};
  // One after another: a pack may hold hundreds of megabytes.
  for (const name of fileNames) {
    // oxlint-disable-next-line no-await-in-loop
    rows[name] = await readRows(folder, name, manifest);
  }
  const pack: Pack = { ...(rows as Rows), manifest, hash: sha256(bytes) };
  checkReferences(pack);
  return pack;
}

/** @returns the rows of one file; none where the manifest does not name it */
async function readRows(
  folder: string,
  name: FileName,
  manifest: Manifest,
): Promise<readonly unknown[]> {
  const declared = manifest.files[name];
  if (declared === undefined) return [];
  const file = `${name}.jsonl`;
  if (declared.bytes > packLimits.fileBytes) throw new SchoolError('pack_too_large', file);
  const bytes = await readBounded(join(folder, file), packLimits.fileBytes);
  if (bytes?.length !== declared.bytes || sha256(bytes) !== declared.sha256) {
    throw new SchoolError('pack_changed', file);
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  if (lines.length > packLimits.rows) throw new SchoolError('pack_too_large', file);
  if (lines.length !== declared.rows) throw new SchoolError('pack_changed', file);
  const schema = rowSchemas[name];
  return lines.map((line, index) => {
    const where = `${file}:${index + 1}`;
    const parsed = schema.safeParse(parseJson(line, where));
    if (!parsed.success) throw invalidRow(where, parsed.error.issues);
    return parsed.data;
  });
}

/** Every code, subject and source a row names must be there. */
function checkReferences(pack: Pack): void {
  const { manifest } = pack;
  const sources = new Set(manifest.sources.map(({ id }) => id));
  const subjects = new Set(manifest.subjects.map(({ id }) => id));
  const codes = new Set(pack.items.map(({ code }) => code));
  if (codes.size !== pack.items.length) throw new SchoolError('pack_invalid', 'a code comes twice');
  for (const name of fileNames) {
    for (const [index, row] of pack[name].entries()) {
      const where = `${name}.jsonl:${index + 1}`;
      if (!sources.has(row.source)) throw new SchoolError('pack_invalid', `${where}: source`);
      if ('subject' in row && row.subject !== null && !subjects.has(row.subject)) {
        throw new SchoolError('pack_invalid', `${where}: subject`);
      }
      if ('codes' in row && !row.codes.every((code) => codes.has(code))) {
        throw new SchoolError('pack_invalid', `${where}: codes`);
      }
      if ('parent' in row && row.parent !== null && !codes.has(row.parent)) {
        throw new SchoolError('pack_invalid', `${where}: parent`);
      }
    }
  }
}

/**
 * @returns undefined where there is no such file
 * @throws SchoolError `pack_too_large`, `pack_invalid` where it cannot be read, as a folder cannot
 */
export async function readBounded(file: string, most: number): Promise<Buffer | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    if ((await handle.stat()).size > most) throw new SchoolError('pack_too_large');
    return await handle.readFile();
  } catch (cause) {
    if (cause instanceof SchoolError) throw cause;
    throw new SchoolError('pack_invalid', `${basename(file)}: not readable`, cause);
  } finally {
    await handle.close();
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
