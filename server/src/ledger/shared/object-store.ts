import { S3Bucket, type S3Settings, type S3Times } from '#base';
import type { FilesReading } from '../reading.ts';
import type { PayloadStore, TileStore } from '../storage.ts';
import { ObjectPayloads } from './object-payloads.ts';
import { probeObjectStore } from './object-probe.ts';
import { ObjectPublished, ObjectTiles } from './object-tiles.ts';

export interface ObjectStore {
  readonly tiles: TileStore;
  readonly payloads: PayloadStore;
  close(): Promise<void>;
}

/**
 * The static tree and the sealed blobs of one log, in one bucket under one prefix.
 * @throws LedgerError `store_unsuitable`, `store_refused` or `store_unreachable`: nothing of the
 * log has been touched then
 */
export async function openObjectStore(
  settings: S3Settings,
  times: Partial<S3Times> = {},
): Promise<ObjectStore> {
  const bucket = new S3Bucket(settings, times);
  try {
    await probeObjectStore(bucket);
  } catch (error) {
    await bucket.close();
    throw error;
  }
  return {
    tiles: new ObjectTiles(bucket),
    payloads: new ObjectPayloads(bucket),
    close: () => bucket.close(),
  };
}

/** The same to read only: a reader needs no right to write, so nothing is tried out. */
export function openObjectReading(settings: S3Settings): FilesReading {
  const bucket = new S3Bucket(settings);
  return {
    tiles: new ObjectTiles(bucket),
    published: new ObjectPublished(bucket),
    payloads: new ObjectPayloads(bucket),
    checkpointName: 'log/checkpoint',
    close: () => bucket.close(),
  };
}
