import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  fromHex,
  hasVectors,
  readVectorJson,
  reportPassed,
  vectorsTitle,
} from '../../../proof/test/vectors.ts';
import { Derivation } from '../../src/ledger/derivation.ts';

interface Group<T> {
  readonly ivSize?: number;
  readonly keySize?: number;
  readonly tagSize?: number;
  readonly tests: readonly (T & {
    readonly tcId: number;
    readonly result: 'valid' | 'invalid' | 'acceptable';
    readonly flags: readonly string[];
  })[];
}

function groupsOf<T>(name: string): readonly Group<T>[] {
  return readVectorJson<{ testGroups: readonly Group<T>[] }>(`wycheproof/${name}_test.json`)
    .testGroups;
}

/** What the ledger's keys and payloads rest on, tried at the edges where libraries have failed. */
describe.skipIf(!hasVectors)(vectorsTitle('Wycheproof agrees'), () => {
  test('on HKDF-SHA-256, and with the derivation of our own wherever that applies', () => {
    interface Case {
      readonly ikm: string;
      readonly salt: string;
      readonly info: string;
      readonly size: number;
      readonly okm: string;
    }
    let [passed, ours] = [0, 0];
    for (const item of groupsOf<Case>('hkdf_sha256').flatMap(({ tests }) => tests)) {
      const [ikm, salt, info] = [fromHex(item.ikm), fromHex(item.salt), fromHex(item.info)];
      const derive = (): string =>
        Buffer.from(hkdfSync('sha256', ikm, salt, info, item.size)).toString('hex');
      if (item.result === 'valid') expect([item.tcId, derive()]).toEqual([item.tcId, item.okm]);
      else expect(derive, String(item.tcId)).toThrow();
      passed++;
      // Ours has no salt, short texts for purposes, and keys of 32 bytes.
      const isOurs = item.salt === '' && ikm.length === 32 && info.length < 32;
      if (!isOurs || info.some((byte) => byte > 0x7f) || item.result !== 'valid') continue;
      const text = Buffer.from(info).toString('ascii');
      expect(new Derivation(ikm).expand(text, item.size).toString('hex')).toBe(item.okm);
      ours++;
    }
    expect(passed).toBe(86);
    expect(ours).toBeGreaterThan(0);
    reportPassed('wycheproof hkdf_sha256', passed);
    reportPassed('wycheproof hkdf_sha256 (our own derivation)', ours);
  });

  test('on HMAC-SHA-256', () => {
    interface Case {
      readonly key: string;
      readonly msg: string;
      readonly tag: string;
    }
    let passed = 0;
    for (const { tagSize = 0, tests } of groupsOf<Case>('hmac_sha256')) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const made = createHmac('sha256', fromHex(key)).update(fromHex(msg)).digest('hex');
        const isSame = made.slice(0, tagSize / 4) === tag;
        expect([tcId, isSame]).toEqual([tcId, result === 'valid']);
        passed++;
      }
    }
    expect(passed).toBe(174);
    reportPassed('wycheproof hmac_sha256', passed);
  });

  test('on AES-GCM', () => {
    interface Case {
      readonly key: string;
      readonly iv: string;
      readonly aad: string;
      readonly msg: string;
      readonly ct: string;
      readonly tag: string;
    }
    let passed = 0;
    const unusable: number[] = [];
    for (const { keySize, tests } of groupsOf<Case>('aes_gcm')) {
      const name = `aes-${keySize as 128 | 192 | 256}-gcm` as const;
      for (const item of tests) {
        const [key, iv, aad] = [fromHex(item.key), fromHex(item.iv), fromHex(item.aad)];
        const open = (): string => {
          const decipher = createDecipheriv(name, key, iv).setAAD(aad);
          decipher.setAuthTag(fromHex(item.tag));
          const plaintext = decipher.update(fromHex(item.ct));
          return Buffer.concat([plaintext, decipher.final()]).toString('hex');
        };
        if (item.result !== 'valid') {
          expect(open, String(item.tcId)).toThrow();
        } else if (item.flags.includes('LongIv') && iv.length > 128) {
          // Node takes no nonce of more than 128 bytes; ours have twelve.
          expect(open, String(item.tcId)).toThrow();
          unusable.push(item.tcId);
          continue;
        } else {
          expect([item.tcId, open()]).toEqual([item.tcId, item.msg]);
          const cipher = createCipheriv(name, key, iv).setAAD(aad);
          const made = Buffer.concat([cipher.update(fromHex(item.msg)), cipher.final()]);
          expect([made.toString('hex'), cipher.getAuthTag().toString('hex')]).toEqual([
            item.ct,
            item.tag,
          ]);
        }
        passed++;
      }
    }
    expect([passed, unusable.length]).toEqual([313, 3]);
    reportPassed('wycheproof aes_gcm', passed);
  });
});
