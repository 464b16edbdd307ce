import { randomBytes } from 'node:crypto';
import { type S3Bucket, type StoredAs, toHex } from '#base';
import { LedgerError } from '../errors.ts';
import { storeFailure } from './object-failure.ts';

const what = 'use the object store';
const storedAs: StoredAs = {
  contentType: 'application/octet-stream',
  cacheControl: 'private, no-store',
};
const probeBytes = 64;
const racers = 8;

/**
 * Tries on probe objects what the ledger will rely on, since stores that speak the protocol differ
 * in just this: a condition that is ignored would let one history overwrite another in silence.
 * @throws LedgerError `store_unsuitable`, `store_refused` or `store_unreachable`
 */
export async function probeObjectStore(bucket: S3Bucket): Promise<void> {
  const key = `probe/${toHex(randomBytes(16))}`;
  try {
    await probe(bucket, key);
  } catch (error) {
    // The first failure is the one to tell; what cannot be removed does no harm.
    await bucket.delete(key).catch(() => {});
    throw storeFailure(what, error);
  }
}

async function probe(bucket: S3Bucket, key: string): Promise<void> {
  const [first, second] = [randomBytes(probeBytes), randomBytes(probeBytes)];
  const expect = (isSo: boolean, detail: string): void => {
    if (!isSo) throw new LedgerError('store_unsuitable', what, { detail });
  };
  const holds = async (bytes: Buffer): Promise<boolean> =>
    (await bucket.get(key, { maxBytes: probeBytes }))?.bytes.equals(bytes) === true;

  expect((await bucket.create(key, first, storedAs)) !== 'different', 'it invents objects');
  expect(await holds(first), 'it does not give back what was just written');
  const part = await bucket.get(key, { range: { offset: 16, bytes: 8 }, maxBytes: 8 });
  expect(
    part?.totalBytes === probeBytes && part.bytes.equals(first.subarray(16, 24)),
    'it does not give back a part of an object',
  );
  const again = await bucket.create(key, second, storedAs);
  expect(again === 'different' && (await holds(first)), 'it ignores If-None-Match');
  expect(await isListed(bucket, key), 'it does not list what was just written');
  await bucket.put(key, second, storedAs);
  expect(await holds(second), 'it gives back an object that was replaced');
  await bucket.delete(key);
  expect((await bucket.head(key)) === undefined, 'it keeps what was deleted');
  expect(await hasOneWinner(bucket, key), 'it honours If-None-Match only one request at a time');
  await bucket.delete(key);
}

async function isListed(bucket: S3Bucket, key: string): Promise<boolean> {
  for await (const found of bucket.list(key)) {
    if (found.key === key && found.bytes === probeBytes) return true;
  }
  return false;
}

/** Of several writers at the same moment. A store that looks first and writes then lets in two. */
async function hasOneWinner(bucket: S3Bucket, key: string): Promise<boolean> {
  const created = await Promise.all(
    Array.from({ length: racers }, () => bucket.create(key, randomBytes(probeBytes), storedAs)),
  );
  return created.filter((outcome) => outcome !== 'different').length === 1;
}
