import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { SchoolError } from './errors.ts';
import { invalidRow } from './json-rows.ts';
import { type Pack, readPack, sha256 } from './pack.ts';
import {
  type FileName,
  type Manifest,
  fileNames,
  manifestSchema,
  packLimits,
  rowSchemas,
} from './schema.ts';

/** A pack before its files have hashes. */
export interface PackDraft {
  readonly manifest: Omit<Manifest, 'files'>;
  /** Checked against the format when they are written. */
  readonly rows: Partial<Record<FileName, readonly unknown[]>>;
}

/**
 * Writes a pack into a folder that must not exist yet, and reads it back. The same draft gives the
 * same bytes: the members of a row stand in the order of the format.
 * @throws SchoolError `pack_invalid` with file, line and member; then nothing is left behind
 */
export async function writePack(folder: string, draft: PackDraft): Promise<Pack> {
  const files: Partial<Record<FileName, Manifest['files'][FileName]>> = {};
  const contents = new Map<string, Buffer>();
  for (const name of fileNames) {
    const rows = draft.rows[name] ?? [];
    if (rows.length === 0) continue;
    const bytes = Buffer.from(rows.map((row, at) => lineOf(name, row, at)).join(''), 'utf8');
    if (bytes.length > packLimits.fileBytes) throw new SchoolError('pack_too_large', name);
    files[name] = { sha256: sha256(bytes), bytes: bytes.length, rows: rows.length };
    contents.set(`${name}.jsonl`, bytes);
  }
  const parsed = manifestSchema.safeParse({ ...draft.manifest, files });
  if (!parsed.success) throw invalidRow('pack', parsed.error.issues);
  contents.set('pack.json', Buffer.from(`${JSON.stringify(parsed.data, null, 2)}\n`, 'utf8'));
  // In a folder beside it first: a pack is there whole or not at all.
  const beside = `${folder}.new`;
  try {
    await rm(beside, { recursive: true, force: true });
    await mkdir(beside, { recursive: true });
    await Promise.all([...contents].map(([name, bytes]) => writeFile(join(beside, name), bytes)));
    const pack = await readPack(beside);
    await rename(beside, folder);
    return pack;
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
}

function lineOf(name: FileName, row: unknown, index: number): string {
  const schema: z.ZodType = rowSchemas[name];
  const parsed = schema.safeParse(row);
  if (!parsed.success) throw invalidRow(`${name}:${index + 1}`, parsed.error.issues);
  return `${JSON.stringify(parsed.data)}\n`;
}
