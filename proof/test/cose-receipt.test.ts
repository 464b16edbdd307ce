import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CborValue,
  type CoseReceipt,
  consistencyRoot,
  coseSignedBytes,
  decodeCbor,
  encodeBase64,
  encodeCbor,
  encodeCoseReceipt,
  encodeUtf8,
  hashNode,
  inclusionRoot,
  parseCoseKey,
  parseCoseReceipt,
  verifyCoseConsistency,
  verifyCoseInclusion,
  verifyCoseReceipt,
} from '../src/index.ts';
import { NaiveLog, TestSigner } from './naive-log.ts';
import { buildReceipt, logSigner, origin } from './receipt-fixture.ts';
import { fromHex, hasVectors, readVector, reportPassed, vectorsTitle } from './vectors.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('CBOR', () => {
  // Appendix A of RFC 8949, as far as it is of these kinds.
  const samples: readonly (readonly [CborValue, string])[] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1000000, '1a000f4240'],
    [1000000000000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-10, '29'],
    [-100, '3863'],
    [-1000, '3903e7'],
    [null, 'f6'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['"\\', '62225c'],
    ['\u6c34', '63e6b0b4'],
    [new Uint8Array(0), '40'],
    [Uint8Array.of(1, 2, 3, 4), '4401020304'],
    [[], '80'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [new Map<number | string, CborValue>(), 'a0'],
    [
      new Map<number, CborValue>([
        [1, 2],
        [3, 4],
      ]),
      'a201020304',
    ],
    [{ tag: 1, value: 1363896240 }, 'c11a514b67b0'],
  ];

  it('is read and written as the RFC shows it', () => {
    for (const [value, text] of samples) {
      expect(hex(encodeCbor(value))).toBe(text);
      expect(decodeCbor(fromHex(text))).toEqual(value);
    }
  });

  it('writes map keys in the order of their bytes', () => {
    const map = new Map<number | string, CborValue>([
      ['a', 1],
      [-1, 2],
      [395, 3],
      [15, 4],
      [1, 5],
    ]);
    expect(hex(encodeCbor(map))).toBe('a501050f0419018b032002616101');
  });

  it('refuses what has a shorter spelling, and what is not of these kinds', () => {
    for (const text of [
      '',
      '1817',
      '190017',
      '1900ff',
      '1a0000ffff',
      '1b00000000ffffffff', // longer than need be
      '1b0020000000000000',
      '3b001fffffffffffff', // beyond 2^53-1
      '1c',
      '1f',
      '5f4101ff',
      '7f6161ff',
      '9f01ff',
      'bf0102ff', // indefinite, reserved
      'f4',
      'f5',
      'f7',
      'f97c00',
      'fb3ff0000000000000',
      'f820',
      'ff', // other simple values
      'a201020103',
      'a1f601',
      'a1410101', // a key twice, keys of other kinds
      '62ffff',
      '63eda080', // no UTF-8
      '0000',
      '4401',
      '8201',
      'a101',
      'c1',
      '18',
      '19', // more, and less, than one item
      '5b0000000100000000',
      '9affffffff',
      'baffffffff', // lengths nobody has sent
      '81'.repeat(40) + '01', // nesting
    ]) {
      expect([text, decodeCbor(fromHex(text))]).toEqual([text, undefined]);
    }
    for (const value of [0.5, -0, 2 ** 53, Number.NaN, '\ud800']) {
      expect(() => encodeCbor(value)).toThrow(RangeError);
    }
  });

  it('comes back as it went, and whatever is read has that one spelling', () => {
    const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.maxSafeInteger().filter((number) => number > Number.MIN_SAFE_INTEGER),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ maxLength: 300 }),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(fc.integer(), tie('value')), { maxLength: 4 }).map((x) => new Map(x)),
        fc.record({ tag: fc.nat(), value: tie('value') }),
      ),
    }));
    fc.assert(
      fc.property(value, (item) => {
        expect(decodeCbor(encodeCbor(item))).toEqual(item);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const item = decodeCbor(bytes);
        if (item !== undefined) expect(encodeCbor(item).length).toBe(bytes.length);
      }),
    );
  });
});

