import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerifier } from '../src/cli.ts';
import {
  encodeBase64,
  encodeCoseReceipt,
  encodeUtf8,
  entryJwtKid,
  entryJwtSigningInput,
  formatBundle,
  formatCheckpointBody,
  formatEntryJwt,
  formatNote,
  formatPromiseBody,
  formatTlogProof,
  verifyFork,
} from '../src/index.ts';
import { TestSigner, signCheckpoint } from './naive-log.ts';
import { type Fixture, buildReceipt, disclosures, logSigner, origin } from './receipt-fixture.ts';

let folder: string;
let fixture: Fixture;
let key: string;

const file = (name: string): string => join(folder, name);
const save = (name: string, content: string | Uint8Array): void =>
  writeFileSync(file(name), content);

async function run(...args: readonly string[]) {
  let said = '';
  const say = (text: string): void => void (said += text);
  return { code: await runVerifier(args, { out: say, error: say }, {}), said };
}

async function savePromise(name: string, index: number, leafHash: Uint8Array): Promise<void> {
  const body = formatPromiseBody({ origin, index, leafHash });
  save(name, formatNote(body, [await logSigner.sign(body)]));
}

async function saveNote(name: string, size: number, root: Uint8Array): Promise<void> {
  const body = formatCheckpointBody({ origin, size, root });
  save(name, formatNote(body, [await logSigner.sign(body)]));
}

