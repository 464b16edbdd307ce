import { ml_dsa44 as mlDsa44 } from '@noble/post-quantum/ml-dsa.js';
import { describe, expect, test } from 'vitest';
import { ownMlDsa44 } from '../../../proof/src/primitives-node.ts';
import {
  fromHex,
  hasVectors,
  readVectorJson,
  reportPassed,
  vectorsTitle,
} from '../../../proof/test/vectors.ts';
import { loadMlDsaVerifier, mlDsaKeyOf } from '../../src/ledger/postquantum/ml-dsa.ts';

interface Case {
  readonly tcId: number;
  readonly msg?: string;
  /** The message as FIPS 204 hashes it; some cases give nothing else. */
  readonly mu?: string;
  readonly ctx?: string;
  /** Of a signature that was not made deterministically. */
  readonly rnd?: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid';
}

interface Group {
  readonly publicKey: string | null;
  readonly privateSeed?: string;
  readonly privateKey?: string;
  readonly tests: readonly Case[];
}

function groupsOf(name: string): readonly Group[] {
  return readVectorJson<{ testGroups: readonly Group[] }>(`wycheproof/mldsa_44_${name}_test.json`)
    .testGroups;
}

/** Ours has no context, no randomness, and the message itself. */
const isOurs = ({ msg, ctx = '', rnd }: Case): boolean =>
  msg !== undefined && ctx === '' && rnd === undefined;

function signWith(secretKey: Uint8Array, { msg, mu, ctx, rnd }: Case): string {
  const extraEntropy = rnd === undefined ? false : fromHex(rnd);
  const context = ctx === undefined ? {} : { context: fromHex(ctx) };
  const signature =
    msg === undefined
      ? mlDsa44.internal.sign(fromHex(mu!), secretKey, { extraEntropy, externalMu: true })
      : mlDsa44.sign(fromHex(msg), secretKey, { extraEntropy, ...context });
  return Buffer.from(signature).toString('hex');
}

const lacks = ownMlDsa44() === undefined;
const lacking = lacks ? ' (skipped: this Node has no ML-DSA of its own)' : '';

describe.skipIf(!hasVectors)(vectorsTitle('Wycheproof agrees on ML-DSA-44'), () => {
  test('when it is verified, and a signature with a context is none of ours', async () => {
    const verify = await loadMlDsaVerifier();
    let passed = 0;
    let ours = 0;
    for (const { publicKey, tests } of groupsOf('verify')) {
      for (const item of tests) {
        const { tcId, msg = '', ctx = '', sig, result } = item;
        const [key, message, signature] = [fromHex(publicKey!), fromHex(msg), fromHex(sig)];
        const isGood = isOurs(item) && result === 'valid';
        expect([tcId, await verify(key, message, signature)]).toEqual([tcId, isGood]);
        if (isOurs(item)) ours++;
        else if (result === 'valid') {
          const holds = mlDsa44.verify(signature, message, key, { context: fromHex(ctx) });
          expect([tcId, holds]).toEqual([tcId, true]);
        }
        passed++;
      }
    }
    expect([passed, ours]).toEqual([180, 173]);
    reportPassed('wycheproof mldsa_44_verify', passed);
  });

  test.skipIf(lacks)(`when Node verifies it, as sekisho-verify does${lacking}`, async () => {
    const verify = ownMlDsa44()!;
    let passed = 0;
    for (const { publicKey, tests } of groupsOf('verify')) {
      for (const item of tests) {
        const { tcId, msg = '', sig, result } = item;
        const holds = await verify(fromHex(publicKey!), fromHex(msg), fromHex(sig));
        expect([tcId, holds]).toEqual([tcId, isOurs(item) && result === 'valid']);
        passed++;
      }
    }
    expect(passed).toBe(180);
    reportPassed('wycheproof mldsa_44_verify (Node)', passed);
  });

  test('when it is signed from a seed, as the key file holds it', async () => {
    let passed = 0;
    let ours = 0;
    for (const { privateSeed, publicKey, tests } of groupsOf('sign_seed')) {
      const seed = fromHex(privateSeed!);
      for (const item of tests) {
        const { tcId, msg = '', sig, result } = item;
        if (result === 'invalid') {
          await expect(
            (async () => signWith(mlDsa44.keygen(seed).secretKey, item))(),
            String(tcId),
          ).rejects.toThrow();
          passed++;
          continue;
        }
        const key = await mlDsaKeyOf(seed);
        if (publicKey !== null) expect(Buffer.from(key.publicKey).toString('hex')).toBe(publicKey);
        expect([tcId, signWith(mlDsa44.keygen(seed).secretKey, item)]).toEqual([tcId, sig]);
        if (isOurs(item)) {
          const signature = Buffer.from(key.sign(fromHex(msg))).toString('hex');
          expect([tcId, signature]).toEqual([tcId, sig]);
          ours++;
        }
        passed++;
      }
    }
    expect(passed).toBe(86);
    expect(ours).toBeGreaterThan(0);
    reportPassed('wycheproof mldsa_44_sign_seed', passed);
    reportPassed('wycheproof mldsa_44_sign_seed (our own signing)', ours);
  });

  test('when it is signed with an expanded key', () => {
    let passed = 0;
    for (const { privateKey, tests } of groupsOf('sign_noseed')) {
      for (const item of tests) {
        const { tcId, sig, result } = item;
        const sign = (): string => signWith(fromHex(privateKey!), item);
        if (result === 'invalid') expect(sign, String(tcId)).toThrow();
        else expect([tcId, sign()]).toEqual([tcId, sig]);
        passed++;
      }
    }
    expect(passed).toBe(73);
    reportPassed('wycheproof mldsa_44_sign_noseed', passed);
  });
});
