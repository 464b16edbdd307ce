import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runVerifier } from '../src/cli.ts';
import {
  type VerifierKey,
  formatCheckpointBody,
  formatForkEvidence,
  formatNote,
  formatVerifierKey,
  keyTypes,
  mlDsaCosignedBytes,
  openCheckpoint,
  openNote,
  parseNote,
  parseVerifierKey,
  subtreeCosignedBytes,
  verifyExport,
  verifyFork,
  verifyReceipt,
} from '../src/index.ts';
import { ownMlDsa44 } from '../src/primitives-node.ts';
import type { TestSigner } from './naive-log.ts';
import { buildReceipt, logSigner, origin, witnessSigner } from './receipt-fixture.ts';
import { StubSigner, able } from './stub-ml-dsa.ts';

const second = new StubSigner(origin);
const body = formatCheckpointBody({ origin, size: 7, root: new Uint8Array(32).fill(3) });
const keyOf = async (signer: TestSigner): Promise<VerifierKey> =>
  (await parseVerifierKey(await signer.vkey()))!;
const bothLines = async (): Promise<string> =>
  formatNote(body, [await logSigner.sign(body), await second.sign(body)]);

/** What a Node with ML-DSA of its own does is tried with real signatures, beside the server. */
const lacks = ownMlDsa44() === undefined;
const lacking = lacks ? '' : ' (skipped: this Node has ML-DSA of its own)';

describe('the message of an ML-DSA-44 cosignature', () => {
  it('has golden bytes', () => {
    const message = subtreeCosignedBytes({
      cosigner: 'log.example',
      time: 1_790_000_000,
      origin: 'log.example',
      start: 0,
      end: 0x0102_0304_0506,
      hash: new Uint8Array(32).fill(0xab),
    });
    expect(Buffer.from(message).toString('hex')).toBe(
      [
        '737562747265652f76310a00', // subtree/v1, a newline, a zero
        '0b6c6f672e6578616d706c65', // 11, log.example
        '000000006ab13b80',
        '0b6c6f672e6578616d706c65',
        '0000000000000000',
        '0000010203040506',
        'ab'.repeat(32),
      ].join(''),
    );
  });

  it('is that of a checkpoint from leaf 0 to its size', () => {
    const statement = { cosigner: 'w', time: 5, origin, start: 0, end: 7 };
    const hash = new Uint8Array(32).fill(3);
    expect(mlDsaCosignedBytes(body, 'w', 5)).toEqual(subtreeCosignedBytes({ ...statement, hash }));
    expect(mlDsaCosignedBytes('no checkpoint\n', 'w', 5)).toBeUndefined();
    expect(mlDsaCosignedBytes(body, 'ü'.repeat(128), 5)).toBeUndefined();
  });

  it('is refused for what nobody may state', () => {
    const hash = new Uint8Array(32);
    const good = { cosigner: 'w', time: 0, origin, start: 4, end: 8, hash };
    expect(subtreeCosignedBytes(good)).toHaveLength(12 + 2 + 8 + 1 + origin.length + 16 + 32);
    for (const change of [
      { time: 1 }, // a part of a tree has no time
      { start: 2 }, // no subtree
      { start: 9 },
      { end: -1 },
      { start: 0, end: 1.5 },
      { start: 0, time: -1 },
      { start: 0, time: 2 ** 53 },
      { cosigner: '' },
      { cosigner: 'a b' },
      { origin: 'ü'.repeat(128) },
      { hash: new Uint8Array(31) },
    ]) {
      const statement = { ...good, ...change };
      expect(() => subtreeCosignedBytes(statement), JSON.stringify(change)).toThrow(RangeError);
    }
  });
});

describe('a verifier key of type 0x06', () => {
  it('has 1,312 bytes, no more and no less, and a line of 3,250 bytes beside its name', async () => {
    const vkey = await second.vkey();
    expect((await parseVerifierKey(vkey))?.publicKey).toHaveLength(1312);
    for (const length of [0, 32, 1311, 1313]) {
      const key = { name: origin, type: keyTypes.mlDsa44, publicKey: new Uint8Array(length) };
      await expect(formatVerifierKey(key)).rejects.toThrow(RangeError);
    }
    const note = formatNote(body, [await second.sign(body)]);
    const line = note.slice(body.length + 1);
    expect(Buffer.byteLength(line)).toBe(3250 + origin.length);
  });
});

