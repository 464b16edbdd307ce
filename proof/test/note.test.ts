import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type VerifierKey,
  formatCheckpointBody,
  formatNote,
  formatVerifierKey,
  emptyRoot,
  isKeyName,
  keyTypes,
  openCheckpoint,
  openNote,
  parseCheckpointBody,
  parseNote,
  parseVerifierKey,
} from '../src/index.ts';
import { TestSigner } from './naive-log.ts';
import { fromBase64, hasVectors, readVectorJson, reportPassed, vectorsTitle } from './vectors.ts';

interface NoteCase {
  readonly name: string;
  readonly messageBase64: string;
  readonly trustedKeys: readonly string[];
  readonly expect: 'ok' | 'unverified' | 'invalid' | 'ambiguous' | 'malformed';
  readonly verified?: readonly string[];
  readonly unverified?: readonly string[];
}

interface NoteVectors {
  readonly keys: Readonly<Record<string, string>>;
  readonly badVerifierKeys: { readonly wrongLength: string; readonly unknownAlgorithm: string };
  readonly signing: { readonly want: string };
  readonly cases: readonly NoteCase[];
}

function isNoteLine(line: string): boolean {
  return Array.from(line).every((character) => character >= ' ');
}

async function keyOf(signer: TestSigner): Promise<VerifierKey> {
  return (await parseVerifierKey(await signer.vkey()))!;
}

describe.skipIf(!hasVectors)(vectorsTitle('the published note vectors'), () => {
  it('agree with all cases of golang.org/x/mod', async () => {
    const vectors = readVectorJson<NoteVectors>('golang-mod/note.json');
    for (const item of vectors.cases) {
      const message = fromBase64(item.messageBase64);
      const texts = item.trustedKeys.map((name) => vectors.keys[name]!);
      const keys = await Promise.all(texts.map(async (text) => (await parseVerifierKey(text))!));
      const note = parseNote(message);
      const opened = await openNote(message, keys);
      expect([item.name, note === undefined]).toEqual([item.name, item.expect === 'malformed']);
      expect([item.name, opened !== undefined]).toEqual([item.name, item.expect === 'ok']);
      if (opened === undefined) continue;
      expect(opened.verified.map(({ key }) => key.name)).toEqual(item.verified);
      // Go reports a line that is there twice once; ours keeps each line, and a caller counts them.
      const lines = opened.unknown.map(({ name, signature }) => `${name} ${signature.join()}`);
      expect(new Set(lines).size).toBe(item.unverified?.length);
    }
    reportPassed('golang-mod notes', vectors.cases.length);
  });

  it('agree that a mangled verifier key is none', async () => {
    const vectors = readVectorJson<NoteVectors>('golang-mod/note.json');
    const vkey = vectors.keys['PeterNeumann']!;
    const mangled = new Set(Object.values(vectors.badVerifierKeys).slice(1));
    for (let start = 0; start < vkey.length; start++) {
      for (let end = start + 1; end <= vkey.length; end++) mangled.add(vkey.slice(start, end));
      const next = String.fromCharCode(vkey.charCodeAt(start) + 1);
      mangled.add(vkey.slice(0, start) + next + vkey.slice(start + 1));
    }
    mangled.delete(vkey);
    for (const text of mangled)
      expect([text, await parseVerifierKey(text)]).toEqual([text, undefined]);
    expect(await parseVerifierKey(vkey)).toBeDefined();
    reportPassed('golang-mod mangled keys', mangled.size);
  });

  it('agree with the example of the specification, and Go signs what we write', async () => {
    const example = readVectorJson<{ vkey: string; note: string }>('c2sp/signed-note.json');
    const key = (await parseVerifierKey(example.vkey))!;
    expect((await openNote(example.note, [key]))?.verified).toEqual([{ key }]);
    const { want } = readVectorJson<NoteVectors>('golang-mod/note.json').signing;
    const note = parseNote(want)!;
    expect(formatNote(note.text, note.signatures)).toBe(want);
    reportPassed('c2sp', 1);
  });
});

