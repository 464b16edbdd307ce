import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  formatCheckpointBody,
  formatNote,
  formatPromiseBody,
  formatTilePath,
  keyTypes,
  openCheckpoint,
  openPromise,
  parseCheckpointBody,
  parsePromiseBody,
  parseVerifierKey,
  readTileProof,
  tileWidth,
  rootOf,
  verifyInclusion,
  verifyPromise,
} from '../src/index.ts';
import { NaiveLog, TestSigner, signCheckpoint } from './naive-log.ts';
import { buildReceipt, logSigner, origin, witnessSigner } from './receipt-fixture.ts';

const hash = new Uint8Array(32).fill(9);

async function promiseOf(
  index: number,
  leafHash: Uint8Array,
  { signer = logSigner, name = origin } = {},
): Promise<string> {
  const body = formatPromiseBody({ origin: name, index, leafHash });
  return formatNote(body, [await signer.sign(body)]);
}

const keyOf = async (signer: TestSigner) => (await parseVerifierKey(await signer.vkey()))!;

describe('a promise', () => {
  it('has one spelling', () => {
    const body = formatPromiseBody({ origin, index: 7, leafHash: hash });
    expect(body).toBe(`sekisho.promise/v1\n${origin}\n7\n${encodeBase64(hash)}\n`);
    expect(parsePromiseBody(body)).toEqual({ origin, index: 7, leafHash: hash });
    for (const other of [
      '',
      body.slice(0, -1),
      `${body}\n`,
      `${body}more\n`,
      body.replace('v1', 'v2'),
      body.replace('\n7\n', '\n07\n'),
      body.replace('\n7\n', '\n-7\n'),
      body.replace('\n7\n', '\n9007199254740992\n'),
      body.replace(origin, ''),
      body.replace(origin, 'two words'),
      body.replace(encodeBase64(hash), encodeBase64(hash.slice(1))),
      body.replace(encodeBase64(hash), encodeBase64url(hash)),
    ]) {
      expect([other, parsePromiseBody(other)]).toEqual([other, undefined]);
    }
  });

  it('is signed by the log itself, and by nobody else', async () => {
    const note = await promiseOf(7, hash);
    const key = await keyOf(logSigner);
    expect(await openPromise(note, [key])).toEqual({ origin, index: 7, leafHash: hash });
    const stranger = new TestSigner('stranger.example');
    const byStranger = await promiseOf(7, hash, { signer: stranger });
    expect(await openPromise(byStranger, [await keyOf(stranger)])).toBeUndefined();
    expect(await openPromise(note, [await keyOf(stranger)])).toBeUndefined();
    expect(await openPromise(note.replace('\n7\n', '\n8\n'), [key])).toBeUndefined();
    const witness = new TestSigner(origin, keyTypes.cosignatureV1);
    const byWitness = await promiseOf(7, hash, { signer: witness });
    expect(await openPromise(byWitness, [await keyOf(witness)])).toBeUndefined();
  });

  it('never passes for a checkpoint, nor a checkpoint for a promise', async () => {
    // Also for a reader that, unlike ours, tolerates lines after the third.
    const reading = (text: string) => {
      const [name, size = '', root = ''] = text.split('\n');
      return /^(0|[1-9][0-9]*)$/.test(size) && root !== '' ? { name, size, root } : undefined;
    };
    const names = fc.stringMatching(/^[a-z0-9./]{1,12}$/);
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(names, fc.maxSafeNat(), bytes, async (name, number, leafHash) => {
        const claim = { origin: name, index: number, leafHash };
        if (/^[0-9]+$/.test(name)) {
          expect(() => formatPromiseBody(claim)).toThrow(RangeError);
        } else {
          const body = formatPromiseBody(claim);
          expect(parseCheckpointBody(body)).toBeUndefined();
          expect(reading(body)).toBeUndefined();
        }
        if (number === 0) return;
        const checkpoint = formatCheckpointBody({ origin: name, size: number, root: leafHash });
        expect(parsePromiseBody(checkpoint)).toBeUndefined();
      }),
    );
    // The one name under which a checkpoint begins as a promise does.
    const twin = 'sekisho.promise/v1';
    expect(() => formatPromiseBody({ origin: twin, index: 1, leafHash: hash })).toThrow(RangeError);
    const checkpoint = formatCheckpointBody({ origin: twin, size: 5, root: hash });
    for (const more of ['', `1\n`, `${origin}\n`]) {
      expect(parsePromiseBody(`${checkpoint}${more}`)).toBeUndefined();
    }
    const promise = await promiseOf(7, hash);
    expect(await openCheckpoint(promise, [await keyOf(logSigner)])).toBeUndefined();
    const log = new NaiveLog();
    log.append(encodeUtf8('one'));
    const signed = await signCheckpoint(origin, log, [logSigner]);
    expect(await openPromise(signed, [await keyOf(logSigner)])).toBeUndefined();
  });
});

/** The static files of a log. */
async function served(log: NaiveLog, checkpoint: string): Promise<Map<string, Uint8Array>> {
  const size = log.entries.length;
  const files = new Map([['checkpoint', encodeUtf8(checkpoint)]]);
  let hashes = log.entries.map((_, i) => log.leafHash(i));
  for (let level = 0; hashes.length > 0; level++) {
    const above: Uint8Array[] = [];
    for (let index = 0; index * 256 < hashes.length; index++) {
      const width = tileWidth(size, level, index);
      const part = hashes.slice(index * 256, index * 256 + 256);
      files.set(formatTilePath({ level, index, width }), Buffer.concat(part));
      // oxlint-disable-next-line no-await-in-loop -- a small log
      if (part.length === 256) above.push(await rootOf(part));
    }
    hashes = above;
  }
  return files;
}