describe('a checkpoint with two lines', () => {
  it('opens with either key, and with both', async () => {
    const note = await bothLines();
    const [first, other] = [await keyOf(logSigner), await keyOf(second)];
    expect(await openCheckpoint(note, [first], able)).toMatchObject({
      unknownSignatures: 1,
      mlDsa44: [],
    });
    const state = [{ name: origin, state: 'signed' }];
    expect(await openCheckpoint(note, [other], able)).toMatchObject({
      unknownSignatures: 1,
      mlDsa44: state,
      signatures: [{ name: origin }],
    });
    expect(await openCheckpoint(note, [first, other], able)).toMatchObject({
      unknownSignatures: 0,
      mlDsa44: state,
    });
  });

  it('is refused for a flipped bit in either line where its key is given', async () => {
    const { signatures } = parseNote(await bothLines())!;
    const keys = [await keyOf(logSigner), await keyOf(second)];
    for (const [i, line] of signatures.entries()) {
      for (const at of [0, 7, 8, 60, line.signature.length - 1]) {
        const signature = line.signature.slice();
        signature[at]! ^= 1;
        const note = formatNote(body, signatures.with(i, { ...line, signature }));
        expect(await openCheckpoint(note, [keys[i]!], able)).toBeUndefined();
        expect(await openCheckpoint(note, keys, able)).toBeUndefined();
        expect(await openCheckpoint(note, [keys[1 - i]!], able)).toBeDefined();
      }
    }
  });

  it('needs the log itself: no second key of another name stands for it', async () => {
    const other = new StubSigner('other.example');
    const note = formatNote(body, [await other.sign(body, 5)]);
    expect(await openCheckpoint(note, [await keyOf(other)], able)).toBeUndefined();
  });

  it('is no note of another text: such a line signs checkpoints only', async () => {
    const line = { ...(await second.sign(body)) };
    const keys = [await keyOf(second)];
    expect(await openNote(formatNote('text\n', [line]), keys, able)).toBeUndefined();
    for (const length of [0, 8, 2427, 2429]) {
      const short = { ...line, signature: new Uint8Array(length + (length === 0 ? 1 : 0)) };
      expect(await openNote(formatNote(body, [short]), keys, able)).toBeUndefined();
    }
  });

  it('does not make a log its own witness, whatever time its second line tells', async () => {
    const witness = new StubSigner('witness.example/pq');
    const own = await second.sign(body, 9);
    const lines = [await logSigner.sign(body), own, await witness.sign(body, 7)];
    const keys = [await keyOf(logSigner), await keyOf(second), await keyOf(witness)];
    const opened = await openCheckpoint(formatNote(body, lines), keys, able);
    expect(opened?.signatures).toEqual([
      { name: origin },
      { name: origin },
      { name: witness.name, time: 7 },
    ]);
  });

  it.skipIf(!lacks)(`says which line was not checked where nothing can${lacking}`, async () => {
    const keys = [await keyOf(logSigner), await keyOf(second)];
    const opened = await openCheckpoint(await bothLines(), keys);
    expect(opened?.mlDsa44).toEqual([{ name: origin, state: 'unchecked' }]);
    expect(opened?.unknownSignatures).toBe(0);
    expect(await openCheckpoint(await bothLines(), [keys[1]!])).toBeUndefined();
  });
});

describe('a report', () => {
  const verifierKeys = async () => [await logSigner.vkey(), await second.vkey()];
  const made = () => buildReceipt({ signers: [logSigner, second, witnessSigner] });
  const sentences = ({ proved, notProved }: Awaited<ReturnType<typeof verifyReceipt>>) =>
    [...proved, ...notProved].filter(({ en }) => en.includes('ML-DSA'));

  it('says that the second line holds', async () => {
    const { text } = await made();
    const options = { verifierKeys: await verifierKeys(), ...able };
    const report = await verifyReceipt(text, options);
    expect([report.verdict, sentences(report)]).toEqual([
      'UNANCHORED',
      [
        {
          en: `"${origin}" signed this checkpoint with ML-DSA-44 too, which a quantum computer cannot forge.`,
          ja: `「${origin}」は、量子計算機でも偽造できない ML-DSA-44 でも、このチェックポイントに署名しています。`,
        },
      ],
    ]);
    const alone = await verifyReceipt(text, { verifierKeys: [await second.vkey()], ...able });
    expect(alone.verdict).toBe('UNANCHORED');
  });

  it('says that there is none, for an Ed25519 signature alone is then what it rests on', async () => {
    const { text } = await buildReceipt({ signers: [logSigner] });
    const report = await verifyReceipt(text, { verifierKeys: await verifierKeys(), ...able });
    expect(report.verdict).toBe('UNANCHORED');
    expect(sentences(report)[0]?.en).toContain('has no such line');
    expect(sentences(report)[0]?.ja).toContain('その署名はありません');
  });

  it.skipIf(!lacks)(`says that it was not checked${lacking}`, async () => {
    const { text } = await made();
    const [first, other] = await verifierKeys();
    const report = await verifyReceipt(text, { verifierKeys: [first!, other!] });
    expect([report.verdict, sentences(report)[0]?.en.includes('NOT CHECKED')]).toEqual([
      'UNANCHORED',
      true,
    ]);
    const alone = await verifyReceipt(text, { verifierKeys: [other!] });
    expect(alone.checks.at(-1)?.code).toBe('E_UNSUPPORTED');
    const exported = await verifyExport(async () => undefined, { verifierKeys: [other!] });
    expect(exported.faults.first[0]?.code).toBe('E_UNSUPPORTED');
  });

  it.skipIf(!lacks)(`says so on the command line, in both languages${lacking}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sekisho-two-lines-'));
    const path = join(folder, 'receipt.json');
    writeFileSync(path, (await made()).text);
    const [first, other] = await verifierKeys();
    const run = async (...more: readonly string[]) => {
      let said = '';
      const output = {
        out: (text: string) => (said += text),
        error: (text: string) => (said += text),
      };
      return [await runVerifier([path, ...more], output, {}), said] as const;
    };
    const [code, said] = await run('--key', first!, '--key', other!, '--lang', 'en');
    expect([code, said]).toEqual([0, expect.stringContaining('NOT CHECKED')]);
    const japanese = await run('--key', first!, '--key', other!, '--lang', 'ja');
    expect(japanese).toEqual([0, expect.stringContaining('検証していません')]);
    const alone = await run('--key', other!);
    expect(alone).toEqual([2, expect.stringContaining('[E_UNSUPPORTED]')]);
    rmSync(folder, { recursive: true });
  });

  it('convicts a log by its second key', async () => {
    const forked = formatCheckpointBody({ origin, size: 7, root: new Uint8Array(32).fill(4) });
    const notes = [
      formatNote(body, [await second.sign(body)]),
      formatNote(forked, [await second.sign(forked)]),
    ] as const;
    const text = formatForkEvidence({ format: 'sekisho-fork/1', origin, notes });
    const trust = { verifierKeys: [await second.vkey()], ...able };
    expect(await verifyFork(text, trust)).toMatchObject({ convicted: true, size: 7 });
  });
});
