import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { formatPromiseBody } from '@sekisho/proof';
import Libsql from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fsckCommand } from '../../src/cli/fsck.ts';
import { type LedgerCheck, checkLedger } from '../../src/ledger/fsck.ts';
import { type FindingCode, findingTexts } from '../../src/ledger/fsck-findings.ts';
import { loadLogSigner } from '../../src/ledger/key-files.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import {
  append,
  filesUnder,
  inDirectory,
  intent,
  openEngine,
  origin,
  outcome,
  plain,
  temporaryDirectory,
} from './fixtures.ts';
import { entriesOf, forgeLog } from './forged-log.ts';

/** Full and partial tiles, sealed fields, an open exchange. */
const made = temporaryDirectory();
const whole = join(made.path, 'whole');

beforeAll(async () => {
  const engine = await openEngine(whole);
  await append(engine, [intent('a'), outcome('#0', 'b')]);
  await append(
    engine,
    Array.from({ length: 256 }, () => plain),
  );
  await append(engine, [intent('c'), outcome('#0', 'd'), intent('never answered')]);
  await engine.close();
});
afterAll(() => made.remove());

function onCopy<T>(work: (directory: string) => Promise<T>): Promise<T> {
  return inDirectory(async (directory) => {
    cpSync(whole, directory, { recursive: true });
    return work(directory);
  });
}

const check = (directory: string): Promise<LedgerCheck> => checkLedger(directory, { seals: 'all' });

async function codesOf(directory: string): Promise<readonly FindingCode[]> {
  const { findings } = await check(directory);
  return [...new Set(findings.first.map(({ code }) => code))].toSorted();
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  writeFileSync(path, bytes);
}

function onVault(directory: string, statement: string): void {
  const database = new Libsql(join(directory, 'vault.db'));
  database.exec(statement);
  database.close();
}

async function withEntries(directory: string, change: (entries: Buffer[]) => void): Promise<void> {
  const entries = await entriesOf(directory);
  change(entries);
  await forgeLog(directory, entries);
}

