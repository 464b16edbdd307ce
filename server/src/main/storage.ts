import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StorageSettings, readObjectCredentials } from '#ledger';
import { type Policy, defaultPolicyYaml, parsePolicy } from '#policy';
import type { CheckpointOptions } from './options.ts';

/**
 * Where the ledger of a data folder is kept, by the same settings as at its start.
 * @throws PolicyError; LedgerError `store_refused` when the credentials are not there
 */
export function readStorageSettings(
  dataDirectory: string,
  environment: CheckpointOptions['environment'],
): StorageSettings {
  const path = join(dataDirectory, 'sekisho.yaml');
  const yaml = existsSync(path) ? readFileSync(path, 'utf8') : defaultPolicyYaml();
  return storageSettings(parsePolicy(yaml), environment);
}

/** @throws LedgerError `store_refused` when the credentials are not there */
export function storageSettings(
  { document }: Policy,
  environment: CheckpointOptions['environment'],
): StorageSettings {
  const { DATABASE_URL: databaseUrl = '' } = environment;
  const database = databaseUrl === '' ? {} : { databaseUrl };
  const place = document.storage?.objects;
  if (place === undefined) return database;
  const { endpoint, region, bucket, prefix, pathStyle } = place;
  const credentials = readObjectCredentials(place, environment, (path) =>
    readFileSync(path, 'utf8'),
  );
  return { ...database, objects: { endpoint, region, bucket, prefix, pathStyle, credentials } };
}
