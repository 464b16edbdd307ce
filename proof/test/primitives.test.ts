import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as node from '../src/primitives-node.ts';
import * as web from '../src/primitives-web.ts';
import { fromHex, hasVectors, readVectorJson, reportPassed, vectorsTitle } from './vectors.ts';

interface EdgeCase {
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly { msg: string; sig: string; result: 'valid' | 'invalid' }[];
  }[];
}

const both = [node, web] as const;

describe('the primitives of Node and of the browser', () => {
  it('hash alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const expected = new Uint8Array(createHash('sha256').update(bytes).digest());
        for (const { sha256 } of both) expect(await sha256(bytes)).toEqual(expected);
      }),
    );
  });

  it('answer false, never an exception, for keys and signatures of a wrong length', async () => {
    for (const { verifyEd25519 } of both) {
      for (const [key, sig] of [
        [31, 64],
        [33, 64],
        [32, 63],
        [32, 65],
        [0, 0],
      ] as const) {
        const answer = await verifyEd25519(
          new Uint8Array(key),
          Uint8Array.of(),
          new Uint8Array(sig),
        );
        expect(answer).toBe(false);
      }
    }
  });

  it.skipIf(!hasVectors)(
    vectorsTitle('accept exactly 208 of the 914 edge cases of CCTV'),
    async () => {
      const cases = readVectorJson<EdgeCase[]>('ed25519/ed25519vectors.json');
      const refused = ['non_canonical_R', 'low_order_residue'];
      for (const { verifyEd25519 } of both) {
        let accepted = 0;
        for (const { key, sig, msg, flags } of cases) {
          const answer = await verifyEd25519(fromHex(key), Buffer.from(msg), fromHex(sig));
          expect(answer).toBe(!(flags ?? []).some((flag) => refused.includes(flag)));
          if (answer) accepted += 1;
        }
        expect([cases.length, accepted]).toEqual([914, 208]);
      }
      reportPassed('ed25519', cases.length);
    },
  );

  it.skipIf(!hasVectors)(vectorsTitle('agree with Wycheproof on Ed25519'), async () => {
    const { testGroups } = readVectorJson<Wycheproof>('wycheproof/ed25519_test.json');
    let passed = 0;
    for (const { publicKey, tests } of testGroups) {
      for (const { msg, sig, result } of tests) {
        for (const { verifyEd25519 } of both) {
          const answer = await verifyEd25519(fromHex(publicKey.pk), fromHex(msg), fromHex(sig));
          expect(answer).toBe(result === 'valid');
        }
        passed += 1;
      }
    }
    expect(passed).toBe(151);
    reportPassed('wycheproof ed25519', passed);
  });
});