/** One way to damage a ledger, and what must be said of it, no more and no less. */
const damage: readonly [
  name: string,
  spoil: (directory: string) => void | Promise<void>,
  codes: readonly FindingCode[],
][] = [
  [
    'a flipped bit in a full hash tile',
    (d) => flip(join(d, 'tile/tile/0/000'), 9),
    ['tile_differs'],
  ],
  [
    'a flipped bit in a partial tile',
    (d) => flip(join(d, 'tile/tile/0/001.p/6'), 9),
    ['tile_differs'],
  ],
  [
    'a flipped bit in an upper tile',
    (d) => flip(join(d, 'tile/tile/1/000.p/1'), 9),
    ['tile_differs'],
  ],
  [
    'a flipped bit in a bundle',
    (d) => flip(join(d, 'tile/tile/entries/000'), 99),
    ['tile_differs'],
  ],
  ['a lost tile', (d) => rmSync(join(d, 'tile/tile/0/000')), ['tile_missing']],
  ['a lost bundle', (d) => rmSync(join(d, 'tile/tile/entries/001.p/6')), ['tile_missing']],
  ['a file too many', (d) => writeFileSync(join(d, 'tile/tile/0/000.p'), 'x'), ['tile_unexpected']],
  [
    'a tile beyond the log',
    (d) => writeFileSync(join(d, 'tile/tile/0/007'), 'x'),
    ['tile_unexpected'],
  ],
  ['a lost checkpoint', (d) => rmSync(join(d, 'tile/checkpoint')), ['checkpoint_missing']],
  [
    'a checkpoint that is none',
    (d) => writeFileSync(join(d, 'tile/checkpoint'), 'x'),
    ['checkpoint_form'],
  ],
  [
    'a flipped bit in the signature',
    (d) => {
      const path = join(d, 'tile/checkpoint');
      const note = readFileSync(path, 'utf8');
      // Another letter of Base64: any other byte would be a fault of the form.
      const letter = note.at(-9) === 'A' ? 'B' : 'A';
      writeFileSync(path, `${note.slice(0, -9)}${letter}${note.slice(-8)}`);
    },
    ['checkpoint_signature'],
  ],
  [
    'another root in the checkpoint',
    (d) => {
      const path = join(d, 'tile/checkpoint');
      const [name, size, , ...rest] = readFileSync(path, 'utf8').split('\n');
      writeFileSync(path, [name, size, `${'A'.repeat(43)}=`, ...rest].join('\n'));
    },
    ['checkpoint_root', 'checkpoint_signature'],
  ],
  ['a lost write-ahead file', (d) => rmSync(join(d, 'wal/entries.wal')), ['wal_missing']],
  ['a flipped bit in an old batch', (d) => flip(join(d, 'wal/entries.wal'), 30), ['wal_damaged']],
  ['a flipped bit in the last batch', (d) => flip(join(d, 'wal/entries.wal'), -9), ['wal_short']],
  [
    'a write-ahead file cut to half',
    (d) => truncateSync(join(d, 'wal/entries.wal'), 70_000),
    ['wal_short'],
  ],
  [
    'a lost end, in the write-ahead file and in the bundles',
    (d) => {
      flip(join(d, 'wal/entries.wal'), -9);
      rmSync(join(d, 'tile/tile/entries/001.p/6'));
    },
    ['checkpoint_size', 'tile_missing', 'tile_unexpected', 'wal_short'],
  ],
  [
    'an entry left out',
    (d) => withEntries(d, (entries) => void entries.splice(100, 1)),
    ['back_link', 'counter'],
  ],
  [
    'an entry written twice',
    (d) => withEntries(d, (entries) => void entries.splice(100, 0, entries[99])),
    ['back_link', 'counter'],
  ],
  [
    'an outcome before its intent',
    (d) => withEntries(d, (entries) => void entries.splice(1, 2, entries[2], entries[1])),
    ['back_link', 'counter', 'outcome_unknown'],
  ],
  [
    'a second outcome for an intent',
    (d) => withEntries(d, (entries) => void entries.push(entries[2])),
    ['back_link', 'counter', 'outcome_again'],
  ],
  [
    'a time that goes back',
    (d) =>
      withEntries(d, (entries) => {
        entries[261] = Buffer.from(String(entries[261]).replace(/"iat":\d+/, '"iat":1'));
      }),
    // The sealed fields are then looked for in the file of another day.
    ['payload_missing', 'time'],
  ],
  [
    'an entry that is not canonical',
    (d) => withEntries(d, (entries) => void entries.push(Buffer.from('{ }'))),
    ['entry_form'],
  ],
  [
    'a flipped bit in sealed fields',
    (d) => flip(join(d, 'payload/2026-11-24.seg'), -9),
    ['payload_differs'],
  ],
  ['lost sealed fields', (d) => rmSync(join(d, 'payload/2026-11-24.seg')), ['payload_missing']],
  ['a lost vault', (d) => rmSync(join(d, 'vault.db')), ['vault_unusable']],
  ['a lost root key', (d) => rmSync(join(d, 'keys/root.key')), ['vault_unusable']],
  ['another root key', (d) => flip(join(d, 'keys/root.key'), 3), ['key_wrong']],
  [
    'a lost record key',
    (d) => onVault(d, 'UPDATE record SET content = NULL WHERE number = 2'),
    ['key_missing'],
  ],
  [
    'a changed record key',
    (d) => onVault(d, 'UPDATE record SET content = zeroblob(60) WHERE number = 2'),
    ['key_missing'],
  ],
  ['a lost signing key', (d) => rmSync(join(d, 'keys/log.key')), ['log_key_unusable']],
  [
    'a commit frame whose root is another, though its checksum is right',
    (directory) => {
      const path = join(directory, 'wal/entries.wal');
      const bytes = readFileSync(path);
      const payload = bytes.subarray(bytes.length - 40);
      payload[39] ^= 1;
      bytes.writeUInt32LE(crc32(payload), bytes.length - 44);
      writeFileSync(path, bytes);
    },
    ['wal_root'],
  ],
];

