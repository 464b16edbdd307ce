import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { SchoolError } from './errors.ts';
import { jsonRows } from './json-rows.ts';
import { readBounded } from './pack.ts';
import type { PackDraft } from './pack-writer.ts';
import { type Manifest, type FileName, fileNames, packLimits } from './schema.ts';

/**
 * Reads what people write by hand: `pack.yaml` with the members of the manifest but `files`, and
 * JSON lines beside it. Whether it keeps to the format is said when the pack is written.
 * @throws SchoolError `pack_absent`, `pack_invalid`, `pack_too_large`
 */
export async function readPackSource(folder: string): Promise<PackDraft> {
  const bytes = await readBounded(join(folder, 'pack.yaml'), packLimits.manifestBytes);
  if (bytes === undefined) throw new SchoolError('pack_absent', 'pack.yaml');
  const manifest = parseManifest(bytes.toString('utf8'));
  const rows: Partial<Record<FileName, readonly unknown[]>> = {};
  for (const name of fileNames) {
    const file = join(folder, `${name}.jsonl`);
    if (!existsSync(file)) continue;
    // oxlint-disable-next-line no-await-in-loop
    const content = await readBounded(file, packLimits.fileBytes);
    const text = content?.toString('utf8') ?? '';
    rows[name] = jsonRows(text, `${name}.jsonl`).map(({ value }) => value);
  }
  return { manifest, rows };
}

function parseManifest(text: string): Omit<Manifest, 'files'> {
  try {
    return parseYaml(text, { maxAliasCount: 0 }) as Omit<Manifest, 'files'>;
  } catch (cause) {
    throw new SchoolError('pack_invalid', 'pack.yaml: not YAML', cause);
  }
}
