import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalJson,
  decodeBase64,
  decodeBase64url,
  decodeUtf8,
  digestDisclosure,
  encodeBase64,
  encodeBase64url,
  encodeUtf8,
  equalBytes,
  formatDisclosure,
  formatTlogProof,
  parseCanonicalJson,
  parseDisclosure,
  parseEntry,
  parseTlogProof,
} from '../src/index.ts';
import { type Members, buildReceipt } from './receipt-fixture.ts';
import { hasVectors, readVectorJson, reportPassed, vectorsTitle } from './vectors.ts';

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 5 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('canonical JSON', () => {
  it('sorts by UTF-16 code units, as RFC 8785 does', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(canonicalJson(value)).toBe(`{${sorted.map((k) => `${JSON.stringify(k)}:0`).join(',')}}`);
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
      }),
    );
  });

  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"b":1,"a":1}',
    '[1, 2]',
    '[1.5]',
    '[1.0]',
    '[1e3]',
    '[-0]',
    '[9007199254740992]',
    '[9007199254740993]',
    '[true]',
    '[null]',
    '"\\u0061"',
    '"\\ud800"',
    '"\\/"',
    '1 ',
    '\ufeff1',
    '',
    '{',
    '['.repeat(50) + ']'.repeat(50),
  ])('is not %j', (text) => {
    expect(parseCanonicalJson(text)).toBeUndefined();
  });

  it('cannot be made of what it has no form for', () => {
    for (const value of [1.5, Number.NaN, 2 ** 53, -0, null, true, undefined, '\ud800', 5n]) {
      expect(() => canonicalJson([value])).toThrow(TypeError);
    }
  });
});

describe('an entry', () => {
  let plain: Members;
  let outcome: Members;

  beforeAll(async () => {
    const { entries } = await buildReceipt();
    plain = JSON.parse(Buffer.from(entries.get('intent')!).toString());
    outcome = JSON.parse(Buffer.from(entries.get('outcome')!).toString());
  });

  const parse = (members: unknown) => parseEntry(encodeUtf8(canonicalJson(members)));

  it('is read whole', () => {
    expect(parse(plain)).toMatchObject({
      type: 'intent',
      time: 1_790_000_000,
      writer: 'writer-1',
      writerSequence: 7,
      previous: '',
      decision: 'allow',
      evidenceClass: 'r1',
    });
    expect(parse(plain)?.digests).toHaveLength(16);
    expect(parse(plain)?.sealed.map(({ group }) => group)).toEqual(['identity', 'content', 'ops']);
    expect(parse(outcome)).toMatchObject({ type: 'outcome', end: 'complete' });
  });

  it('is refused when a member is missing', () => {
    for (const name of Object.keys(plain)) {
      const { [name]: _, ...rest } = plain;
      expect([name, parse(rest)]).toEqual([name, undefined]);
    }
  });

  it.each<[string, Members]>([
    ['an unknown member', { more: 1 }],
    ['another version', { v: 2 }],
    ['another hash', { _sd_alg: 'sha-512' }],
    ['a type nobody knows', { t: 'intent2' }],
    ['an end though it is no outcome', { end: 'complete' }],
    ['a meaningless end', { end: 'whenever' }],
    ['an upper-case id', { id: 'A'.repeat(32) }],
    ['a short id', { id: 'a'.repeat(31) }],
    ['a time before 1970', { iat: -1 }],
    ['a time in text', { iat: '1' }],
    ['a negative count', { wseq: -1 }],
    ['an empty writer', { w: '' }],
    ['a writer with a space', { w: 'a b' }],
    ['a previous entry that is no hash', { prev_w: 'abc' }],
    ['a reference that is no hash', { ref: { policy: 'abc' } }],
    ['an unknown reference', { ref: { other: '' } }],
    ['references in a list', { ref: [] }],
    ['an unknown decision', { dec: 'maybe' }],
    ['an unknown class', { cls: 'r4' }],
    ['a sealed part twice', { ct: [0, 1].map(() => ({ g: 'ops', h: 'A'.repeat(43), n: 1 })) }],
    ['a sealed part of no group', { ct: [{ g: 'all', h: 'A'.repeat(43), n: 1 }] }],
    ['a sealed part of negative length', { ct: [{ g: 'ops', h: 'A'.repeat(43), n: -1 }] }],
    ['a sealed part that is a number', { ct: [7] }],
    ['no digests', { _sd: [] }],
    ['a digest twice', { _sd: Array.from({ length: 16 }, () => 'A'.repeat(43)) }],
  ])('is refused with %s', (_, change) => {
    expect(parse({ ...plain, ...change })).toBeUndefined();
  });

  it('is refused when its digests are not 16, or not sorted', () => {
    const digests = plain['_sd'] as readonly string[];
    expect(parse({ ...plain, _sd: digests.slice(1) })).toBeUndefined();
    expect(parse({ ...plain, _sd: digests.toReversed() })).toBeUndefined();
  });

  it('of an outcome names its intent and its end, and an intent does not', () => {
    const { end: _, ...endless } = outcome;
    expect(parse(endless)).toBeUndefined();
    expect(parse({ ...outcome, ref: {} })).toBeUndefined();
    expect(parse({ ...outcome, end: 'whenever' })).toBeUndefined();
    expect(parse({ ...plain, ref: { intent: 'A'.repeat(43) } })).toBeUndefined();
  });

  it('is refused in any other spelling, in invalid UTF-8, or above 16 KiB', () => {
    const text = canonicalJson(plain);
    expect(parseEntry(encodeUtf8(text.replace('"v":1', '"v": 1')))).toBeUndefined();
    expect(parseEntry(encodeUtf8(text.replace('"v":1', '"v":1.0')))).toBeUndefined();
    expect(parseEntry(encodeUtf8(`\ufeff${text}`))).toBeUndefined();
    expect(parseEntry(Buffer.concat([encodeUtf8(text), Buffer.of(0xff)]))).toBeUndefined();
    expect(parse({ ...plain, w: 'w'.repeat(17 * 1024) })).toBeUndefined();
    expect(parse([plain])).toBeUndefined();
  });
});