describe(vectorsTitle("the working group's receipts"), () => {
  it.skipIf(!hasVectors)('are read, and both paths lead to one root', async () => {
    const inclusion = parseCoseReceipt(readVector('cose-receipts/inclusion-receipt.cbor'))!;
    const consistency = parseCoseReceipt(readVector('cose-receipts/consistency-receipt.cbor'))!;
    for (const { algorithm, issuer, keyId } of [inclusion, consistency]) {
      expect(algorithm).toBe('ES256');
      expect(issuer).toBe('https://transparency-service.example.com');
      expect(Buffer.from(keyId!).toString()).toBe('test-key-1');
    }
    expect(inclusion.proofs).toMatchObject([{ kind: 'inclusion', size: 5, index: 3 }]);
    const [between] = consistency.proofs;
    if (between?.kind !== 'consistency') throw new Error('another kind of proof');
    const { oldSize, newSize, path } = between;
    expect([oldSize, newSize, path.length]).toEqual([3, 5, 4]);
    // Leaf 3 stands second in the path from 3 to 5; leaf 2 and the pair before it are the old tree.
    const leafHash = path[1]!;
    const oldRoot = await hashNode(path[2]!, path[0]!);
    const [proof] = inclusion.proofs;
    if (proof?.kind !== 'inclusion') throw new Error('another kind of proof');
    const root = await inclusionRoot({ ...proof, leafHash, proof: proof.path });
    expect(root).toBeDefined();
    expect(await consistencyRoot({ oldSize, newSize, oldRoot, proof: path })).toEqual(root);
    reportPassed('cose-receipts', 2);
  });
});

const log = new NaiveLog();
for (let i = 0; i < 11; i++) log.append(encodeUtf8(`entry ${i}`));
const ed25519Key = { algorithm: 'Ed25519', publicKey: logSigner.publicKey } as const;

async function inclusionReceipt(index: number, size: number): Promise<Uint8Array> {
  const path = log.inclusion(index, size);
  const draft = {
    issuer: origin,
    subject: 'subject',
    keyId: await logSigner.keyId(),
    root: log.root(size),
    proof: { kind: 'inclusion', size, index, path },
  } as const;
  return encodeCoseReceipt(draft, (message) => logSigner.signBytes(message));
}

async function consistencyReceipt(oldSize: number, newSize: number): Promise<Uint8Array> {
  const path = log.consistency(oldSize, newSize);
  const draft = {
    issuer: origin,
    subject: 'subject',
    keyId: await logSigner.keyId(),
    root: log.root(newSize),
    proof: { kind: 'consistency', oldSize, newSize, path },
  } as const;
  return encodeCoseReceipt(draft, (message) => logSigner.signBytes(message));
}

