import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyExport } from '@sekisho/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerifier } from '../../../proof/src/cli.ts';
import { ledgerCommand } from '../../src/cli/ledger.ts';
import { exportLog } from '../../src/ledger/export.ts';
import { append, inDirectory, intent, openEngine, outcome, plain } from './fixtures.ts';
import { temporaryDirectory } from './fixtures.ts';
import { entriesOf, forgeLog } from './forged-log.ts';

const made = temporaryDirectory();
const ledger = join(made.path, 'data/ledger');
const folder = join(made.path, 'export');
let key = '';

beforeAll(async () => {
  mkdirSync(join(made.path, 'data'));
  const engine = await openEngine(ledger);
  await append(engine, [intent('a'), outcome('#0', 'b'), intent('open')]);
  await append(
    engine,
    Array.from({ length: 600 }, () => plain),
  );
  await engine.close();
  key = engine.verifierKey;
  await exportLog(ledger, folder);
});
afterAll(() => made.remove());

async function verify(at: string, vkey = key, more: readonly string[] = []) {
  let said = '';
  const say = (text: string): void => void (said += text);
  const args = ['--export', at, '--key', vkey, '--json', ...more];
  const code = await runVerifier(args, { out: say, error: say }, {});
  return { code, said };
}

async function codesOf(at: string): Promise<readonly string[]> {
  const { code, said } = await verify(at);
  const { report } = JSON.parse(said) as {
    report: { verdict: string; faults: { first: { code: string; subject: string }[] } };
  };
  expect([code, report.verdict]).toEqual([1, 'INVALID']);
  return report.faults.first.map((fault) => `${fault.code} ${fault.subject}`);
}

function onCopy<T>(work: (at: string) => Promise<T>): Promise<T> {
  return inDirectory(async (at) => {
    cpSync(folder, at, { recursive: true });
    return work(at);
  });
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  writeFileSync(path, bytes);
}