describe('a disclosure', () => {
  const encode = (text: string): string => encodeBase64url(encodeUtf8(text));

  it.skipIf(!hasVectors)(vectorsTitle('has the digest of its very text (RFC 9901)'), async () => {
    interface Spelling {
      readonly disclosure: string;
      readonly digest: string;
      readonly decodes: readonly [string, string, string];
    }
    const vectors = readVectorJson<{ published: Spelling; variants: Spelling[] }>(
      'sd-jwt/rfc9901-disclosures.json',
    );
    const all = [vectors.published, ...vectors.variants];
    for (const { disclosure, digest, decodes } of all) {
      const [salt, name, value] = decodes;
      expect(await digestDisclosure(disclosure)).toBe(digest);
      expect(parseDisclosure(disclosure)).toEqual({ salt, name, value });
    }
    reportPassed('sd-jwt', all.length);
  });

  it('is read back as it was written', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const reserved = ['_sd', '...', '__proto__'];
    const fields = fc.record({
      salt: fc.string({ unit: 'grapheme' }),
      name: names.filter((name) => !reserved.includes(name)),
      value: json,
    });
    fc.assert(
      fc.property(fields, (field) => {
        const { salt, name, value } = field;
        const isSpecial = JSON.stringify(value).includes('"__proto__":');
        const expected = isSpecial ? undefined : { salt, name, value: jsonCopy(value) };
        expect(parseDisclosure(formatDisclosure(field))).toEqual(expected);
      }),
    );
  });

  it.each([
    '["s","n",{"a":1,"a":2}]',
    '["s","n",{"a":{"b":1,"\\u0062":2}}]',
    '["s","n",9007199254740993]',
    '["s","n",1e400]',
    '["s","n","\\ud800"]',
    '["s","n",{"\\udfff":1}]',
    '["s","n",{"__proto__":{}}]',
    '["s","_sd",1]',
    '["s","...",1]',
    '["s","__proto__",1]',
    '["s","",1]',
    '["s","n"]',
    '["s","n",1,2]',
    '["s",7,1]',
    '[7,"n",1]',
    '{"0":"s","1":"n","2":1}',
    'null',
    '',
    `["s","n",${'['.repeat(70)}${']'.repeat(70)}]`,
    `["s","n",${'['.repeat(50_000)}${']'.repeat(50_000)}]`,
  ])('is not %.60j', (text) => {
    expect(parseDisclosure(encode(text))).toBeUndefined();
  });

  it('may hold colons and quotes in its strings, and any fraction', () => {
    const value = { 'a":"b': ['"x":', ':', '\\":', '\u2028"'], n: [0.25, -1e-7, null, true] };
    const disclosure = formatDisclosure({ salt: 's":', name: 'n', value });
    expect(parseDisclosure(disclosure)).toEqual({ salt: 's":', name: 'n', value });
  });

  it('has one spelling in base64url and is valid UTF-8', () => {
    const good = encode('["s","n",1]');
    expect(parseDisclosure(good)).toBeDefined();
    for (const bad of [`${good}=`, `${good}\n`, ` ${good}`, good.slice(0, -1), `${good}A`]) {
      expect(parseDisclosure(bad)).toBeUndefined();
    }
    expect(parseDisclosure(encodeBase64url(Uint8Array.of(0xff)))).toBeUndefined();
  });
});