async function saveBundle(groups: readonly 'ops'[] | readonly ['content']): Promise<void> {
  const { log, entries, indexes, checkpoint } = fixture;
  const kid = entryJwtKid(origin, await logSigner.keyId());
  const parts = (['intent', 'outcome'] as const).map((role) => {
    const signingInput = entryJwtSigningInput(kid, entries.get(role)!);
    const signature = logSigner.signBytes(encodeUtf8(signingInput));
    const sdJwt = formatEntryJwt({ signingInput, signature, disclosures: disclosures[role] });
    const proof = formatTlogProof(log.proof(indexes.get(role)!, checkpoint));
    return { role, sdJwt, proof, values: [] };
  });
  const format = 'sekisho-bundle/1';
  save(`bundle-${groups[0]}`, formatBundle({ format, origin, groups, entries: parts }));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-evidence-'));
  fixture = await buildReceipt();
  key = await logSigner.vkey();
  const { log, text, entries, indexes } = fixture;
  const index = indexes.get('intent')!;
  const size = log.entries.length;
  save('receipt', text);
  save('empty', '');
  save('entry', entries.get('intent')!);
  const copy = file('copy');
  mkdirSync(join(copy, 'tile/0/000.p'), { recursive: true });
  const hashes = log.entries.map((_, i) => log.leafHash(i));
  writeFileSync(join(copy, `tile/0/000.p/${size}`), Buffer.concat(hashes));
  writeFileSync(join(copy, 'checkpoint'), await signCheckpoint(origin, log, [logSigner]));
  await savePromise('kept', index, log.leafHash(index));
  await savePromise('broken', index, new Uint8Array(32));
  await savePromise('early', size, new Uint8Array(32));
  await saveNote('note-1', 7, log.root(7));
  await saveNote('note-2', 7, new Uint8Array(32).fill(1));
  await saveNote('note-3', 11, log.root(11));
  save(
    'proof',
    log
      .consistency(7, 11)
      .map((hash) => `${encodeBase64(hash)}\n`)
      .join(''),
  );
  save('proof-bad', `${encodeBase64(new Uint8Array(32))}\n`);
  const { id } = JSON.parse(Buffer.from(entries.get('intent')!).toString()) as { id: string };
  const draft = {
    issuer: origin,
    subject: id,
    keyId: await logSigner.keyId(),
    root: log.root(),
    proof: { kind: 'inclusion', size, index, path: log.inclusion(index, size) },
  } as const;
  save('cose', await encodeCoseReceipt(draft, (message) => logSigner.signBytes(message)));
  const x = Buffer.from(logSigner.publicKey).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  save('pem', publicKey.export({ format: 'pem', type: 'spki' }));
  await saveBundle(['ops']);
  await saveBundle(['content']);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('sekisho-verify --promise', () => {
  it('says KEPT, BROKEN or OPEN, each with its own exit code', async () => {
    for (const [name, evidence, code, word] of [
      ['kept', ['--receipt', file('receipt')], 0, 'KEPT'],
      ['kept', ['--export', file('copy')], 0, 'KEPT'],
      ['broken', ['--receipt', file('receipt')], 1, 'BROKEN'],
      ['broken', ['--export', file('copy')], 1, 'BROKEN'],
      ['early', ['--export', file('copy')], 3, 'OPEN'],
      ['early', ['--receipt', file('receipt')], 3, 'OPEN'],
      ['kept', [], 3, 'OPEN'],
      ['receipt', [], 1, 'INVALID'],
      ['kept', ['--receipt', file('empty')], 1, 'INVALID'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the case
      const { code: exit, said } = await run('--promise', file(name), '--key', key, ...evidence);
      expect([name, evidence, exit]).toEqual([name, evidence, code]);
      expect(said).toContain(word);
    }
    const args = ['--promise', file('broken'), '--key', key, '--receipt', file('receipt')];
    const japanese = await run(...args, '--lang', 'ja');
    expect(japanese.said).toContain('破られた');
    expect(japanese.said).toContain('[E_PROMISE] 約束');
    const json = await run(...args, '--json');
    expect(JSON.parse(json.said)).toMatchObject({ verdict: 'BROKEN', promised: { index: 5 } });
  });

  it('exits with 2 when it cannot be used as asked', async () => {
    const promise = ['--promise', file('kept')];
    for (const args of [
      promise,
      [...promise, '--key', 'x'],
      [...promise, '--key', key, 'more'],
      [...promise, '--key', key, '--receipt', file('absent')],
      [...promise, '--key', key, '--export', file('absent')],
      [...promise, '--key', key, '--export', file('copy'), '--receipt', file('receipt')],
      [...promise, '--key', key, '--tile', file('x'), '--path', 'tile/0/000'],
      ['--promise', file('absent'), '--key', key],
      ['--receipt', file('receipt'), '--key', key],
      ['--export', file('copy'), '--receipt', file('receipt'), '--key', key],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the case
      expect([args, (await run(...args)).code]).toEqual([args, 2]);
    }
  });
});

describe('sekisho-verify --cose', () => {
  it('verifies with the key of the log, or with a public key in PEM', async () => {
    const args = ['--cose', file('cose'), '--entry', file('entry')];
    const good = await run(...args, '--key', key);
    expect([good.code, good.said.includes('VALID, UNANCHORED')]).toEqual([0, true]);
    expect(good.said).toContain('as stated');
    expect((await run(...args, '--cose-key', file('pem'), '--lang', 'ja')).said).toContain('有効');
    const bad = await run('--cose', file('cose'), '--entry', file('receipt'), '--key', key);
    expect([bad.code, bad.said.includes('[E_ROOT]')]).toEqual([1, true]);
    const json = JSON.parse((await run(...args, '--key', key, '--json')).said) as object;
    expect(json).toMatchObject({ verdict: 'UNANCHORED', facts: { issuer: origin, index: 5 } });
    for (const more of [
      [],
      ['--key', key, '--cose-key', file('pem')],
      ['--cose-key', file('receipt')],
      ['--cose-key', file('absent')],
      ['--key', 'x'],
      ['--key', key, '--key', key],
      ['--key', key, '--witness', key],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the case
      expect([more, (await run(...args, ...more)).code]).toEqual([more, 2]);
    }
    expect((await run('--cose', file('cose'), '--key', key)).code).toBe(2);
    expect((await run('--cose', file('cose'), '--entry', file('no'), '--key', key)).code).toBe(2);
  });
});

describe('sekisho-verify bundle', () => {
  it('says what is there, and fails where something asked for is missing', async () => {
    const good = await run('bundle', file('bundle-ops'), '--key', key);
    expect(good.said).toContain('VALID, UNANCHORED');
    expect([good.code, good.said.includes('outcome, ops: PRESENT')]).toEqual([0, true]);
    const missing = await run('bundle', file('bundle-content'), '--key', key, '--lang', 'ja');
    expect([missing.code, missing.said.includes('outcome, content: MISSING')]).toEqual([1, true]);
    const invalid = await run('bundle', file('receipt'), '--key', key);
    expect([invalid.code, invalid.said.includes('[E_BUNDLE_FORMAT]')]).toEqual([1, true]);
    const quorum = await run('bundle', file('bundle-ops'), '--key', key, '--witness', key);
    expect(quorum.code).toBe(2);
    save('policy', `log ${key}\nquorum none\n`);
    expect((await run('bundle', file('bundle-ops'), '--policy', file('policy'))).code).toBe(0);
    for (const args of [
      ['bundle', file('bundle-ops')],
      ['bundle', file('absent'), '--key', key],
      ['bundle', file('bundle-ops'), '--key', key, '--tile', file('x'), '--path', 'tile/0/000'],
      ['bundle', file('bundle-ops'), '--key', key, '--policy', file('absent')],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the case
      expect([args, (await run(...args)).code]).toEqual([args, 2]);
    }
  });
});

describe('sekisho-verify --make-fork', () => {
  const make = (one: string, other: string, ...more: readonly string[]) =>
    run('--make-fork', file(one), file(other), '--key', key, '-o', file('fork'), ...more);

  it('writes evidence that convicts, and leaves a file alone that is there', async () => {
    const made = await make('note-1', 'note-2');
    expect([made.code, made.said.includes('FORK PROVED')]).toEqual([0, true]);
    const text = readFileSync(file('fork'), 'utf8');
    expect(await verifyFork(text, { verifierKeys: [key] })).toMatchObject({ convicted: true });
    expect((await run('--fork', file('fork'), '--key', key)).code).toBe(0);
    expect((await make('note-1', 'note-2')).code).toBe(2);
    expect(readFileSync(file('fork'), 'utf8')).toBe(text);
    rmSync(file('fork'));
  });

  it('refuses what would not convict, and says why', async () => {
    const stranger = await new TestSigner('stranger.example').vkey();
    for (const [args, code, why] of [
      [['note-1', 'note-1'], 1, 'show the same tree'],
      [['note-1', 'note-3'], 1, 'A log grows'],
      [['note-3', 'note-1', '--proof', file('proof')], 1, 'continues the earlier one'],
      [['note-2', 'note-3', '--proof', file('proof')], 1, 'anybody can write a proof that fails'],
      [['note-1', 'note-3', '--proof', file('proof-bad')], 1, 'anybody can write'],
      [['note-1', 'receipt'], 1, '[E_SIG]'],
      [['note-1', 'note-2', '--proof', file('absent')], 2, "couldn't read"],
      [['note-1', 'absent'], 2, "couldn't read"],
    ] as const) {
      const [one, other, ...more] = args;
      // oxlint-disable-next-line no-await-in-loop -- one after the other names the case
      const { code: exit, said } = await make(one, other, ...more);
      expect([args, exit]).toEqual([args, code]);
      expect(said).toContain(why);
      expect(existsSync(file('fork'))).toBe(false);
    }
    const notes = ['--make-fork', file('note-1'), file('note-2')];
    expect((await run(...notes, '--key', key)).code).toBe(2);
    expect((await run(...notes, '-o', file('fork'))).code).toBe(2);
    const theirs = await run(...notes, '--key', stranger, '-o', file('fork'));
    expect([theirs.code, theirs.said.includes('[E_SIG]')]).toEqual([1, true]);
    expect((await make('note-1', 'note-3', '--lang', 'ja')).said).toContain('台帳は伸びるもの');
  });
});
