import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestDisclosure, parseDisclosure } from '@sekisho/proof';
import type { FieldName } from '../../src/ledger/fields.ts';
import { Derivation, hmacSha256 } from '../../src/ledger/derivation.ts';
import { GroupKey, openSealed, padmeLength } from '../../src/ledger/seal.ts';
import { openFields, sealFields } from '../../src/ledger/sealed-fields.ts';

const recordId = Buffer.alloc(16, 7);
const place = { recordId, group: 'content' as const, type: 'intent' as const };

describe('derivation', () => {
  it('is HKDF-SHA-256 as the standard library has it', () => {
    const info = fc.stringMatching(/^[\x20-\x7e]{0,31}$/);
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(key, info, fc.integer({ min: 1, max: 300 }), (bytes, text, length) => {
        const expected = Buffer.from(hkdfSync('sha256', bytes, '', text, length));
        expect(new Derivation(bytes).expand(text, length)).toEqual(expected);
      }),
    );
  });

  it('has the HMAC of the standard library, for messages of any length', () => {
    const key = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 5_000 }), (bytes, message) => {
        const expected = createHmac('sha256', bytes).update(message).digest('base64url');
        expect(hmacSha256(bytes, message)).toBe(expected);
      }),
    );
  });
});

describe('sealing', () => {
  it('refuses to use a key twice', () => {
    const key = new GroupKey(randomBytes(32));
    key.seal(Buffer.alloc(256, 'a'), place);
    expect(() => key.seal(Buffer.alloc(256, 'b'), place)).toThrow(/seals once/);
    expect(() => new GroupKey(randomBytes(32)).seal(Buffer.alloc(255), place)).toThrow(/bucket/);
  });

  it('opens only with its key, its record and its group', () => {
    const key = new GroupKey(randomBytes(32));
    const padded = Buffer.alloc(256);
    padded.write('text');
    const blob = key.seal(padded, place);
    expect(openSealed(key.derivation, blob, place)?.subarray(0, 5)).toEqual(Buffer.from('text\0'));
    expect(openSealed(new Derivation(randomBytes(32)), blob, place)).toBeUndefined();
    expect(openSealed(key.derivation, blob, { ...place, group: 'ops' })).toBeUndefined();
    expect(
      openSealed(key.derivation, blob, { ...place, recordId: randomBytes(16) }),
    ).toBeUndefined();
    for (const at of [0, blob.length - 1]) {
      const flipped = Buffer.from(blob);
      flipped[at] ^= 1;
      expect(openSealed(key.derivation, flipped, place)).toBeUndefined();
    }
    expect(openSealed(key.derivation, blob.subarray(0, 15), place)).toBeUndefined();
  });

  it('pads to buckets that cost at most 12 % and grow with the length', () => {
    // Figures of the Padmé paper for 2^k + 1, computed by hand: keep log2(log2 L) + 1 leading bits.
    expect([256, 257, 272, 1_025, 65_537, 1_000_000].map(padmeLength)).toEqual([
      256, 272, 272, 1_088, 67_584, 1_015_808,
    ]);
    expect(padmeLength(0)).toBe(256);
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 2 ** 40 }), (length) => {
        const padded = padmeLength(length);
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(padded).toBeLessThanOrEqual(length * 1.12);
        expect(padmeLength(padded)).toBe(padded);
        expect(padmeLength(length + 1)).toBeGreaterThanOrEqual(padded);
      }),
    );
  });
});

describe('sealed fields', () => {
  const values = fc.array(fc.jsonValue(), { minLength: 2, maxLength: 2 });

  it('open to the values and disclosures that were digested', async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.nat(3_000), async ([small, other], repeat) => {
        const texts = new Map<FieldName, string>([
          ['request.messages', JSON.stringify(small)],
          ['response.delivered', JSON.stringify(`${JSON.stringify(other)}${'長'.repeat(repeat)}`)],
        ]);
        const key = new GroupKey(randomBytes(32));
        const sealed = sealFields(key, texts, place);
        const opened = openFields(key.bytes, sealed.blob, place)!;
        expect(opened.map(({ name, value }) => [name, JSON.stringify(value)])).toEqual([...texts]);
        const digests = await Promise.all(
          opened.map((field) => digestDisclosure(field.disclosure)),
        );
        expect(digests).toEqual(sealed.digests);
        for (const { name, disclosure } of opened) {
          expect(disclosure.length).toBeLessThan(2_000);
          const parsed = parseDisclosure(disclosure);
          expect(parsed).toMatchObject({ name });
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a number beyond 2^53', '9007199254740993'],
    ['a large power', '[1e+21]'],
    ['half a surrogate pair', '"\\ud83d"'],
    ['a prototype', '{"__proto__":1}'],
    ['deep nesting', `${'['.repeat(90)}${']'.repeat(90)}`],
    ['a doubled member', '{"a":1,"\\u0061":2}'],
  ])('name %s by its hash, since readers differ on it, and keep the bytes', (_, text) => {
    const key = new GroupKey(randomBytes(32));
    const sealed = sealFields(key, new Map([['request.messages', text]]), place);
    const [opened] = openFields(key.bytes, sealed.blob, place) ?? [];
    expect(JSON.stringify(opened?.value)).toBe(JSON.stringify(JSON.parse(text)));
    expect(parseDisclosure(opened?.disclosure ?? '')?.value).toEqual({
      sha256s: expect.stringMatching(/^[\w-]{43}$/) as string,
      n: text.length,
    });
  });

  it('give each field its own salt, and one record nothing in common with another', () => {
    const texts = new Map<FieldName, string>([
      ['request.messages', '"same"'],
      ['response.delivered', '"same"'],
    ]);
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const key = new GroupKey(randomBytes(32));
      const { blob } = sealFields(key, texts, place);
      for (const { disclosure } of openFields(key.bytes, blob, place)!) {
        seen.add((parseDisclosure(disclosure) as { salt: string }).salt);
      }
    }
    expect(seen.size).toBe(40);
  });
});