describe('fsck', () => {
  it('finds nothing wrong in a whole ledger, and counts what is there', async () => {
    expect(await check(whole)).toMatchObject({
      verdict: 'SOUND',
      origin: 'log.example/test',
      entries: 262,
      publishedEntries: 262,
      files: 5,
      writers: 1,
      intents: 3,
      outcomes: 2,
      openIntents: { total: 1, first: [261] },
      findings: { total: 0 },
      unfinishedBatch: false,
    });
    const { sealed } = await check(whole);
    expect(sealed.blobs).toBeGreaterThan(10);
    expect(sealed).toMatchObject({
      sealsOpened: sealed.blobs,
      blobsAbsent: 0,
      keysErased: 0,
      keysMissing: 0,
    });
  });

  it.each(damage)('names %s', async (_, spoil, codes) => {
    await onCopy(async (directory) => {
      await spoil(directory);
      expect(await codesOf(directory)).toEqual(codes);
    });
  });

  it('holds the ledger to each promise it signed', async () => {
    const signer = await loadLogSigner(join(whole, 'keys'), origin, false);
    const promised = (index: number, leafHash: Uint8Array): string =>
      signer.sign(formatPromiseBody({ origin, index, leafHash }));
    const entry = (await entriesOf(whole))[1];
    const notes = {
      kept: promised(1, leafHashOf(entry)),
      'another leaf': promised(1, new Uint8Array(32)),
      'beyond the end': promised(262, new Uint8Array(32)),
      'no promise': signer.sign('text\n'),
    };
    const promises = new Map(Object.entries(notes));
    const { findings } = await checkLedger(whole, { seals: 'all', promises });
    expect(findings.first).toEqual([
      { code: 'promise_form', at: 'no promise' },
      { code: 'promise_broken', at: 'another leaf: entry 1' },
      { code: 'promise_missing', at: 'beyond the end: entry 262' },
    ]);
  });

  it('was shown each kind of damage it has a name for', () => {
    const promises: readonly FindingCode[] = ['promise_broken', 'promise_missing', 'promise_form'];
    const shown = new Set([...damage.flatMap(([, , codes]) => codes), ...promises]);
    const names = Object.keys(findingTexts).filter((code) => !shown.has(code as FindingCode));
    expect(names).toEqual([]);
  });

  it('does not change a byte of the record, and works while the ledger is in use', async () => {
    await onCopy(async (directory) => {
      const engine = await openEngine(directory);
      await append(engine, [intent('under way')]);
      const before = filesUnder(directory);
      expect(await check(directory)).toMatchObject({ verdict: 'SOUND', entries: 264 });
      const after = filesUnder(directory);
      for (const name of ['wal/entries.wal', 'tile/checkpoint', 'vault.db']) {
        expect(after.get(name)!.equals(before.get(name)!), name).toBe(true);
      }
      await append(engine, [plain]);
      await engine.close();
      expect((await check(directory)).verdict).toBe('SOUND');
    });
  });

  it('takes a batch that was never acknowledged for what it is', async () => {
    await onCopy(async (directory) => {
      const engine = await openEngine(directory);
      await append(engine, [plain]);
      await engine.abandon();
      const path = join(directory, 'wal/entries.wal');
      truncateSync(path, readFileSync(path).length - 20);
      expect(await check(directory)).toMatchObject({ verdict: 'SOUND', unfinishedBatch: true });
    });
  });

  it('says what it found in both languages, with an exit code', async () => {
    await inDirectory(async (data) => {
      cpSync(whole, join(data, 'ledger'), { recursive: true });
      const run = async (language: 'en' | 'ja', ...args: readonly string[]) => {
        let said = '';
        const say = (text: string): void => void (said += text);
        const terminal = { language, version: '0', out: say, error: say };
        const code = await fsckCommand.run(['--data', data, ...args], terminal);
        return { code, said };
      };
      const good = await run('en');
      expect([good.code, good.said.split('\n')[0]]).toEqual([
        0,
        'SOUND: the record agrees with itself and with its signed checkpoint.',
      ]);
      expect(good.said).toContain('intents without an outcome: 1 (entries 261)');
      flip(join(data, 'ledger/tile/tile/0/000'), 9);
      const bad = await run('ja');
      expect([bad.code, bad.said.includes('[tile_differs] tile/0/000')]).toEqual([1, true]);
      expect(bad.said).toContain('DAMAGED(損傷あり)');
      expect(JSON.parse((await run('en', '--json')).said)).toMatchObject({ verdict: 'DAMAGED' });
      expect((await run('en', '--data', join(data, 'nothing'))).code).toBe(2);
      expect((await run('en', '--unknown')).code).toBe(2);
      expect((await run('en', '--help')).code).toBe(0);
    });
  });
});