describe('a .tlog-proof', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const checkpoint = 'origin\n1\nroot\n\n— a AAAA\n';

  it('is read back as it was written', () => {
    const proofs = fc.record({ index: fc.maxSafeNat(), hashes: fc.array(hash, { maxLength: 53 }) });
    fc.assert(
      fc.property(proofs, (proof) => {
        const text = formatTlogProof({ ...proof, checkpoint });
        const read = parseTlogProof(text)!;
        expect(formatTlogProof(read)).toBe(text);
        expect([read.index, read.hashes.length]).toEqual([proof.index, proof.hashes.length]);
      }),
    );
  });

  it('may carry an extra line, which is ignored', () => {
    const text = formatTlogProof({ index: 7, hashes: [], checkpoint });
    const extra = text.replace('\nindex', '\nextra AAAA\nindex');
    expect(parseTlogProof(extra)).toEqual(parseTlogProof(text));
    expect(parseTlogProof(extra.replace('AAAA', 'AAA'))).toBeUndefined();
  });

  it.each([
    ['no header', (t: string) => t.slice(1)],
    ['no index', (t: string) => t.replace('index 7\n', '')],
    ['an index with a leading zero', (t: string) => t.replace('index 7', 'index 07')],
    ['an index beyond numbers', (t: string) => t.replace('index 7', 'index 9007199254740992')],
    ['carriage returns', (t: string) => t.replaceAll('\n', '\r\n')],
    ['a short hash', (t: string) => t.replace('index 7\n', 'index 7\nAAAA\n')],
    ['no checkpoint', (t: string) => t.slice(0, t.indexOf('\n\n'))],
    ['65 hashes', (t: string) => t.replace('7\n', `7\n${`${'A'.repeat(43)}=\n`.repeat(65)}`)],
  ])('is refused with %s', (_, change) => {
    const text = formatTlogProof({ index: 7, hashes: [], checkpoint });
    expect(parseTlogProof(text)).toBeDefined();
    expect(parseTlogProof(change(text))).toBeUndefined();
  });
});

describe('base64', () => {
  it('decodes what it encodes, in both alphabets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(Array.from(decodeBase64(encodeBase64(bytes))!)).toEqual(Array.from(bytes));
        expect(Array.from(decodeBase64url(encodeBase64url(bytes))!)).toEqual(Array.from(bytes));
      }),
    );
    const large = new Uint8Array(1_000_000).fill(5);
    expect(equalBytes(decodeBase64(encodeBase64(large))!, large)).toBe(true);
  });

  it('refuses garbage, white space, missing padding and stray bits', () => {
    for (const text of ['YR==', 'YQ', 'YQ=', ' YQ==', 'YQ==\n', 'Y-==', 'Y Q==', 'YQ==YQ==', '=']) {
      expect([text, decodeBase64(text)]).toEqual([text, undefined]);
    }
    for (const text of ['YR', 'YQ==', 'Y+', 'YQ\n', 'A']) {
      expect([text, decodeBase64url(text)]).toEqual([text, undefined]);
    }
  });
});

describe('UTF-8', () => {
  it('is strict and keeps a byte order mark', () => {
    expect(decodeUtf8(Uint8Array.of(0xc3, 0x28))).toBeUndefined();
    expect(decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined();
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA');
  });
});

function jsonCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
