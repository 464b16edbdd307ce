import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  consistencyNodes,
  rootOf,
  splitTile,
  verifyConsistency,
  verifyExport,
} from '@sekisho/proof';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportLog } from '../../src/ledger/export.ts';
import { append, intent, openEngine, outcome, plain } from '../ledger/fixtures.ts';
import { type GoProgram, buildGo } from './go-program.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const made = mkdtempSync(join(tmpdir(), 'sekisho-foreign-'));
const ours = join(made, 'ours');
/** Three full bundles, and a second hash level: every kind of tile a foreigner meets. */
const entries = 800;
let vkey = '';

beforeAll(async () => {
  const engine = await openEngine(join(made, 'ledger'));
  await append(engine, [intent('a'), outcome('#0', 'b')]);
  await append(
    engine,
    Array.from({ length: entries - 3 }, () => plain),
  );
  await engine.close();
  vkey = engine.verifierKey;
  await exportLog(join(made, 'ledger'), ours);
});
afterAll(() => {
  // Go makes its module cache read-only.
  execFileSync('chmod', ['-R', 'u+w', made]);
  rmSync(made, { recursive: true, force: true });
});

function answers(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

function run(program: string, args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { code: status, said: `${stdout}${stderr}` };
}

/** Copies of our log in which one bit of one file is wrong: a verifier that passes them is none. */
const spoiled = ['checkpoint', 'tile/0/001', 'tile/entries/002', 'tile/1/000.p/3'] as const;

function withFlippedBit(path: string): string {
  const copy = mkdtempSync(join(made, 'spoiled-'));
  cpSync(ours, copy, { recursive: true });
  const bytes = readFileSync(join(copy, path));
  bytes[bytes.length - 12] ^= 1;
  writeFileSync(join(copy, path), bytes);
  return copy;
}

describe('a verifier in Python that shares no code with us', () => {
  const reason = 'python3 is not on this machine, so its verifier did not run';
  const hasPython = answers('python3', ['--version']);
  const script = join(here, 'verify.py');

  test('verifies a log of ours', ({ skip }) => {
    if (!hasPython) skip(reason);
    expect(run('python3', [script, ours, vkey])).toEqual({
      code: 0,
      said: 'verified 800 entries, 5 tiles, 50 inclusion and 50 consistency proofs\n',
    });
  });

  test.for(spoiled)('refuses one whose %s has a wrong bit', (path, { skip }) => {
    if (!hasPython) skip(reason);
    expect(run('python3', [script, withFlippedBit(path), vkey]).code).toBe(1);
  });
});

describe("Go's own tlog and note packages", () => {
  let go: GoProgram;
  beforeAll(() => {
    go = buildGo(join(made, 'go'), 'verify');
  });

  function runGo(skip: (reason: string) => never, args: readonly string[]): Ended {
    return 'program' in go ? run(go.program, args) : skip(go.reason);
  }

  test('verify a log of ours', ({ skip }) => {
    const { code, said } = runGo(skip, ['check', ours, vkey]);
    expect([code, said]).toEqual([0, expect.stringContaining('verified 800 entries')]);
  });

  test.for(spoiled)('refuse one whose %s has a wrong bit', (path, { skip }) => {
    expect(runGo(skip, ['check', withFlippedBit(path), vkey]).code).toBe(1);
  });

  test('write a log that we verify whole, with its signature', async ({ skip }) => {
    for (const size of [1, 255, 256, 257, 70_000]) {
      const folder = join(made, `go-${size}`);
      const { code, said } = runGo(skip, ['write', folder, 'go.example/log', String(size)]);
      expect(code, said).toBe(0);
      const read = async (path: string): Promise<Uint8Array | undefined> => {
        try {
          return new Uint8Array(readFileSync(join(folder, path)));
        } catch {
          return undefined;
        }
      };
      const keys = { verifierKeys: [said.trim()], anyEntries: true };
      expect(await verifyExport(read, keys)).toMatchObject({
        verdict: 'UNANCHORED',
        origin: 'go.example/log',
        entries: size,
        faults: { total: 0 },
      });
    }
  });

  test('write tiles from which our consistency proofs hold', async ({ skip }) => {
    const folder = join(made, 'go-proofs');
    const { said } = runGo(skip, ['write', folder, 'go.example/log', '200']);
    const leaves = splitTile(new Uint8Array(readFileSync(join(folder, 'tile/0/000.p/200'))))!;
    const [, , root = ''] = readFileSync(join(folder, 'checkpoint'), 'utf8').split('\n');
    expect(said).toContain('go.example/log+');
    for (const oldSize of [1, 2, 63, 64, 65, 127, 199, 200]) {
      const nodes = consistencyNodes(oldSize, 200);
      const claim = {
        oldSize,
        newSize: 200,
        oldRoot: await rootOf(leaves.slice(0, oldSize)),
        newRoot: new Uint8Array(Buffer.from(root, 'base64')),
        proof: await Promise.all(nodes.map(({ start, end }) => rootOf(leaves.slice(start, end)))),
      };
      expect(await verifyConsistency(claim), String(oldSize)).toBe(true);
    }
  });
});