describe('a promise held against a copy of the log', () => {
  const log = new NaiveLog();
  for (let i = 0; i < 700; i++) log.append(encodeUtf8(`entry ${i}`));
  const verdict = async (note: string, files: ReadonlyMap<string, Uint8Array>) => {
    const read = async (path: string) => files.get(path);
    const keys = [await logSigner.vkey(), await witnessSigner.vkey()];
    return verifyPromise(note, { kind: 'log', read }, keys);
  };
  const copy = async () => served(log, await signCheckpoint(origin, log, [logSigner]));

  it('is kept, broken or open', async () => {
    const files = await copy();
    for (const index of [0, 255, 256, 511, 512, 699]) {
      const leafHash = log.leafHash(index);
      // oxlint-disable-next-line no-await-in-loop -- a handful
      expect(await verdict(await promiseOf(index, leafHash), files)).toEqual({
        verdict: 'KEPT',
        origin,
        promised: { index, leafHash: encodeBase64url(leafHash) },
        size: 700,
      });
    }
    expect(await verdict(await promiseOf(300, hash), files)).toMatchObject({
      verdict: 'BROKEN',
      code: 'E_PROMISE',
      found: encodeBase64url(log.leafHash(300)),
    });
    expect(await verdict(await promiseOf(700, hash), files)).toMatchObject({ verdict: 'OPEN' });
  });

  it('is not called broken because of a copy that is damaged or of another log', async () => {
    const note = await promiseOf(300, log.leafHash(300));
    const damaged = await copy();
    damaged.set('tile/0/001', new Uint8Array(8192));
    expect(await verdict(note, damaged)).toMatchObject({ verdict: 'INVALID', code: 'E_ROOT' });
    const short = await copy();
    short.delete('tile/0/001');
    expect(await verdict(note, short)).toMatchObject({ verdict: 'INVALID', code: 'E_ABSENT' });
    expect(await verdict(note, new Map())).toMatchObject({ code: 'E_ABSENT' });
    const stranger = new TestSigner('stranger.example');
    const theirs = await served(log, await signCheckpoint('stranger.example', log, [stranger]));
    expect(await verdict(note, theirs)).toMatchObject({ verdict: 'INVALID', code: 'E_SIG' });
    const read = async (path: string) => theirs.get(path);
    const keys = [await logSigner.vkey(), await stranger.vkey()];
    expect(await verifyPromise(note, { kind: 'log', read }, keys)).toMatchObject({
      code: 'E_ORIGIN',
    });
  });

  it('reads a full tile where the partial one has gone', async () => {
    const files = await copy();
    const partial = files.get('tile/0/002.p/188')!;
    files.delete('tile/0/002.p/188');
    files.set('tile/0/002', Buffer.concat([partial, new Uint8Array(68 * 32)]));
    expect(await verdict(await promiseOf(600, log.leafHash(600)), files)).toMatchObject({
      verdict: 'KEPT',
    });
  });

  it('rests on proofs that are those of the naive log', async () => {
    const files = await copy();
    const read = async (path: string) => files.get(path);
    for (const index of [0, 1, 255, 256, 600, 699]) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      const found = (await readTileProof(read, { index, size: 700 }))!;
      expect(found.hashes.map(encodeBase64)).toEqual(log.inclusion(index, 700).map(encodeBase64));
      const { leafHash, hashes: proof } = found;
      const claim = { leafHash, index, size: 700, proof, root: log.root() };
      // oxlint-disable-next-line no-await-in-loop -- a handful
      expect(await verifyInclusion(claim)).toBe(true);
    }
  });
});

describe('a promise held against a receipt', () => {
  it('is kept, broken, or open where the receipt does not speak of its place', async () => {
    const { text, log, indexes } = await buildReceipt();
    const keys = [await logSigner.vkey()];
    const held = async (index: number, leafHash: Uint8Array, receipt = text) =>
      (
        await verifyPromise(
          await promiseOf(index, leafHash),
          { kind: 'receipt', text: receipt },
          keys,
        )
      ).verdict;
    const index = indexes.get('intent')!;
    expect(await held(index, log.leafHash(index))).toBe('KEPT');
    expect(await held(index, hash)).toBe('BROKEN');
    expect(await held(index + 1, log.leafHash(index))).toBe('OPEN');
    expect(await held(index, log.leafHash(index), text.replace('receipt/1', 'receipt/2'))).toBe(
      'INVALID',
    );
    expect(await held(index, hash, '')).toBe('INVALID');
  });

  it('says nothing without a key or without anything to be held against', async () => {
    const note = await promiseOf(1, hash);
    expect(await verifyPromise(note, { kind: 'none' }, [await logSigner.vkey()])).toMatchObject({
      verdict: 'OPEN',
      promised: { index: 1 },
    });
    for (const keys of [[], ['x'], [await witnessSigner.vkey()]]) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      expect(await verifyPromise(note, { kind: 'none' }, keys)).toMatchObject({ code: 'E_KEY' });
    }
    const other = [await new TestSigner('stranger.example').vkey()];
    expect(await verifyPromise(note, { kind: 'none' }, other)).toMatchObject({
      verdict: 'INVALID',
      code: 'E_PROMISE_FORMAT',
    });
  });
});
