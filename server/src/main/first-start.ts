import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, writeFileDurably } from '#base';
import type { ApiKey, KeyStore } from '#gateway';

/** The log's name: made once, kept with the data, and free of the machine's own name. */
export function ledgerOrigin(dataDirectory: string): string {
  const path = join(dataDirectory, 'origin');
  if (!existsSync(path)) {
    const year = new Date(systemClock.nowMs()).getUTCFullYear();
    const name = `sekisho.local/${randomBytes(4).toString('hex')}/${year}`;
    writeFileDurably(path, Buffer.from(`${name}\n`, 'utf8'));
  }
  return readFileSync(path, 'utf8').trim();
}

/**
 * The key a newcomer is given. It stays in a file of its own, which may be deleted once it is used.
 */
export async function firstKey(
  dataDirectory: string,
  keys: KeyStore,
  record: (key: ApiKey) => Promise<void>,
): Promise<string> {
  const path = join(dataDirectory, 'first.key');
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  if (kept !== undefined && keys.find(kept) !== undefined) return kept;
  const made = keys.make('first user', 'operator');
  await record(made.key);
  keys.admit(made);
  writeFileDurably(path, Buffer.from(`${made.secret}\n`, 'utf8'));
  return made.secret;
}
