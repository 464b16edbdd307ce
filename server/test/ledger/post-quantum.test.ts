import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type NoteOptions,
  type VerifierKey,
  formatNote,
  formatWitnessRequest,
  openCheckpoint,
  openNote,
  parseNote,
  parseVerifierKey,
  verifyReceipt,
} from '@sekisho/proof';
import { silentLog, systemClock } from '#base';
import { openLedger } from '#ledger';
import { ownMlDsa44 } from '../../../proof/src/primitives-node.ts';
import type { Engine } from '../../src/ledger/engine.ts';
import { exportLog } from '../../src/ledger/export.ts';
import { checkLedger } from '../../src/ledger/fsck.ts';
import { loadPostQuantumKey } from '../../src/ledger/postquantum/log-key.ts';
import { loadMlDsaVerifier } from '../../src/ledger/postquantum/ml-dsa.ts';
import { openPostQuantumSigner } from '../../src/ledger/postquantum/signer.ts';
import { buildLedger } from './built-ledger.ts';
import { append, inDirectory, intent, openEngine, origin, outcome, plain } from './fixtures.ts';
import { witnessFor } from './witness-fixture.ts';

let able: NoteOptions;
beforeAll(async () => {
  able = { verifyMlDsa44: await loadMlDsaVerifier() };
});

const start = (directory: string, postQuantum = true): Promise<Engine> =>
  openEngine(directory, undefined, { postQuantum });
const keyFile = (directory: string): string => join(directory, 'keys', 'log.mldsa.key');
const published = (directory: string): string => join(directory, 'tile', 'checkpoint');

async function keysOf(engine: Engine): Promise<readonly [VerifierKey, VerifierKey]> {
  const [first, second] = await Promise.all(
    [engine.verifierKey, engine.postQuantumKey!].map((vkey) => parseVerifierKey(vkey)),
  );
  return [first!, second!];
}

/** What the log says of its second key, oldest first. */
async function events(directory: string): Promise<readonly string[]> {
  const ledger = await openLedger({
    directory,
    originName: origin,
    checkpointMs: 1_000,
    clock: systemClock,
    log: silentLog,
    inThread: true,
    postQuantum: existsSync(keyFile(directory)),
  });
  const bundle = Buffer.from((await ledger.tile(await bundlePath(ledger)))!).toString('latin1');
  await ledger.close();
  return [...bundle.matchAll(/"t":"([a-z.]+)"/g)].map(([, type]) => type);
}

async function bundlePath(ledger: { checkpoint(): Promise<string | undefined> }): Promise<string> {
  return `tile/entries/000.p/${(await ledger.checkpoint())!.split('\n')[1]}`;
}