describe('a note', () => {
  const signer = new TestSigner('log.example/a');
  const text = 'first line\n\na blank line above\n';

  it('splits at its last blank line', async () => {
    const note = formatNote(text, [await signer.sign(text)]);
    expect(parseNote(note)?.text).toBe(text);
    expect((await openNote(note, [await keyOf(signer)]))?.text).toBe(text);
  });

  it('is refused whole when one of several known keys did not sign it', async () => {
    const witness = new TestSigner('witness.example', keyTypes.cosignatureV1);
    const good = await signer.sign(text);
    const bad = await witness.sign('another text\n');
    const note = formatNote(text, [good, bad]);
    expect(await openNote(note, [await keyOf(signer)])).toBeDefined();
    expect(await openNote(note, [await keyOf(signer), await keyOf(witness)])).toBeUndefined();
  });

  it('counts a cosignature with its time, and refuses another time', async () => {
    const witness = new TestSigner('witness.example', keyTypes.cosignatureV1);
    const line = await witness.sign(text, 1_700_000_000);
    const key = await keyOf(witness);
    expect((await openNote(formatNote(text, [line]), [key]))?.verified).toEqual([
      { key, time: 1_700_000_000 },
    ]);
    const later = { ...line, signature: line.signature.with(7, line.signature[7]! ^ 1) };
    expect(await openNote(formatNote(text, [later]), [key])).toBeUndefined();
    const short = { ...line, signature: line.signature.subarray(0, 71) };
    expect(await openNote(formatNote(text, [short]), [key])).toBeUndefined();
  });

  it('is refused with control characters, invalid UTF-8, CRLF or 101 lines', async () => {
    const line = await signer.sign(text);
    const good = formatNote(text, [line]);
    const bytes = Buffer.from(good);
    expect(parseNote(bytes)).toEqual(parseNote(good));
    expect(parseNote(good.replace('first', 'fir\u0001st'))).toBeUndefined();
    expect(parseNote(good.replaceAll('\n', '\r\n'))).toBeUndefined();
    expect(parseNote(good.replace('first', '\ud800'))).toBeUndefined();
    expect(parseNote(Buffer.concat([Buffer.of(0xff), bytes]))).toBeUndefined();
    expect(parseNote(`${good}\n`)).toBeUndefined();
    expect(
      parseNote(
        formatNote(
          text,
          Array.from({ length: 100 }, () => line),
        ),
      ),
    ).toBeDefined();
    expect(() =>
      formatNote(
        text,
        Array.from({ length: 101 }, () => line),
      ),
    ).toThrow(RangeError);
    expect(parseNote('\n'.repeat(600_000))).toBeUndefined();
  });

  it('keeps a byte order mark, which is signed like any other text', async () => {
    const marked = `\ufeff${text}`;
    const note = Buffer.from(formatNote(marked, [await signer.sign(marked)]));
    expect((await openNote(note, [await keyOf(signer)]))?.text).toBe(marked);
  });

  it('cannot be written so that it reads as another', async () => {
    const line = await signer.sign(text);
    for (const bad of ['no newline', '', '\u0007\n', 'lone \udc00\n']) {
      expect(() => formatNote(bad, [line])).toThrow(RangeError);
    }
    expect(() => formatNote(text, [])).toThrow(RangeError);
    expect(() => formatNote(text, [{ ...line, name: 'a b' }])).toThrow(RangeError);
    expect(() => formatNote(text, [{ ...line, keyId: new Uint8Array(3) }])).toThrow(RangeError);
  });

  it('is read back as it was written', () => {
    const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter(isKeyName);
    const signature = fc.record({
      name,
      keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    });
    const texts = fc
      .array(fc.string({ unit: 'grapheme' }).filter((line) => isNoteLine(line)))
      .map((lines) => `${lines.join('\n')}\n`);
    const lines = fc.array(signature, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(texts, lines, (body, signatures) => {
        const written = formatNote(body, signatures);
        const read = parseNote(written)!;
        expect(read.text).toBe(body);
        expect(formatNote(read.text, read.signatures)).toBe(written);
      }),
    );
  });
});

