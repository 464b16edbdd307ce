import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '@sekisho/proof';
import type { Sequenced } from '../../src/ledger/engine.ts';
import { buildLedger } from './built-ledger.ts';
import { inDirectory, openEngine, origin, temporaryDirectory } from './fixtures.ts';

const built = temporaryDirectory();
let script = '';

/**
 * Opens the ledger in its worker, appends in several flows at once, and says what was acknowledged.
 */
const writer = (ledger: string): string => `
  import { writeSync } from 'node:fs';
  import { openLedger } from ${JSON.stringify(ledger)};
  const [directory, flows, rounds] = process.argv.slice(2);
  // Synchronous, so that what was said before a kill has been said.
  const say = (value) => writeSync(1, JSON.stringify(value) + '\\n');
  const log = { info() {}, warn() {}, error() {} };
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  try {
    const ledger = await openLedger({
      directory, originName: ${JSON.stringify(origin)}, checkpointMs: 20, clock, log,
    });
    say({ opened: ledger.verifierKey });
    const base = { decision: 'allow', evidenceClass: 'r1', refs: {} };
    const flow = async (number) => {
      for (let i = 0; i < Number(rounds); i++) {
        const text = 'flow ' + number + ' round ' + i;
        const [open] = await ledger.append([
          { ...base, type: 'intent', fields: { 'request.messages': text, 'actor.id': 'key' } },
        ]);
        say({ intent: open, text });
        const [last] = await ledger.append([
          { ...base, type: 'outcome', end: 'complete', refs: { intent: open.leafHash },
            fields: { 'response.delivered': text } },
        ]);
        say({ outcome: last, intentId: open.id });
      }
    };
    await Promise.all(Array.from({ length: Number(flows) }, (_, i) => flow(i)));
    const [newest] = await ledger.passages({ limit: 1 });
    say({ receipt: await ledger.receipt(newest.id, { groups: ['ops', 'content'] }) });
    await ledger.close();
    say({ closed: true });
  } catch (error) {
    say({ error: error.code });
  }`;

interface Said {
  readonly opened?: string;
  readonly intent?: Sequenced;
  readonly text?: string;
  readonly outcome?: Sequenced;
  readonly intentId?: string;
  readonly receipt?: string;
  readonly closed?: true;
  readonly error?: string;
}

beforeAll(() => {
  const folder = join(built.path, 'built');
  mkdirSync(folder);
  script = join(folder, 'writer.mjs');
  writeFileSync(script, writer(buildLedger(folder)));
});
afterAll(() => built.remove());

function start(
  directory: string,
  flows: number,
  rounds: number,
): { child: ChildProcess; said: Promise<Said[]>; first: Promise<Said> } {
  const child = spawn(process.execPath, [script, directory, String(flows), String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Said[] = [];
  let onFirst: (line: Said) => void = () => {};
  const first = new Promise<Said>((resolve) => (onFirst = resolve));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(JSON.parse(line) as Said);
    onFirst(lines[0]);
  });
  const said = new Promise<Said[]>((resolve) => reader.on('close', () => resolve(lines)));
  return { child, said, first };
}

describe('the ledger in its own thread', () => {
  it('records, answers and closes as compiled, and lets no second process in meanwhile', async () => {
    await inDirectory(async (directory) => {
      const one = start(directory, 8, 60);
      expect((await one.first).opened).toMatch(/^log\.example\/test\+[0-9a-f]{8}\+/);
      const two = await start(directory, 1, 1).said;
      expect(two).toEqual([{ error: 'in_use' }]);
      const said = await one.said;
      expect(said.filter((line) => line.intent !== undefined)).toHaveLength(480);
      expect(said.filter((line) => line.outcome !== undefined)).toHaveLength(480);
      expect(said.at(-1)).toEqual({ closed: true });
      const { receipt } = said.at(-2)!;
      const report = await verifyReceipt(receipt!, { verifierKeys: [said[0].opened!] });
      expect(report.verdict).toBe('UNANCHORED');
      const engine = await openEngine(directory);
      expect(engine.published!.size).toBe(961);
      await engine.close();
    });
  });

  it('keeps every acknowledged entry when it is killed in the middle of its work', async () => {
    await inDirectory(async (directory) => {
      const acknowledged: Said[] = [];
      for (const [round, delayMs] of [0, 15, 40, 75, 130, 210, 300].entries()) {
        const { child, said, first } = start(directory, 1 + round * 5, 100_000);
        expect((await first).opened).toBeDefined();
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        child.kill('SIGKILL');
        acknowledged.push(...(await said));
        if (round % 2 === 0) await expectAll(directory, acknowledged);
      }
      const intents = acknowledged.filter((line) => line.intent !== undefined);
      expect(intents.length).toBeGreaterThan(20);
      await expectAll(directory, acknowledged);
    });
  }, 120_000);
});

async function expectAll(directory: string, acknowledged: readonly Said[]): Promise<void> {
  const engine = await openEngine(directory, Date.now());
  const outcomes = new Map(
    acknowledged.flatMap((line) => (line.outcome ? [[line.intentId!, line.outcome]] : [])),
  );
  const indexes = new Set<number>();
  for (const { intent, text } of acknowledged) {
    if (intent === undefined) continue;
    const passage = (await engine.passage(intent.id, { content: true }))!;
    expect(passage).toMatchObject({
      intentIndex: intent.index,
      leafHashes: { intent: intent.leafHash },
      intentFields: { 'request.messages': text },
      contentState: 'PRESENT',
    });
    const outcome = outcomes.get(intent.id);
    if (outcome === undefined) {
      // Not acknowledged: either it was recorded all the same, or the start ended the exchange.
      expect(['complete', 'interrupted']).toContain(passage.end);
    } else {
      expect(passage).toMatchObject({ outcomeIndex: outcome.index, end: 'complete' });
      expect(passage.leafHashes.outcome).toBe(outcome.leafHash);
    }
    for (const index of [passage.intentIndex, passage.outcomeIndex!]) {
      expect(indexes.has(index)).toBe(false);
      indexes.add(index);
    }
  }
  await engine.close();
}