describe('a ledger that signs with ML-DSA-44 too', () => {
  it('publishes checkpoints that open with either key, and keeps the second to itself', async () => {
    await inDirectory(async (directory) => {
      const engine = await start(directory);
      const { note, size } = engine.published!;
      const keys = await keysOf(engine);
      expect(keys[1].type).toBe(6);
      expect(parseNote(note)!.signatures.map(({ name }) => name)).toEqual([origin, origin]);
      for (const given of [[keys[0]], [keys[1]], keys]) {
        expect(await openCheckpoint(note, given, able)).toMatchObject({ origin, size });
      }
      expect(statSync(keyFile(directory)).mode & 0o777).toBe(0o600);
      expect(readFileSync(keyFile(directory), 'utf8')).toMatch(
        /^PRIVATE\+KEY\+log\.example\/test\+[0-9a-f]{8}\+B[A-Za-z0-9+/]{43}\n$/,
      );
      await engine.close();
    });
  });

  it('is refused for a flipped bit in either line where its key is given', async () => {
    await inDirectory(async (directory) => {
      const engine = await start(directory);
      const { text, signatures } = parseNote(engine.published!.note)!;
      const keys = await keysOf(engine);
      for (const [i, line] of signatures.entries()) {
        for (const at of [0, 9, 40, line.signature.length - 1]) {
          const signature = line.signature.slice();
          signature[at] ^= 0x10;
          const note = formatNote(text, signatures.with(i, { ...line, signature }));
          expect(await openCheckpoint(note, [keys[i]], able), `${i}, ${at}`).toBeUndefined();
          expect(await openCheckpoint(note, keys, able)).toBeUndefined();
          expect(await openCheckpoint(note, [keys[1 - i]], able)).toBeDefined();
        }
      }
      await engine.close();
    });
  });

  it('makes the same bytes again, and says once that it is switched on', async () => {
    await inDirectory(async (directory) => {
      const engine = await start(directory);
      const { note } = engine.published!;
      const vkey = engine.postQuantumKey;
      await engine.close();
      const again = await start(directory);
      expect(again.published!.note).toBe(note);
      expect(again.postQuantumKey).toBe(vkey);
      await append(again, [plain]);
      await again.publish();
      const keys = await keysOf(again);
      expect(await openCheckpoint(again.published!.note, [keys[1]], able)).toMatchObject({
        size: 3,
      });
      await again.close();
      expect(await events(directory)).toEqual(['log.genesis', 'key.event', 'incident']);
    });
  });

  it('may be switched on, off and on, each of which is an entry', async () => {
    await inDirectory(async (directory) => {
      await (await start(directory, false)).close();
      expect(existsSync(keyFile(directory))).toBe(false);
      const on = await start(directory);
      const vkey = on.postQuantumKey;
      await on.close();
      const off = await start(directory, false);
      expect([off.postQuantumKey, off.signed.size]).toEqual([undefined, 3]);
      expect(parseNote(off.signed.note)!.signatures).toHaveLength(1);
      await off.close();
      await (await start(directory, false)).close();
      const onAgain = await start(directory);
      expect(onAgain.postQuantumKey).toBe(vkey);
      await onAgain.close();
      expect(await events(directory)).toEqual(['log.genesis', ...Array(3).fill('key.event')]);
    });
  });

  it('may lose its key for good, and says so, even while an older line is the published one', async () => {
    await inDirectory(async (directory) => {
      const holdBack = true;
      const first = await openEngine(directory, undefined, { postQuantum: true, holdBack });
      const old = first.postQuantumKey;
      await first.adopt(first.signed.note, true);
      const shown = readFileSync(published(directory), 'utf8');
      await first.close();
      rmSync(keyFile(directory));
      await (await openEngine(directory, undefined, { postQuantum: false, holdBack })).close();
      const again = await openEngine(directory, undefined, { postQuantum: true, holdBack });
      expect(again.postQuantumKey).not.toBe(old);
      expect(readFileSync(published(directory), 'utf8')).toBe(shown);
      await again.close();
      // And at a start that finds both.
      await (await openEngine(directory, undefined, { postQuantum: true, holdBack })).close();
    });
  });

  it('repeats the entry rather than leave it out when it dies before it has signed', async () => {
    await inDirectory(async (directory) => {
      await (await start(directory, false)).close();
      const before = readFileSync(join(directory, 'lock.db'));
      const note = readFileSync(published(directory));
      await (await start(directory)).close();
      // As if neither lock nor file had been reached.
      writeFileSync(join(directory, 'lock.db'), before);
      writeFileSync(published(directory), note);
      await (await start(directory)).close();
      expect(await events(directory)).toEqual(['log.genesis', 'key.event', 'key.event']);
    });
  });

  it('refuses to go on without the key, with another one, or with a file that is none', async () => {
    await inDirectory(async (directory) => {
      await (await start(directory)).close();
      const good = readFileSync(keyFile(directory), 'utf8');
      rmSync(keyFile(directory));
      await expect(start(directory)).rejects.toMatchObject({ code: 'key_missing' });
      await inDirectory(async (other) => {
        await (await start(other)).close();
        cpSync(keyFile(other), keyFile(directory));
        await expect(start(directory)).rejects.toMatchObject({ code: 'wrong_key' });
      });
      for (const text of ['', 'nonsense', good.replace('log.example', 'other.example')]) {
        writeFileSync(keyFile(directory), text);
        await expect(start(directory)).rejects.toMatchObject({ code: 'wrong_key' });
      }
      writeFileSync(keyFile(directory), good);
      await (await start(directory)).close();
    });
  });

  it('refuses a published file whose second line was changed, and so does a check of the files', async () => {
    await inDirectory(async (directory) => {
      const engine = await start(directory);
      await append(engine, [intent('a'), outcome('#0', 'b')]);
      await engine.close();
      const found = async () =>
        (await checkLedger(directory, { seals: 'all' })).findings.first.map(({ code }) => code);
      expect(await found()).toEqual([]);
      const { text, signatures } = parseNote(readFileSync(published(directory)))!;
      const [first, second] = signatures;
      const signature = second.signature.slice();
      signature[1_000] ^= 1;
      writeFileSync(published(directory), formatNote(text, [first, { ...second, signature }]));
      expect(await found()).toEqual(['checkpoint_signature']);
      await inDirectory(async (to) => {
        await expect(exportLog(directory, to)).rejects.toMatchObject({ code: 'tile_differs' });
      });
      await expect(start(directory)).rejects.toMatchObject({ code: 'tile_differs' });
    });
  });

  it('is cosigned by a witness that knows its first key only', async () => {
    await inDirectory(async (directory) => {
      const engine = await start(join(directory, 'log'));
      await inDirectory(async (folder) => {
        const witness = await witnessFor(folder, [engine.verifierKey]);
        const { note } = engine.signed;
        const request = formatWitnessRequest({ oldSize: 0, proof: [], checkpoint: note });
        const { status, body } = await witness.addCheckpoint(Buffer.from(request));
        expect(status).toBe(200);
        await engine.adopt(note + body, true);
        witness.close();
        const key = (await parseVerifierKey(witness.verifierKey))!;
        const all = [...(await keysOf(engine)), key];
        const opened = await openNote(engine.published!.note, all, able);
        expect(opened?.verified).toHaveLength(3);
      });
      const { note } = engine.published!;
      await engine.close();
      const again = await start(join(directory, 'log'));
      expect(again.published!.note).toBe(note);
      await again.close();
    });
  });
});

