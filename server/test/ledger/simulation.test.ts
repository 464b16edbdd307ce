import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';

/** The databases do not crash here, so nobody need wait for their syncs. */
const memory = '/dev/shm';
const isSlow = process.env['SLOW'] === '1';
const given = Number(process.env['SEED']);
// The same runs each time, so that a red one is the fault of a change; others when there is time.
const usualSeed = isSlow ? 1 + (Date.now() % 2 ** 31) : 20_261_124;
const firstSeed = Number.isSafeInteger(given) && given > 0 ? given : usualSeed;
const runs = isSlow ? 400 : 8;
const steps = isSlow ? 300 : 120;

async function simulate(seed: number): Promise<Simulation['counts']> {
  const directory = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'sekisho-simulated-'));
  try {
    const simulation = new Simulation(directory, seed);
    await simulation.run(steps);
    return simulation.counts;
  } catch (cause) {
    throw new Error(`again with SEED=${seed}: ${String(cause)}`, { cause });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('a ledger on a disk that crashes', () => {
  it('keeps what it acknowledged, what it signed and what it erased, whatever is done', async () => {
    const seen = { appends: 0, crashes: 0, restarts: 0, orders: 0, checkpoints: 0 };
    for (let run = 0; run < runs; run++) {
      const counts = await simulate(firstSeed + run);
      for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += counts[name];
    }
    // A run in which nothing happens would show nothing.
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(runs);
  }, 3_600_000);
});
