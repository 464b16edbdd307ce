import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerifier } from '../src/cli.ts';
import { formatEntryBundle } from '../src/index.ts';
import { type Fixture, buildReceipt, logSigner, witnessSigner } from './receipt-fixture.ts';

let folder: string;
let fixture: Fixture;
let logKey: string;
let witnessKey: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sekisho-verify-'));
  fixture = await buildReceipt();
  logKey = await logSigner.vkey();
  witnessKey = await witnessSigner.vkey();
  const { log, text } = fixture;
  const bundle = formatEntryBundle(log.entries);
  const hashes = Buffer.concat(log.entries.map((_, i) => log.leafHash(i)));
  save('receipt.json', text);
  save('lonely.json', (await buildReceipt({ signers: [logSigner] })).text);
  save('changed.json', text.replace('sekisho-receipt/1', 'sekisho-receipt/2'));
  save('latin1.json', Buffer.from(text.replace('log.example', 'l\u00f6g.example'), 'latin1'));
  save('tile', hashes);
  save('tile-changed', hashes.fill(0, 5 * 32, 6 * 32));
  save('bundle', bundle);
});

afterAll(() => rmSync(folder, { recursive: true }));

const save = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, name), content);
const file = (name: string): string => join(folder, name);

async function run(args: readonly string[], environment = {}) {
  let out = '';
  let error = '';
  const output = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
  };
  return { code: await runVerifier(args, output, environment), out, error };
}

describe('sekisho-verify', () => {
  it('says in plain words what is proved and what is not', async () => {
    const { code, out, error } = await run([file('lonely.json'), '--key', logKey]);
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain('VALID, UNANCHORED');
    expect(out).toContain('\nProved:\n');
    expect(out).toContain('\nNot proved:\n');
    expect(out).toContain('no witness signed this checkpoint');
    expect(out).toContain('request.params, subject.ref');
  });

  it('says it in Japanese when asked, or when the environment is Japanese', async () => {
    const args = [file('lonely.json'), '--key', logKey];
    const { code, out } = await run([...args, '--lang', 'ja']);
    expect([code, out.includes('証明されないこと')]).toEqual([0, true]);
    expect((await run(args, { LANG: 'ja_JP.UTF-8' })).out).toBe(out);
    expect((await run(args, { LC_ALL: 'C', LANG: 'ja_JP.UTF-8' })).out).toContain('Not proved');
    expect((await run([...args, '--lang', 'en'], { LANG: 'ja' })).out).toContain('Not proved');
    expect((await run(['--help'], { LANG: 'ja' })).out).toContain('使い方');
    expect((await run(['--help'])).out).toContain('usage');
  });

  it('recognises a witness, and fails when one that is named did not sign', async () => {
    const good = await run([file('receipt.json'), '--key', logKey, '--witness', witnessKey]);
    expect([good.code, good.out.includes('WITNESSED')]).toEqual([0, true]);
    const bad = await run([file('lonely.json'), '--key', logKey, '--witness', witnessKey]);
    expect([bad.code, bad.out.includes('did not sign')]).toEqual([1, true]);
  });

  it('checks a tile and a bundle against the receipt', async () => {
    const args = [file('receipt.json'), '--key', logKey];
    const size = fixture.log.entries.length;
    const tile = ['--path', `tile/0/000.p/${size}`, '--tile'];
    const bundle = ['--path', `tile/entries/000.p/${size}`, '--tile'];
    expect((await run([...args, ...bundle, file('bundle')])).code).toBe(0);
    const { code, out } = await run([...args, ...tile, file('tile-changed')]);
    expect([code, out.includes('[E_TILE]')]).toEqual([1, true]);
    expect((await run([...args, ...bundle, file('tile')])).code).toBe(1);
    const elsewhere = [...args, '--tile', file('tile'), '--path', 'tile/0/001'];
    expect((await run(elsewhere)).code).toBe(1);
  });

  it('names what failed, and exits with 1', async () => {
    const { code, out } = await run([file('changed.json'), '--key', logKey]);
    expect(code).toBe(1);
    expect(out).toContain('INVALID');
    expect(out).toContain('[E_FORMAT] the receipt');
    expect(out).not.toContain('Proved');
    expect((await run([file('latin1.json'), '--key', logKey])).code).toBe(1);
    const japanese = await run([file('changed.json'), '--key', logKey, '--lang', 'ja']);
    expect(japanese.out).toContain('[E_FORMAT] 受領証');
  });

  it('prints the whole report as JSON', async () => {
    const { code, out } = await run([file('receipt.json'), '--key', logKey, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      report: { verdict: 'UNANCHORED', facts: { size: fixture.log.entries.length } },
      silentWitnesses: [],
    });
  });

  it('exits with 2 when it cannot be used as asked', async () => {
    const receipt = file('receipt.json');
    for (const args of [
      [],
      [receipt],
      [receipt, receipt, '--key', logKey],
      [receipt, '--key', 'nonsense'],
      [receipt, '--key', witnessKey],
      [receipt, '--key', logKey, '--lang', 'fr'],
      [receipt, '--key', logKey, '--unknown'],
      [receipt, '--key', logKey, '--tile', file('tile')],
      [receipt, '--key', logKey, '--path', 'tile/0/000'],
      [file('absent.json'), '--key', logKey],
      [receipt, '--key', logKey, '--tile', file('absent'), '--path', 'tile/0/000'],
      [folder, '--key', logKey],
    ]) {
      const { code, out, error } = await run(args);
      expect([args, code, out]).toEqual([args, 2, '']);
      expect(error).not.toBe('');
    }
  });
});