describe('a COSE receipt of ours', () => {
  it('verifies for every leaf of small trees, and for no other leaf or key', async () => {
    const stranger = new TestSigner('stranger.example');
    const wrong = { algorithm: 'Ed25519', publicKey: stranger.publicKey } as const;
    for (let size = 2; size <= 11; size++) {
      for (let index = 0; index < size; index++) {
        // oxlint-disable-next-line no-await-in-loop -- small trees
        const receipt = parseCoseReceipt(await inclusionReceipt(index, size))!;
        // oxlint-disable-next-line no-await-in-loop -- small trees
        const found = await verifyCoseInclusion(receipt, log.leafHash(index), ed25519Key);
        expect(found).toMatchObject({ root: log.root(size), proof: { index, size } });
        const other = log.leafHash((index + 1) % size);
        // oxlint-disable-next-line no-await-in-loop -- small trees
        expect(await verifyCoseInclusion(receipt, other, ed25519Key)).toBeUndefined();
        // oxlint-disable-next-line no-await-in-loop -- small trees
        expect(await verifyCoseInclusion(receipt, log.leafHash(index), wrong)).toBeUndefined();
      }
    }
  });

  it('proves that one tree continues another', async () => {
    for (const [oldSize, newSize] of [
      [1, 2],
      [3, 5],
      [4, 7],
      [6, 11],
      [8, 11],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- small trees
      const receipt = parseCoseReceipt(await consistencyReceipt(oldSize, newSize))!;
      const check = (root: Uint8Array) => verifyCoseConsistency(receipt, root, ed25519Key);
      // oxlint-disable-next-line no-await-in-loop -- small trees
      expect(await check(log.root(oldSize))).toMatchObject({ root: log.root(newSize) });
      // oxlint-disable-next-line no-await-in-loop -- small trees
      expect(await check(log.root(newSize))).toBeUndefined();
      // oxlint-disable-next-line no-await-in-loop -- small trees
      expect(await verifyCoseInclusion(receipt, log.leafHash(0), ed25519Key)).toBeUndefined();
    }
  });

  it('has none for a tree of one leaf', async () => {
    await expect(inclusionReceipt(0, 1)).rejects.toThrow(RangeError);
  });

  it('with a flipped bit proves nothing, or the same leaf under the same root', async () => {
    const bytes = await inclusionReceipt(3, 11);
    const places: string[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const spoiled = bytes.slice();
      const at = Math.floor(bit / 8);
      spoiled[at] = spoiled[at]! ^ (2 ** (bit % 8));
      const receipt = parseCoseReceipt(spoiled);
      if (receipt === undefined) continue;
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the bit
      const found = await verifyCoseInclusion(receipt, log.leafHash(3), ed25519Key);
      if (found === undefined) continue;
      places.push(`${found.proof.index} of ${found.proof.size}`);
      expect([bit, found.root]).toEqual([bit, log.root()]);
    }
    // RFC 9942 leaves size and place unsigned, and trees of other sizes may have the same shape.
    expect(places).toEqual(['3 of 10', '3 of 9', '3 of 15']);
  });

  it('is no note, no JSON web signature: what the key signs for it is no text', async () => {
    const { protectedHeader } = parseCoseReceipt(await inclusionReceipt(3, 11))!;
    const signed = coseSignedBytes(protectedHeader, log.root());
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(signed)).toThrow(TypeError);
  });

  it('with ES256 verifies too, as other logs sign', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = parseCoseKey(publicKey.export({ format: 'der', type: 'spki' }))!;
    expect([key.algorithm, key.publicKey.length]).toEqual(['ES256', 65]);
    const header = encodeCbor(
      new Map<number, CborValue>([
        [1, -7],
        [395, 1],
      ]),
    );
    const written = encodeCbor([11, 3, log.inclusion(3, 11)]);
    const signature = sign('sha256', coseSignedBytes(header, log.root()), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const open = new Map([[396, new Map([[-1, [written]]])]]);
    const value = [header, open, null, new Uint8Array(signature)];
    const receipt = parseCoseReceipt(encodeCbor({ tag: 18, value }))!;
    expect(await verifyCoseInclusion(receipt, log.leafHash(3), key)).toBeDefined();
    expect(await verifyCoseInclusion(receipt, log.leafHash(4), key)).toBeUndefined();
    expect(await verifyCoseInclusion(receipt, log.leafHash(3), ed25519Key)).toBeUndefined();
    const short: CoseReceipt = { ...receipt, signature: receipt.signature.slice(1) };
    expect(await verifyCoseInclusion(short, log.leafHash(3), key)).toBeUndefined();
    const offCurve = { ...key, publicKey: key.publicKey.slice().fill(1, 1) };
    expect(await verifyCoseInclusion(receipt, log.leafHash(3), offCurve)).toBeUndefined();
  });

  it('is refused in every other shape', () => {
    const header = (pairs: readonly (readonly [number, CborValue])[]) => encodeCbor(new Map(pairs));
    const good = header([
      [1, -8],
      [395, 1],
    ]);
    const proofs = (key: number, ...list: readonly CborValue[]) =>
      new Map<number, CborValue>([[396, new Map<number, CborValue>([[key, list]])]]);
    const proof = encodeCbor([2, 0, [new Uint8Array(32)]]);
    const message = (parts: readonly CborValue[], tag = 18) => encodeCbor({ tag, value: parts });
    const signature = new Uint8Array(64);
    expect(parseCoseReceipt(message([good, proofs(-1, proof), null, signature]))).toBeDefined();
    for (const bytes of [
      message([good, proofs(-1, proof), null, signature], 61),
      encodeCbor([good, proofs(-1, proof), null, signature]),
      message([good, proofs(-1, proof), new Uint8Array(32), signature]),
      message([good, proofs(-1, proof), null]),
      message([good, proofs(-1), null, signature]),
      message([good, proofs(-3, proof), null, signature]),
      message([good, proofs(-1, encodeCbor([2, 0, []])), null, signature]),
      message([good, proofs(-1, encodeCbor([2, -1, [good]])), null, signature]),
      message([good, proofs(-1, encodeCbor([2, 0])), null, signature]),
      message([good, proofs(-1, [2, 0, [good]]), null, signature]),
      message([good, new Map(), null, signature]),
      message([header([[395, 1]]), proofs(-1, proof), null, signature]),
      message([
        header([
          [1, -37],
          [395, 1],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      message([
        header([
          [1, -8],
          [395, 2],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      message([
        header([
          [1, -8],
          [2, [395]],
          [395, 1],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      message([
        header([
          [1, -8],
          [395, 1],
          [396, 0],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      message([
        header([
          [1, -8],
          [395, 1],
          [15, 0],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      message([
        header([
          [1, -8],
          [395, 1],
          [4, 'x'],
        ]),
        proofs(-1, proof),
        null,
        signature,
      ]),
      new Uint8Array(0),
    ]) {
      expect([hex(bytes), parseCoseReceipt(bytes)]).toEqual([hex(bytes), undefined]);
    }
    expect(parseCoseKey(new Uint8Array(44))).toBeUndefined();
  });

  it('names the log, its key and the entry, and is refused for another of them', async () => {
    const fixture = await buildReceipt();
    const entry = fixture.entries.get('intent')!;
    const index = fixture.indexes.get('intent')!;
    const size = fixture.log.entries.length;
    const { id } = JSON.parse(Buffer.from(entry).toString()) as { id: string };
    const draft = {
      issuer: origin,
      subject: id,
      keyId: await logSigner.keyId(),
      root: fixture.log.root(),
      proof: { kind: 'inclusion', size, index, path: fixture.log.inclusion(index, size) },
    } as const;
    const sealed = (changes: Partial<typeof draft> | Record<string, unknown>) =>
      encodeCoseReceipt({ ...draft, ...changes }, (message) => logSigner.signBytes(message));
    const vkey = await logSigner.vkey();
    const good = await sealed({});
    expect(await verifyCoseReceipt(good, entry, { vkey })).toMatchObject({
      verdict: 'UNANCHORED',
      facts: { issuer: origin, subject: id, index, size },
    });
    const spki = createPublicKey({
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        x: Buffer.from(logSigner.publicKey).toString('base64url'),
      },
      format: 'jwk',
    }).export({ format: 'der', type: 'spki' });
    expect(await verifyCoseReceipt(good, entry, { spki })).toMatchObject({
      verdict: 'UNANCHORED',
    });
    for (const [bytes, code] of [
      [await sealed({ issuer: 'other.example' }), 'E_ORIGIN'],
      [await sealed({ keyId: new Uint8Array(4) }), 'E_SIG'],
      [await sealed({ subject: 'another' }), 'E_LINK'],
      [await sealed({ root: new Uint8Array(32) }), 'E_ROOT'],
      [encodeUtf8('nothing'), 'E_COSE'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- a handful
      expect(await verifyCoseReceipt(bytes, entry, { vkey })).toMatchObject({
        verdict: 'INVALID',
        code,
      });
    }
    const changed = encodeUtf8(Buffer.from(entry).toString().replace('"r1"', '"r2"'));
    expect(await verifyCoseReceipt(good, changed, { vkey })).toMatchObject({ code: 'E_ROOT' });
    expect(await verifyCoseReceipt(good, entry, { vkey: 'x' })).toMatchObject({ code: 'E_KEY' });
    expect(await verifyCoseReceipt(good, entry, { spki: encodeUtf8('x') })).toMatchObject({
      code: 'E_KEY',
    });
    expect(encodeBase64(good).length).toBeLessThan(700);
  });
});
