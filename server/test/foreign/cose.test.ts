import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { append, inDirectory, intent, openEngine, outcome } from '../ledger/fixtures.ts';

const script = fileURLToPath(new URL('cose.py', import.meta.url));

describe('a COSE library in Python that shares no code with us', () => {
  test('verifies a receipt of ours, and refuses it for another entry', async ({ skip }) => {
    const has = spawnSync('python3', ['-c', 'import cbor2, cryptography'], { stdio: 'ignore' });
    if (has.status !== 0) {
      skip('python3 with the packages cbor2 and cryptography is not on this machine');
    }
    await inDirectory(async (directory) => {
      const engine = await openEngine(directory);
      const [first] = await append(engine, [intent('a'), outcome('#0', 'b')]);
      const other = (await engine.cose(first.id, 'outcome'))!;
      const { receipt, entry } = (await engine.cose(first.id, 'intent'))!;
      const run = (name: string, bytes: Uint8Array) => {
        writeFileSync(join(directory, 'receipt'), receipt);
        writeFileSync(join(directory, name), bytes);
        const args = [
          script,
          join(directory, 'receipt'),
          join(directory, name),
          engine.verifierKey,
        ];
        const { status, stdout, stderr } = spawnSync('python3', args, { encoding: 'utf8' });
        return { status, said: `${stdout}${stderr}` };
      };
      expect(run('entry', entry)).toEqual({
        status: 0,
        said: `verified entry 1 of 3, ${first.id}\n`,
      });
      expect(run('other', other.entry)).toMatchObject({ status: 1 });
      await engine.close();
    });
  });
});
