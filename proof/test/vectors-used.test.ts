import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  formatNote,
  hashLeaf,
  openNote,
  parseCheckpointBody,
  parseNote,
  parseVerifierKey,
} from '../src/index.ts';
import {
  fromBase64,
  hasVectors,
  listVectors,
  readVector,
  readVectorJson,
  readVectorText,
  reportPassed,
  vectorsTitle,
} from './vectors.ts';

/** Which test reads a file of the vectors, by the beginning of its path. */
const readers: Readonly<Record<string, string>> = {
  'merkle/': 'proof/test/tree-vectors.test.ts',
  'ct-argon2020/': 'proof/test/tree-vectors.test.ts',
  'tessera/': 'proof/test/tile.test.ts',
  'sunlight/': 'proof/test/tile.test.ts',
  'golang-mod/note.json': 'proof/test/note.test.ts',
  'golang-mod/tlog.json': 'proof/test/tile.test.ts',
  'c2sp/': 'proof/test/note.test.ts',
  'ed25519/': 'proof/test/primitives.test.ts',
  'wycheproof/ed25519_test.json': 'proof/test/primitives.test.ts',
  'wycheproof/hkdf_sha256_test.json': 'server/test/foreign/wycheproof.test.ts',
  'wycheproof/hmac_sha256_test.json': 'server/test/foreign/wycheproof.test.ts',
  'wycheproof/aes_gcm_test.json': 'server/test/foreign/wycheproof.test.ts',
  'wycheproof/mldsa_44': 'server/test/foreign/wycheproof-ml-dsa.test.ts',
  'litewitness/': 'server/test/ledger/witness.test.ts',
  'sd-jwt/': 'proof/test/entry.test.ts',
  'cose-receipts/': 'proof/test/cose-receipt.test.ts',
  'aisi/': 'server/test/ledger/coverage.test.ts',
};

/** What no test reads, and why. */
const unread: Readonly<Record<string, string>> = {
  'LICENSES/': 'texts, not vectors',
  'MANIFEST.md': 'text, not a vector',
};

describe.skipIf(!hasVectors)(vectorsTitle('of the published vectors'), () => {
  it('each file is read by a test, or a reason is given', () => {
    const source = (path: string): string =>
      fileURLToPath(new URL(`../../${path}`, import.meta.url));
    for (const path of listVectors('')) {
      const known = Object.keys({ ...readers, ...unread }).find((start) => path.startsWith(start));
      expect([path, known]).toEqual([path, expect.any(String)]);
    }
    for (const [start, reader] of Object.entries(readers)) {
      expect(existsSync(source(reader)), reader).toBe(true);
      const folder = start.split('/')[0]!;
      expect(readFileSync(source(reader), 'utf8'), start).toContain(folder);
    }
    for (const [start, why] of Object.entries(unread)) {
      process.stdout.write(`vectors ${start}: not read (${why})\n`);
    }
  });

  it("every checkpoint of Tessera's log is written anew, signature and all", () => {
    const { skey, vkey } = readVectorJson<{ skey: string; vkey: string }>('tessera/keys.json');
    const seed = fromBase64(skey.split('+').slice(4).join('+')).subarray(1);
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const [name = '', id = ''] = vkey.split('+');
    for (let size = 0; size <= 15; size++) {
      const published = readVectorText(`tessera/log/checkpoint.${size}`);
      const { text } = parseNote(published)!;
      const signature = new Uint8Array(sign(null, Buffer.from(text), key));
      const line = { name, keyId: new Uint8Array(Buffer.from(id, 'hex')), signature };
      expect(formatNote(text, [line])).toBe(published);
    }
    reportPassed('tessera, signed anew', 16);
  });

  it("a tree note of Go is read in our form, and a bad one is not, but for Go's ignored tail", async () => {
    interface TreeNote {
      readonly recordText: string;
      readonly recordHashBase64: string;
      readonly good: string;
      readonly goodWithIgnoredTail: readonly string[];
      readonly bad: readonly string[];
    }
    const { treeNote } = readVectorJson<{ treeNote: TreeNote }>('golang-mod/tlog.json');
    const { recordText, recordHashBase64, good, goodWithIgnoredTail, bad } = treeNote;
    // Go's first line has spaces, which no name of a log may have.
    const ours = (text: string): string => text.replace(/^go\.sum database tree\n/, 'go.sum\n');
    expect(await hashLeaf(Buffer.from(recordText))).toEqual(fromBase64(recordHashBase64));
    expect(parseCheckpointBody(ours(good))).toEqual({
      origin: 'go.sum',
      size: 123_456_789_012,
      root: fromBase64(recordHashBase64),
    });
    for (const text of [good, ...bad, ...goodWithIgnoredTail.map((tail) => good + tail)]) {
      const read = text === good ? text : ours(text);
      expect([text, parseCheckpointBody(read)]).toEqual([text, undefined]);
    }
    reportPassed('golang-mod tree notes', 1 + bad.length + goodWithIgnoredTail.length);
  });

  it("Sunlight's RFC 6962 signature line is one by an unknown key, and harms nothing", async () => {
    const path = listVectors('sunlight/witness').find((name) =>
      /^sunlight\/witness\/[0-9a-f]{64}\/checkpoint$/.test(name),
    )!;
    const about = readVectorJson<{ verifier_keys: string[] }>('sunlight/witness/witness.v0.json');
    const key = (await parseVerifierKey(about.verifier_keys[0]!))!;
    const opened = await openNote(readVector(path), [key]);
    expect(opened?.verified).toHaveLength(1);
    expect(opened?.unknown.length).toBeGreaterThan(0);
    reportPassed('sunlight, unknown line', 1);
  });
});