const lacks = ownMlDsa44() === undefined;
const lacking = lacks ? ' (skipped: this Node has no ML-DSA of its own)' : '';

describe('the ML-DSA-44 of Node', () => {
  it.skipIf(lacks)(`agrees with ours on a checkpoint, good and bad${lacking}`, async () => {
    await inDirectory(async (directory) => {
      const key = await loadPostQuantumKey(directory, origin, undefined);
      const verify = { name: origin, keyId: key.keyId, type: 6, publicKey: key.publicKey } as const;
      const text = `${origin}\n7\n${Buffer.alloc(32, 3).toString('base64')}\n`;
      const line = await (await openPostQuantumSigner(key)).line(text);
      expect(await openCheckpoint(formatNote(text, [line]), [verify])).toBeDefined();
      const other = text.replace('\n7\n', '\n8\n');
      expect(await openCheckpoint(formatNote(other, [line]), [verify])).toBeUndefined();
    });
  });
});

describe('the thread that signs', () => {
  it('makes the same line as this thread would, and ends with the ledger', async () => {
    await inDirectory(async (folder) => {
      const ledger = buildLedger(folder);
      const directory = join(folder, 'data');
      const script = join(folder, 'run.mjs');
      writeFileSync(
        script,
        `import { openLedger } from ${JSON.stringify(ledger)};
        const log = { info() {}, warn() {}, error() {} };
        const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
        const ledger = await openLedger({
          directory: ${JSON.stringify(directory)}, originName: ${JSON.stringify(origin)},
          checkpointMs: 20, postQuantum: true, clock, log,
        });
        const base = { decision: 'allow', evidenceClass: 'r1', refs: {} };
        const [first] = await ledger.append([
          { ...base, type: 'intent', fields: { 'request.messages': 'a' } },
          { ...base, type: 'outcome', end: 'complete', refs: { intent: '#0' }, fields: {} },
        ]);
        const receipt = await ledger.receipt(first.id, { groups: ['ops'] });
        const { verifierKey, postQuantumKey } = ledger;
        const note = await ledger.checkpoint();
        await ledger.close();
        console.log(JSON.stringify({ receipt, verifierKey, postQuantumKey, note }));`,
      );
      const said = execFileSync(process.execPath, [script], { encoding: 'utf8' });
      const { receipt, verifierKey, postQuantumKey, note } = JSON.parse(said) as {
        readonly [name in 'receipt' | 'verifierKey' | 'postQuantumKey' | 'note']: string;
      };
      const verifierKeys = [verifierKey, postQuantumKey];
      const report = await verifyReceipt(receipt, { verifierKeys, ...able });
      expect(report.facts?.mlDsa44).toEqual([{ name: origin, state: 'signed' }]);
      const key = await loadPostQuantumKey(join(directory, 'keys'), origin, undefined);
      const signer = await openPostQuantumSigner(key, true);
      const { text, signatures } = parseNote(note)!;
      expect(signatures[1]).toEqual(await signer.line(text));
    });
  });
});