describe('a key name', () => {
  it.each([
    '',
    'a b',
    'a+b',
    'a\u0085b',
    'a\u3000b',
    'a\u2028b',
    'a\nb',
    '\ud800',
    'x'.repeat(300),
  ])('is not %j', (name) => {
    expect(isKeyName(name)).toBe(false);
  });

  it('may hold what is no white space for Unicode, such as U+FEFF', () => {
    expect(['関所.例/台帳', 'a\ufeffb', 'example.com/log'].every(isKeyName)).toBe(true);
  });

  it('may not be written into a key when it is none', async () => {
    const publicKey = new Uint8Array(32);
    const type = keyTypes.ed25519;
    await expect(formatVerifierKey({ name: 'a b', type, publicKey })).rejects.toThrow(RangeError);
    await expect(
      formatVerifierKey({ name: 'a', type, publicKey: new Uint8Array(31) }),
    ).rejects.toThrow(RangeError);
  });
});

describe('a checkpoint', () => {
  const origin = 'log.example/2026';
  const log = new TestSigner(origin);
  const witness = new TestSigner('witness.example', keyTypes.cosignatureV1);
  const root = new Uint8Array(32).fill(3);

  it('is read back as it was written', () => {
    const bodies = fc.record({
      origin: fc.string({ minLength: 1, maxLength: 60 }).filter(isKeyName),
      size: fc.maxSafeNat().map((n) => n + (n < Number.MAX_SAFE_INTEGER ? 1 : 0)),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    });
    fc.assert(
      fc.property(bodies, (body) => {
        const read = parseCheckpointBody(formatCheckpointBody(body))!;
        expect({ ...read, root: Array.from(read.root) }).toEqual({
          ...body,
          root: Array.from(body.root),
        });
      }),
    );
  });

  it.each(['00', '01', '+1', '-1', '1e3', '0x10', ' 1', '1 ', '', '9007199254740992', '١'])(
    'has no size written %j',
    (size) => {
      const base64 = Buffer.from(root).toString('base64');
      expect(parseCheckpointBody(`${origin}\n${size}\n${base64}\n`)).toBeUndefined();
    },
  );

  it('has a root of exactly 32 bytes in exactly one spelling, and three lines', () => {
    const base64 = Buffer.from(root).toString('base64');
    const body = (text: string) => `${origin}\n7\n${text}`;
    expect(parseCheckpointBody(body(`${base64}\n`))).toBeDefined();
    for (const bad of [
      base64,
      `${base64.slice(0, -1)}\n`,
      `${base64} \n`,
      `${base64.replace('M=', 'N=')}\n`,
      `${base64.slice(4)}\n`,
      `${base64}\nextension\n`,
      `${base64}\n\n`,
    ]) {
      expect([bad, parseCheckpointBody(body(bad))]).toEqual([bad, undefined]);
    }
  });

  it('of the empty tree has the empty root', () => {
    expect(formatCheckpointBody({ origin, size: 0, root: emptyRoot })).toContain('\n0\n47DEQ');
    expect(() => formatCheckpointBody({ origin, size: 0, root })).toThrow(RangeError);
  });

  it('opens with the key of its own log only', async () => {
    const text = formatCheckpointBody({ origin, size: 7, root });
    const other = new TestSigner('other.example');
    const both = formatNote(text, [await log.sign(text), await witness.sign(text, 5)]);
    const keys = [await keyOf(log), await keyOf(witness)];
    expect(await openCheckpoint(both, keys)).toEqual({
      origin,
      size: 7,
      root,
      unknownSignatures: 0,
      mlDsa44: [],
      signatures: [{ name: origin }, { name: witness.name, time: 5 }],
      keys,
    });
    expect(await openCheckpoint(both, [keys[0]!])).toMatchObject({ unknownSignatures: 1 });
    expect(await openCheckpoint(both, [keys[1]!])).toBeUndefined();
    expect(await openCheckpoint(both, [])).toBeUndefined();
    const foreign = formatNote(text, [await other.sign(text)]);
    expect(await openCheckpoint(foreign, [await keyOf(other)])).toBeUndefined();
  });
});
