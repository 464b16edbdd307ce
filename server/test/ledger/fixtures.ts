import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, nodeDisk, silentLog } from '#base';
import { type Draft, stateDraft } from '../../src/ledger/draft.ts';
import {
  type AppendResult,
  Engine,
  type EnginePlace,
  type Sequenced,
} from '../../src/ledger/engine.ts';
import { openLocalStorage } from '../../src/ledger/local/local-storage.ts';
import { RootKey } from '../../src/ledger/root-key.ts';
import type { LogPlace } from '../../src/ledger/recovery.ts';

export const origin = 'log.example/test';
export const startMs = Date.UTC(2026, 10, 24, 12);

/** A directory that is gone when the test is over. */
export function temporaryDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'sekisho-ledger-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const { path, remove } = temporaryDirectory();
  try {
    return await work(path);
  } finally {
    remove();
  }
}

/** A log in files and SQLite. */
export function localPlace(directory: string, disk: Disk = nodeDisk): LogPlace {
  const openStorage: LogPlace['openStorage'] = () => openLocalStorage(disk, directory, origin);
  return { directory, originName: origin, disk, openStorage, log: silentLog };
}

/** POST_QUANTUM=1 runs the tests of the engine with a second line on each checkpoint. */
const secondLine = process.env['POST_QUANTUM'] === '1';
/** Entries the log itself has written before anybody else can. */
export const ownEntries: number = secondLine ? 2 : 1;

export function openEngine(
  directory: string,
  nowMs: number = startMs,
  more: Partial<EnginePlace> = {},
): Promise<Engine> {
  const place = { ...localPlace(directory, more.disk), holdBack: false, postQuantum: secondLine };
  return Engine.open({ ...place, ...more }, nowMs);
}

/** The root key of a ledger folder, as whoever can read its file has it. */
export function rootKeyOf(directory: string): RootKey {
  return new RootKey(readFileSync(join(directory, 'keys', 'root.key')));
}

export function intent(text: string, more: Partial<Draft> = {}): Draft {
  return {
    type: 'intent',
    decision: 'allow',
    evidenceClass: 'r1',
    refs: {},
    fields: {
      'actor.id': 'key-7',
      'client.ip': '192.0.2.7',
      'request.messages': [{ role: 'user', content: text }],
      'request.params': { temperature: 0.5 },
    },
    ...more,
  };
}

export function outcome(intentLeaf: string, text: string, more: Partial<Draft> = {}): Draft {
  return {
    type: 'outcome',
    decision: 'allow',
    evidenceClass: 'r1',
    end: 'complete',
    refs: { intent: intentLeaf },
    fields: { 'response.delivered': text, usage: { inputTokens: 3, outputTokens: 5 } },
    ...more,
  };
}

/** An entry with nothing sealed: the cheapest there is. */
export const plain: Draft = {
  type: 'incident',
  decision: 'allow',
  evidenceClass: 'r1',
  refs: {},
  fields: {},
};

/** Appends one request that must be accepted. */
export async function append(
  engine: Engine,
  drafts: readonly Draft[],
  nowMs: number = startMs,
): Promise<readonly Sequenced[]> {
  const [result] = await engine.append([drafts.map(stateDraft)], nowMs);
  return accepted(result);
}

export function accepted(result: AppendResult | undefined): readonly Sequenced[] {
  if (result === undefined || 'error' in result) throw result?.error ?? new Error('no result');
  return result.sequenced;
}

/** Every file under a folder, by its path within it. */
export function filesUnder(folder: string): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), readFileSync(path));
  }
  return files;
}
