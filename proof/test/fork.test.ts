import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runVerifier } from '../src/cli.ts';
import { formatCheckpointBody, formatForkEvidence, formatNote, verifyFork } from '../src/index.ts';
import { TestSigner } from './naive-log.ts';
import { buildReceipt, logSigner, origin, witnessSigner } from './receipt-fixture.ts';

const stranger = new TestSigner('stranger.example');

async function note(
  fill: number,
  { size = 7, name = origin, signer = logSigner } = {},
): Promise<string> {
  const text = formatCheckpointBody({ origin: name, size, root: new Uint8Array(32).fill(fill) });
  return formatNote(text, [await signer.sign(text)]);
}

const evidence = (one: string, other: string): string =>
  formatForkEvidence({ format: 'sekisho-fork/1', origin, notes: [one, other] });

async function run(files: Readonly<Record<string, string>>, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-fork-'));
  let said = '';
  const say = (text: string): void => void (said += text);
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const named = args.map((arg) => (Object.hasOwn(files, arg) ? join(folder, arg) : arg));
    return { code: await runVerifier(named, { out: say, error: say }, {}), said };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('evidence of a fork', () => {
  it('convicts a log that signed two trees of one size', async () => {
    const verifierKeys = [await logSigner.vkey()];
    const text = evidence(await note(1), await note(2));
    const report = await verifyFork(text, { verifierKeys });
    expect(report).toMatchObject({ convicted: true, origin, size: 7 });
    const trustPolicy = `log ${verifierKeys[0]}\nquorum none\n`;
    expect(await verifyFork(text, { verifierKeys: [], trustPolicy })).toEqual(report);
  });

  it('convicts nobody of anything less', async () => {
    const verifierKeys = [await logSigner.vkey(), await stranger.vkey()];
    const one = await note(1);
    const two = await note(2);
    const good = evidence(one, two);
    for (const [text, code] of [
      [evidence(one, one), 'E_FORK'],
      [evidence(one, await note(2, { size: 8 })), 'E_FORK'],
      [evidence(one, await note(2, { signer: stranger })), 'E_SIG'],
      [evidence(one, await note(2, { name: stranger.name, signer: stranger })), 'E_ORIGIN'],
      [evidence(one, two.replace('\n7\n', '\n8\n')), 'E_SIG'],
      [evidence(one, 'nothing'), 'E_SIG'],
      [good.replace('fork/1', 'fork/2'), 'E_FORK_FORMAT'],
      [good.replace('{', '{ '), 'E_FORK_FORMAT'],
      [good.replace('{', '{"more":1,'), 'E_FORK_FORMAT'],
      [good.trimEnd(), 'E_FORK_FORMAT'],
      ['', 'E_FORK_FORMAT'],
      ['null\n', 'E_FORK_FORMAT'],
    ] as const) {
      const report = await verifyFork(text, { verifierKeys });
      expect([text, report]).toMatchObject([text, { convicted: false, code }]);
    }
    expect(await verifyFork(good, { verifierKeys: [] })).toMatchObject({ code: 'E_KEY' });
    expect(await verifyFork(good, { verifierKeys: ['x'] })).toMatchObject({ code: 'E_KEY' });
    expect(await verifyFork(good, { verifierKeys: [await stranger.vkey()] })).toMatchObject({
      code: 'E_SIG',
    });
  });

  it('is tried on the command line, in both languages', async () => {
    const key = await logSigner.vkey();
    const files = { fork: evidence(await note(1), await note(2)), policy: 'quorum x\n' };
    const args = ['--fork', 'fork', '--key', key];
    const convicted = await run(files, args);
    expect([convicted.code, convicted.said.includes('FORK PROVED')]).toEqual([0, true]);
    expect((await run(files, [...args, '--lang', 'ja'])).said).toContain('分岐の証明');
    expect(JSON.parse((await run(files, [...args, '--json'])).said)).toMatchObject({
      convicted: true,
    });
    const acquitted = await run({ fork: evidence(await note(1), await note(1)) }, args);
    expect([acquitted.code, acquitted.said.includes('[E_FORK]')]).toEqual([1, true]);
    for (const more of [['receipt.json'], ['--policy', 'policy'], ['--policy', 'absent']]) {
      expect((await run(files, [...args, ...more])).code).toBe(2);
    }
    expect((await run(files, ['--fork', 'absent', '--key', key])).code).toBe(2);
    expect((await run(files, ['--fork', 'fork'])).code).toBe(2);
  });

  it('and trust policies share the command: a quorum that does not hold fails a receipt', async () => {
    const { text } = await buildReceipt();
    const log = `log ${await logSigner.vkey()}\n`;
    const witness = `witness W ${await witnessSigner.vkey()}\n`;
    const holds = { 'receipt.json': text, policy: `${log}${witness}quorum W\n` };
    const args = ['receipt.json', '--policy', 'policy'];
    const good = await run(holds, args);
    expect([good.code, good.said.includes('WITNESSED')]).toEqual([0, true]);
    expect(good.said).toContain('1 institution(s)');
    const lonely = (await buildReceipt({ signers: [logSigner] })).text;
    const bad = await run({ ...holds, 'receipt.json': lonely }, args);
    expect([bad.code, bad.said.includes('UNANCHORED')]).toEqual([1, true]);
    const nobody = { 'receipt.json': lonely, policy: `${log}quorum none\n` };
    expect((await run(nobody, args)).code).toBe(0);
  });
});
