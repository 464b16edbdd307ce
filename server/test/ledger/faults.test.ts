import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeBase64, rootOf } from '@sekisho/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLedger } from '../../src/ledger/fsck.ts';
import { leafHashOf } from '../../src/ledger/record.ts';
import { buildLedger } from './built-ledger.ts';
import {
  append,
  inDirectory,
  intent,
  openEngine,
  origin,
  outcome,
  plain,
  temporaryDirectory,
} from './fixtures.ts';
import { entriesOf } from './forged-log.ts';

const run = promisify(execFile);
const isSlow = process.env['SLOW'] === '1';
const built = temporaryDirectory();
/** A log just before its first full tile, with sealed fields and an open exchange. */
const template = join(built.path, 'template');
const script = join(built.path, 'built', 'appender.mjs');

/**
 * Appends and publishes in one thread, so that the n-th system call of a run is that of the next
 * run too, and says what was acknowledged, synchronously: what was said before a kill was said.
 */
const appender = (dist: string): string => `
  import { writeSync } from 'node:fs';
  import { Engine } from ${JSON.stringify(`${dist}/ledger/engine.js`)};
  import { stateDraft } from ${JSON.stringify(`${dist}/ledger/draft.js`)};
  import { openLocalStorage } from ${JSON.stringify(`${dist}/ledger/local/local-storage.js`)};
  import { nodeDisk } from ${JSON.stringify(`${dist}/base/index.js`)};
  const say = (value) => writeSync(1, JSON.stringify(value) + '\\n');
  const log = { info() {}, warn() {}, error() {} };
  const base = { decision: 'allow', evidenceClass: 'r1', refs: {}, fields: {} };
  const intent = { ...base, type: 'intent', fields: { 'request.messages': 'a question' } };
  const outcome = { ...base, type: 'outcome', end: 'complete', refs: { intent: '#0' },
    fields: { 'response.delivered': 'an answer' } };
  const add = async (drafts) => {
    const [result] = await engine.append([drafts.map(stateDraft)], Date.now());
    say({ acknowledged: result.sequenced });
  };
  const publish = async () => {
    await engine.publish();
    say({ published: engine.published.note });
  };
  let engine;
  try {
    say({ ready: true });
    const [, , directory] = process.argv;
    const originName = ${JSON.stringify(origin)};
    const openStorage = () => openLocalStorage(nodeDisk, directory, originName);
    const place = { directory, originName, disk: nodeDisk, openStorage, holdBack: false, log };
    engine = await Engine.open(place, Date.now());
    say({ published: engine.published.note });
    for (let round = 0; round < 4; round++) {
      await add([intent, outcome]);
      await add([intent]);
      await publish();
    }
    await engine.close();
    say({ closed: true });
  } catch (error) {
    say({ error: error.code ?? String(error) });
    try {
      if (error.name === 'LedgerError' && engine !== undefined) await add([intent]);
    } catch {}
    process.exit(1);
  }`;

beforeAll(async () => {
  const folder = join(built.path, 'built');
  mkdirSync(folder);
  buildLedger(folder);
  writeFileSync(script, appender(join(folder, 'dist')));
  const engine = await openEngine(template);
  await append(engine, [intent('a'), outcome('#0', 'b')]);
  await append(
    engine,
    Array.from({ length: 249 }, () => plain),
  );
  await append(engine, [intent('open')]);
  await engine.close();
}, 120_000);
afterAll(() => built.remove());

interface Said {
  readonly ready?: true;
  readonly acknowledged?: readonly { readonly index: number; readonly leafHash: string }[];
  readonly published?: string;
  readonly closed?: true;
  readonly error?: string;
}

interface Ended {
  readonly said: readonly Said[];
  /** Null when a signal ended it. */
  readonly code: number | null;
}

async function runAppender(directory: string, command: readonly string[]): Promise<Ended> {
  const [program, ...args] = [...command, process.execPath, script, directory];
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const ended = await run(program, args, { env, maxBuffer: 1 << 24 }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string; code: unknown }) => ({
      stdout: error.stdout,
      code: typeof error.code === 'number' ? error.code : null,
    }),
  );
  const lines = ended.stdout.split('\n').filter((line) => line.endsWith('}'));
  return { said: lines.map((line) => JSON.parse(line) as Said), code: ended.code };
}