describe('an export of the ledger', () => {
  it('is verified whole by a stranger who has the key', async () => {
    const { code, said } = await verify(folder);
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({
      report: {
        verdict: 'UNANCHORED',
        origin: 'log.example/test',
        size: 604,
        entries: 604,
        files: 7,
        writers: 1,
        intents: 2,
        outcomes: 1,
        openIntents: { total: 1, first: [3] },
        faults: { total: 0 },
      },
    });
  });

  it('says how fast, in both languages', async () => {
    let said = '';
    const say = (text: string): void => void (said += text);
    for (const lang of ['en', 'ja']) {
      const args = ['--export', folder, '--key', key, '--lang', lang];
      expect(await runVerifier(args, { out: say, error: say }, {})).toBe(0);
    }
    expect(said).toMatch(/\d entries per second/);
    expect(said).toMatch(/毎秒 \d+ 件/);
  });

  it('tells a reader how to verify it, in both languages', () => {
    const text = readFileSync(join(folder, 'README.txt'), 'utf8');
    expect(text.split(`--export . --key '${key}'`)).toHaveLength(3);
    expect(text).toContain('透明性ログ');
  });

  it.each([
    ['an entry', 'tile/entries/000', 700, ['E_TILE tile/0/000', 'E_ROOT checkpoint']],
    ['a hash', 'tile/0/001', 5, ['E_TILE tile/0/001']],
    ['an upper hash', 'tile/1/000.p/2', 5, ['E_TILE tile/1/000.p/2']],
    ['a length in a bundle', 'tile/entries/001', 1, ['E_TILE tile/entries/001']],
    ['the signature', 'checkpoint', -9, ['E_SIG checkpoint']],
  ])('is refused when a bit of %s is flipped', async (_, path, at, faults) => {
    await onCopy(async (copy) => {
      flip(join(copy, path), at);
      expect(await codesOf(copy)).toEqual(expect.arrayContaining(faults));
    });
  });

  it.each(['tile/0/000', 'tile/entries/002.p/92', 'tile/1/000.p/2'])(
    'is refused when %s is not there',
    async (path) => {
      await onCopy(async (copy) => {
        rmSync(join(copy, path));
        expect(await codesOf(copy)).toEqual([`E_ABSENT ${path}`]);
      });
    },
  );

  it('is refused when a file holds more than the signed size', async () => {
    await onCopy(async (copy) => {
      const path = join(copy, 'tile/entries/002.p/92');
      writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0, 1, 120])]));
      expect(await codesOf(copy)).toEqual(['E_TILE tile/entries/002.p/92']);
    });
  });

  it('is refused when an entry was left out, although its key signed it so', async () => {
    await inDirectory(async (directory) => {
      cpSync(ledger, directory, { recursive: true });
      const entries = await entriesOf(directory);
      entries.splice(300, 1);
      await forgeLog(directory, entries);
      await inDirectory(async (at) => {
        await exportLog(directory, at);
        expect(await codesOf(at)).toEqual(['E_LINK entry 300']);
      });
    });
  });

  it('grows when it is made again, and is then verified whole', async () => {
    await inDirectory(async (directory) => {
      cpSync(ledger, directory, { recursive: true });
      await onCopy(async (copy) => {
        const engine = await openEngine(directory);
        await append(
          engine,
          Array.from({ length: 400 }, () => plain),
        );
        await engine.publish();
        // While the ledger is open: partial tiles of the former size are gone by now.
        const { size, written } = await exportLog(directory, copy);
        await engine.close();
        expect(size).toBe(1_005);
        expect(written).toBeLessThan(9);
        expect((await verify(copy)).code).toBe(0);
        expect(existsSync(join(copy, 'tile/entries/002'))).toBe(true);
      });
    });
  });

  it('does not write over the files of somebody else', async () => {
    await inDirectory(async (other) => {
      writeFileSync(join(other, 'letter.txt'), 'dear');
      await expect(exportLog(ledger, other)).rejects.toMatchObject({ code: 'export_taken' });
    });
  });

  it('is refused without a key, and with that of another log', async () => {
    expect((await verify(folder, 'nonsense')).code).toBe(2);
    const other = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect((await verify(folder, other)).code).toBe(1);
    expect((await verify(join(folder, 'nowhere'))).code).toBe(2);
    expect((await verify(folder, key, ['--tile', 'x', '--path', 'tile/0/000'])).code).toBe(2);
  });

  it('needs no file system: a function that reads is enough', async () => {
    const files = new Map<string, Uint8Array>();
    const read = async (path: string): Promise<Uint8Array | undefined> => {
      const file = join(folder, path);
      if (existsSync(file)) files.set(path, new Uint8Array(readFileSync(file)));
      return files.get(path);
    };
    const report = await verifyExport(read, { verifierKeys: [key] });
    expect([report.verdict, files.size]).toEqual(['UNANCHORED', 8]);
  });
});

describe('sekisho ledger export', () => {
  it('writes the folder, says what it wrote, and keeps its exit codes', async () => {
    await inDirectory(async (to) => {
      const run = async (...args: readonly string[]) => {
        let said = '';
        const say = (text: string): void => void (said += text);
        const terminal = { language: 'en', version: '0', out: say, error: say } as const;
        return { code: await ledgerCommand.run(args, terminal), said };
      };
      const data = ['--data', join(made.path, 'data')];
      const { code, said } = await run('export', '--to', to, ...data);
      expect([code, said.includes('604 entries, 7 new files')]).toEqual([0, true]);
      expect((await run('export', '--to', made.path, ...data)).code).toBe(1);
      expect((await run('export', ...data)).code).toBe(2);
      expect((await run('import', '--to', to, ...data)).code).toBe(2);
      expect((await run('export', '--to', to, '--data', to)).code).toBe(2);
      expect((await run('--help')).code).toBe(0);
    });
  });
});
