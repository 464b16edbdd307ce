import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseNote, verifyReceipt } from '@sekisho/proof';
import { defaultPolicyYaml } from '#policy';
import { ownMlDsa44 } from '../../../proof/src/primitives-node.ts';
import { loadMlDsaVerifier } from '../../src/ledger/postquantum/ml-dsa.ts';
import {
  type RunningCheckpoint,
  build,
  root,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

const folder = temporaryDirectory();
let checkpoint: RunningCheckpoint;
beforeAll(async () => {
  build();
  checkpoint = await startCheckpoint(folder.path, `${defaultPolicyYaml()}  postQuantum: true\n`);
});
afterAll(async () => {
  await checkpoint.end('SIGKILL');
  folder.remove();
});

const secondKey = (): string => {
  const { postQuantumVkey } = JSON.parse(readFileSync(join(folder.path, 'run.json'), 'utf8')) as {
    readonly postQuantumVkey: string;
  };
  return postQuantumVkey;
};

async function receipt(): Promise<string> {
  const { url, key } = checkpoint;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const messages = [{ role: 'user', content: 'My Number 123456789018' }];
  const body = JSON.stringify({ model: 'auto', messages });
  const refused = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
  const id = refused.headers.get('x-sekisho-receipt');
  return (await fetch(`${url}/receipts/${id}`)).text();
}

/** What the tool says of a second line depends on the Node it runs on. */
const judged = ownMlDsa44() === undefined ? 'NOT CHECKED' : 'with ML-DSA-44 too';

describe('a checkpoint with postQuantum switched on', () => {
  test('prints the second key, writes it into run.json and tells the console', async () => {
    const { url, key, printed } = checkpoint;
    const session = await fetch(`${url}/api/session`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(await session.json()).toMatchObject({
      vkey: checkpoint.vkey,
      postQuantumVkey: secondKey(),
    });
    expect(printed()).toContain(secondKey());
    const note = await (await fetch(`${url}/checkpoint`)).text();
    expect(parseNote(note)?.signatures).toHaveLength(2);
  });

  test('gives receipts that hold by either key', async () => {
    const text = await receipt();
    const verifyMlDsa44 = await loadMlDsaVerifier();
    for (const vkey of [checkpoint.vkey, secondKey()]) {
      const report = await verifyReceipt(text, { verifierKeys: [vkey], verifyMlDsa44 });
      expect(report.verdict).toBe('UNANCHORED');
    }
    const offline = verifyOffline(text, checkpoint.vkey, ['--key', secondKey()]);
    expect(offline).toEqual({ code: 0, said: expect.stringContaining(judged) as string });
  });

  test('is exported with both keys, and checked by fsck', () => {
    const run = (script: string, ...args: readonly string[]): string =>
      execFileSync(process.execPath, [join(root, script), ...args], { encoding: 'utf8' });
    const to = join(folder.path, 'public');
    const place = ['--data', folder.path];
    expect(run('server/bin/sekisho.js', 'ledger', 'export', '--to', to, ...place)).toContain(
      secondKey(),
    );
    expect(readFileSync(join(to, 'README.txt'), 'utf8')).toContain(secondKey());
    const keys = [checkpoint.vkey, secondKey()].flatMap((vkey) => ['--key', vkey]);
    const said = run('proof/bin/sekisho-verify.js', '--export', to, ...keys, '--lang', 'en');
    expect(said).toContain(judged === 'NOT CHECKED' ? judged : 'ML-DSA-44 signature of');
    // A finding would be its exit code, and so an exception.
    run('server/bin/sekisho.js', 'fsck', ...place);
  });
});