/** What must hold after any fault, once the ledger has been opened again. */
async function expectWhole(directory: string, { said }: Ended, what: string): Promise<void> {
  const engine = await openEngine(directory, Date.now());
  await append(engine, [intent('after the fault'), outcome('#0', 'all is well')], Date.now());
  await engine.close();
  const leaves = (await entriesOf(directory)).map((entry) => leafHashOf(entry));
  const indexes = new Set<number>();
  for (const { index, leafHash } of said.flatMap((line) => line.acknowledged ?? [])) {
    expect(leaves[index]?.toString('base64url'), `${what}: entry ${index}`).toBe(leafHash);
    expect(indexes.has(index), `${what}: index ${index} twice`).toBe(false);
    indexes.add(index);
  }
  for (const note of said.flatMap((line) => line.published ?? [])) {
    const [, size = '', root = ''] = note.split('\n');
    const now = encodeBase64(await rootOf(leaves.slice(0, Number(size))));
    expect(now, `${what}: checkpoint of ${size}`).toBe(root);
  }
  const check = await checkLedger(directory, { seals: 'all' });
  expect(check.findings.first, what).toEqual([]);
}

// No trace shows a writev: Node makes one of several buffers only, and we write one.
const calls = ['write', 'pwrite64', 'fdatasync', 'fsync', 'rename', 'openat'] as const;
type Call = (typeof calls)[number];
const faults = ['signal=KILL', 'error=EIO', 'error=ENOSPC'] as const;

/** How many of each are tried in a short run. */
const ofEach: Readonly<Record<(typeof faults)[number], number>> = {
  'signal=KILL': 3,
  'error=EIO': 2,
  'error=ENOSPC': 1,
};

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=fsync', 'true']);
    return true;
  } catch {
    return false;
  }
}

/** The system calls of a run without faults. */
interface Trace {
  /** Of every thread, each call where it ended. */
  readonly lines: readonly string[];
  /** By call and thread, since a fault is counted in each thread on its own. */
  readonly threads: ReadonlyMap<Call, readonly ThreadCalls[]>;
}

interface ThreadCalls {
  /** The one that runs the ledger; the other one syncs, and opens files, for it. */
  readonly isMain: boolean;
  /** How many came before the ledger was opened. */
  readonly before: number;
  readonly lines: readonly string[];
}

async function record(directory: string): Promise<Trace> {
  const file = join(built.path, 'trace');
  const traced = `trace=${calls.join(',')}`;
  const strace = ['strace', '-f', '-y', '-s', '40', '-o', file, '-e', traced];
  const { code } = await runAppender(directory, strace);
  expect(code).toBe(0);
  const all = wholeCalls(readFileSync(file, 'utf8').split('\n'));
  const start = all.findIndex((line) => line.includes('ready'));
  expect(start).toBeGreaterThan(0);
  const main = threadOf(all[start]);
  const threads = [...new Set(all.map(threadOf))];
  return {
    lines: all.slice(start),
    threads: new Map(
      calls.map((call) => [
        call,
        threads.map((thread) => {
          const isOne = (line: string): boolean =>
            threadOf(line) === thread && line.includes(` ${call}(`);
          const before = all.slice(0, start).filter(isOne).length;
          return { isMain: thread === main, before, lines: all.filter(isOne) };
        }),
      ]),
    ),
  };
}

