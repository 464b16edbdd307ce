import { describe, expect, it } from 'vitest';
import {
  type BatchPromise,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  formatBatchBody,
  formatBatchPromise,
  formatNote,
  inclusionNodes,
  keyTypes,
  openCheckpoint,
  openPromise,
  parseBatchBody,
  parseBatchPromise,
  parseCheckpointBody,
  parsePromiseBody,
  parseVerifierKey,
  rootOf,
  verifyPromise,
} from '../src/index.ts';
import { NaiveLog, TestSigner, signCheckpoint } from './naive-log.ts';
import { logSigner, origin } from './receipt-fixture.ts';

const hash = new Uint8Array(32).fill(9);
const first = 40;

/** The leaves of a batch as a log of their own, which hashes them as the batch's tree does. */
function batchOf(count: number): NaiveLog {
  const log = new NaiveLog();
  for (let i = 0; i < count; i++) log.append(encodeUtf8(`entry ${first + i}`));
  return log;
}

async function sign(text: string, signer = logSigner): Promise<string> {
  return formatNote(text, [await signer.sign(text)]);
}

async function promiseOf(log: NaiveLog, place: number): Promise<BatchPromise> {
  const count = log.entries.length;
  const note = await sign(formatBatchBody({ origin, first, count, root: log.root() }));
  const hashes = log.inclusion(place, count);
  return { index: first + place, leafHash: log.leafHash(place), hashes, note };
}

const open = async (promise: BatchPromise, signer = logSigner) =>
  openPromise(formatBatchPromise(promise), [(await parseVerifierKey(await signer.vkey()))!]);

describe('a promise signed with its batch', () => {
  it('has one spelling', () => {
    const body = formatBatchBody({ origin, first: 7, count: 3, root: hash });
    expect(body).toBe(`sekisho.promise-batch/v2\n${origin}\n7\n3\n${encodeBase64(hash)}\n`);
    expect(parseBatchBody(body)).toEqual({ origin, first: 7, count: 3, root: hash });
    for (const other of [
      '',
      body.slice(0, -1),
      `${body}\n`,
      `${body}more\n`,
      body.replace('v2', 'v3'),
      body.replace('\n7\n', '\n07\n'),
      body.replace('\n3\n', '\n0\n'),
      body.replace('\n3\n', '\n-3\n'),
      body.replace('\n7\n', '\n9007199254740991\n'),
      body.replace(origin, ''),
      body.replace(origin, '7'),
      body.replace(origin, 'sekisho.promise-batch/v2'),
      body.replace(encodeBase64(hash), encodeBase64(hash.slice(1))),
      body.replace(encodeBase64(hash), encodeBase64url(hash)),
    ]) {
      expect([other, parseBatchBody(other)]).toEqual([other, undefined]);
    }
    const whole = { index: 7, leafHash: hash, hashes: [hash, hash], note: 'note' };
    expect(parseBatchPromise(formatBatchPromise(whole))).toEqual(whole);
  });

  it('opens for every entry of batches of every shape', async () => {
    for (const count of [1, 2, 3, 5, 8, 13, 64, 100]) {
      const log = batchOf(count);
      for (let place = 0; place < count; place++) {
        // oxlint-disable-next-line no-await-in-loop -- a few hundred
        expect(await open(await promiseOf(log, place))).toEqual({
          origin,
          index: first + place,
          leafHash: log.leafHash(place),
        });
      }
    }
  });

  it('opens for no other leaf, no other place and no other path', async () => {
    const log = batchOf(6);
    const promise = await promiseOf(log, 2);
    expect(promise.hashes.length).toBe(inclusionNodes(2, 6).length);
    for (const change of [
      { leafHash: hash },
      { leafHash: log.leafHash(3) },
      { index: promise.index + 1 },
      { index: promise.index - 1 },
      { index: first - 1 },
      { index: first + 6 },
      { index: 0 },
      { hashes: promise.hashes.slice(1) },
      { hashes: [...promise.hashes, hash] },
      { hashes: promise.hashes.toReversed() },
      // A node of the tree is no leaf of it.
      {
        leafHash: await rootOf([log.leafHash(2), log.leafHash(3)]),
        hashes: promise.hashes.slice(1),
      },
      { note: promise.note.replace('\n6\n', '\n7\n') },
      { note: promise.note.replace(`\n${first}\n`, `\n${first - 1}\n`) },
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      expect([change, await open({ ...promise, ...change })]).toEqual([change, undefined]);
    }
  });

  it('is signed by the log itself, and by nobody else', async () => {
    const promise = await promiseOf(batchOf(2), 1);
    const stranger = new TestSigner('stranger.example');
    expect(await open(promise, stranger)).toBeUndefined();
    const witness = new TestSigner(origin, keyTypes.cosignatureV1);
    const body = promise.note.slice(0, promise.note.lastIndexOf('\n\n') + 1);
    for (const signer of [stranger, witness]) {
      // oxlint-disable-next-line no-await-in-loop -- two
      const note = await sign(body, signer);
      // oxlint-disable-next-line no-await-in-loop -- two
      expect(await open({ ...promise, note }, signer)).toBeUndefined();
    }
  });

  it('never passes for a checkpoint or a promise signed alone, nor these for it', async () => {
    const log = batchOf(5);
    const promise = await promiseOf(log, 1);
    const body = promise.note.slice(0, promise.note.lastIndexOf('\n\n') + 1);
    expect(parseCheckpointBody(body)).toBeUndefined();
    expect(parsePromiseBody(body)).toBeUndefined();
    const key = (await parseVerifierKey(await logSigner.vkey()))!;
    expect(await openCheckpoint(promise.note, [key])).toBeUndefined();
    // The note of the batch alone names no entry.
    expect(await openPromise(promise.note, [key])).toBeUndefined();
    const checkpoint = await signCheckpoint(origin, log, [logSigner]);
    expect(await open({ ...promise, note: checkpoint })).toBeUndefined();
  });

  it('is held against a log as one signed alone is', async () => {
    const text = formatBatchPromise(await promiseOf(batchOf(5), 1));
    const keys = [await logSigner.vkey()];
    expect(await verifyPromise(text, { kind: 'none' }, keys)).toMatchObject({
      verdict: 'OPEN',
      origin,
      promised: { index: first + 1 },
    });
    expect(await verifyPromise(encodeUtf8(text), { kind: 'none' }, keys)).toMatchObject({
      verdict: 'OPEN',
    });
    const cut = text.replace(/\n[^\n]+\n\n/, '\n\n');
    expect(await verifyPromise(cut, { kind: 'none' }, keys)).toMatchObject({
      verdict: 'INVALID',
      code: 'E_PROMISE_FORMAT',
    });
  });
});