function threadOf(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

/** A call that another thread interrupted is written in two halves. */
function wholeCalls(lines: readonly string[]): string[] {
  const begun = new Map<string, string>();
  return lines.flatMap((line) => {
    const thread = threadOf(line);
    if (line.endsWith(' <unfinished ...>')) {
      begun.set(thread, line.slice(0, -' <unfinished ...>'.length));
      return [];
    }
    const rest = /^\d+ +<\.\.\. \w+ resumed>(.*)$/.exec(line)?.[1];
    return rest === undefined ? [line] : [`${begun.get(thread) ?? ''}${rest}`];
  });
}

/** Starts from nothing, where keys are made, or from a log before its first full tile. */
const starts = ['empty', 'grown'] as const;

async function fromStart<T>(
  start: (typeof starts)[number],
  work: (directory: string) => Promise<T>,
): Promise<T> {
  return inDirectory(async (directory) => {
    if (start === 'grown') cpSync(template, directory, { recursive: true });
    return work(directory);
  });
}

/** At most `wanted` numbers of each thread, evenly from its range, with both ends. */
function sample(threads: readonly ThreadCalls[], wanted: number): readonly number[] {
  const numbers = threads.flatMap(({ before, lines: { length: all } }) => {
    const count = all - before;
    if (wanted === 1 && count > 0) return [before + Math.ceil(count / 2)];
    if (count <= wanted) return Array.from({ length: count }, (_, i) => before + 1 + i);
    return Array.from({ length: wanted }, (_, i) =>
      Math.round(before + 1 + (i * (count - 1)) / (wanted - 1)),
    );
  });
  return [...new Set(numbers)];
}

/**
 * SQLite syncs the folder of a journal it has made, and by design goes on when that fails: here
 * that is the making of a database, before anything is acknowledged.
 */
function isFolderOfDatabase({ threads }: Trace, when: number): boolean {
  const syncs = threads.get('fsync')!;
  const isJournal = (line = ''): boolean => /-(journal|wal)>/.test(line);
  return syncs.every(({ isMain, lines }) =>
    isMain
      ? isJournal(lines[when - 2]) && !/\.\w+(-\w+)?>/.test(lines[when - 1] ?? '')
      : lines.length < when,
  );
}

describe('a fault at a system call', () => {
  const isHere = hasStrace();
  const reason = 'strace cannot be used here, so no fault was injected into system calls';
  const traces = new Map<string, Trace>();

  beforeAll(async () => {
    if (!isHere) return;
    for (const start of starts) {
      traces.set(start, await fromStart(start, (directory) => record(directory)));
    }
  });

  it('is preceded by a sync: what is acknowledged was synced, what is renamed too', ({ skip }) => {
    if (!isHere) skip(reason);
    for (const { lines } of traces.values()) {
      let isSynced = false;
      const sealed = new Set<string>();
      let renamed: string | undefined;
      let acknowledgements = 0;
      for (const line of lines) {
        if (/ fdatasync\(\d+<[^>]*\/wal\/entries\.wal>\)/.test(line)) isSynced = true;
        const kind = / f(?:data)?sync\(\d+<[^>]*\/(?:payload\/.*(seg)|vault\.(wal))>\)/.exec(line);
        if (kind !== null) sealed.add(kind[1] ?? kind[2]);
        // An entry is written only when its blobs and its keys cannot be lost any more.
        if (/ pwrite64\(\d+<[^>]*\/wal\/entries\.wal>/.test(line)) {
          if (acknowledgements > 0) expect([...sealed].toSorted(), line).toEqual(['seg', 'wal']);
          sealed.clear();
        }
        renamed = / rename\("[^"]*", "([^"]*)"/.exec(line)?.[1] ?? renamed;
        if (/ fsync\(\d+<[^>]*>\)/.test(line) && !/\.\w+>/.test(line)) renamed = undefined;
        if (line.includes('acknowledged')) {
          expect(isSynced, line).toBe(true);
          acknowledgements++;
          isSynced = false;
        }
        // A checkpoint is shown only after the rename that published it is on disk.
        if (line.includes('published')) expect(renamed, line).toBeUndefined();
      }
      expect(acknowledgements).toBe(8);
    }
  });

  for (const start of starts) {
    for (const call of calls) {
      it(`of ${call} loses nothing acknowledged, in a log that is ${start}`, async ({ skip }) => {
        if (!isHere) skip(reason);
        const threads = traces.get(start)!.threads.get(call)!;
        expect(threads.some(({ before, lines }) => lines.length > before)).toBe(true);
        for (const fault of faults) {
          // The ends of the range and its middle; every single call when there is time.
          for (const when of sample(threads, isSlow ? 1_000 : ofEach[fault])) {
            const what = `${call} number ${when} ${fault}`;
            await fromStart(start, async (directory) => {
              const inject = `inject=${call}:${fault}:when=${when}`;
              // Faster, but a signal is then not delivered (strace 6.1).
              const filter = fault === 'signal=KILL' ? [] : ['--seccomp-bpf'];
              const quiet = ['-f', ...filter, '-o', '/dev/null', '-e', `trace=${call}`];
              const ended = await runAppender(directory, ['strace', ...quiet, '-e', inject]);
              const at = ended.said.findIndex((line) => line.error !== undefined);
              const after = at === -1 ? [] : ended.said.slice(at + 1);
              expect(after, `${what}: went on after a failure`).toEqual([]);
              // A sync or rename that failed is not tried again: the process ends.
              const isOurs = ['fdatasync', 'fsync', 'rename'].includes(call);
              if (isOurs && !(call === 'fsync' && isFolderOfDatabase(traces.get(start)!, when))) {
                expect(ended.code, `${what}: ended as if nothing had been`).not.toBe(0);
              }
              await expectWhole(directory, ended, what);
            });
          }
        }
      }, 1_800_000);
    }
  }
});

describe('a write that is cut short by the operating system', () => {
  it('leaves a log that opens with everything acknowledged', async ({ skip }) => {
    if (process.platform === 'win32') skip('there is no limit of the file size to set here');
    const size = (directory: string): number =>
      readFileSync(join(directory, 'wal/entries.wal')).length;
    const kilobytes = Math.ceil(size(template) / 1_024);
    for (const more of isSlow ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 3, 7]) {
      await fromStart('grown', async (directory) => {
        // Databases and tiles are smaller, so the limit meets the write-ahead file in mid-batch.
        const limited = ['bash', '-c', `ulimit -f ${kilobytes + more}; exec "$@"`, 'bash'];
        const ended = await runAppender(directory, limited);
        expect(ended.code).not.toBe(0);
        expect(ended.said.some((line) => line.closed)).toBe(false);
        await expectWhole(directory, ended, `${kilobytes + more} kB`);
      });
    }
  });
});

describe('the write-ahead file', () => {
  /** Small, so that every byte of it can be met: a batch of three and a batch of one. */
  const small = join(built.path, 'small');
  const file = 'wal/entries.wal';
  let bytes: Buffer;

  beforeAll(async () => {
    const engine = await openEngine(small);
    await append(engine, [plain]);
    await engine.close();
    bytes = readFileSync(join(small, file));
  });

  /** @returns the code of the refusal, or undefined when the ledger opened with all its entries */
  async function refusalOf(directory: string): Promise<string | undefined> {
    try {
      const engine = await openEngine(directory, Date.now());
      const { size } = engine.published!;
      await engine.abandon();
      return size === 2 ? undefined : `size ${size}`;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  const step = isSlow ? 1 : 7;
  const refusals = ['damaged', 'rolled_back'];

  it('cut at any byte is refused, and not a byte more is lost', async () => {
    await inDirectory(async (directory) => {
      cpSync(small, directory, { recursive: true });
      for (let cut = 0; cut < bytes.length; cut += step) {
        writeFileSync(join(directory, file), bytes.subarray(0, cut));
        expect(refusals, `cut at ${cut}`).toContain(await refusalOf(directory));
        expect(readFileSync(join(directory, file))).toHaveLength(cut);
      }
    });
  });

  it('with a bit flipped in any byte is refused', async () => {
    await inDirectory(async (directory) => {
      cpSync(small, directory, { recursive: true });
      for (let at = 0; at < bytes.length; at += step) {
        const flipped = Buffer.from(bytes);
        flipped[at] ^= 1 << (at % 8);
        writeFileSync(join(directory, file), flipped);
        expect(refusals, `byte ${at}`).toContain(await refusalOf(directory));
      }
      writeFileSync(join(directory, file), bytes);
      expect(await refusalOf(directory)).toBeUndefined();
    });
  });

  it('that is gone is refused, where a checkpoint was signed', async () => {
    await inDirectory(async (directory) => {
      cpSync(small, directory, { recursive: true });
      rmSync(join(directory, file));
      expect(refusals).toContain(await refusalOf(directory));
      expect(existsSync(join(directory, 'tile/checkpoint'))).toBe(true);
    });
  });
});
