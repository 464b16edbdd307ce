// How the cost of an entry and the memory of the ledger's thread grow with the log. They must not:
// the tree keeps one unfinished tile for each level, and everything older is on disk. Entries
// without sealed fields, so that what is measured is the log; batches of 1,024 and a checkpoint for
// every ten of them. usage: npm run bench ledger-growth [-- 10000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk, silentLog } from '../server/dist/base/index.js';
import { stateDraft } from '../server/dist/ledger/draft.js';
import { Engine } from '../server/dist/ledger/engine.js';
import { openLocalStorage } from '../server/dist/ledger/local/local-storage.js';

const target = Number(process.argv[2] ?? 1_000_000);
const batchEntries = 1_024;
const batchesPerCheckpoint = 10;
const say = (text) => process.stdout.write(`${text}\n`);

const directory = mkdtempSync(join(tmpdir(), 'sekisho-growth-'));
const originName = 'bench.example/growth';
const openStorage = () => openLocalStorage(nodeDisk, directory, originName);
const place = {
  directory,
  originName,
  holdBack: false,
  disk: nodeDisk,
  openStorage,
  log: silentLog,
};
const draft = stateDraft({
  type: 'incident',
  decision: 'allow',
  evidenceClass: 'r1',
  refs: {},
  fields: {},
});
const batch = Array.from({ length: batchEntries }, () => [draft]);

/** 1,000, 3,000, 10,000 and so on. */
function* marks(last) {
  for (let power = 1_000; power <= last; power *= 10) {
    yield power;
    if (3 * power <= last) yield 3 * power;
  }
}

try {
  say(`ledger growth to ${target} entries; ${cpus().length} CPUs, Node ${process.versions.node}`);
  const engine = await Engine.open(place, Date.now());
  let size = 1;
  let batches = 0;
  let first;
  for (const mark of marks(target)) {
    // The stretch from the former mark to this one.
    const start = { size, cpu: process.cpuUsage(), time: performance.now() };
    let inFlight;
    while (size < mark) {
      const next = engine.append(batch, Date.now());
      await inFlight;
      inFlight = next;
      size += batchEntries;
      batches += 1;
      if (batches % batchesPerCheckpoint === 0) await engine.publish();
    }
    await inFlight;
    await engine.publish();
    const { user, system } = process.cpuUsage(start.cpu);
    const entries = size - start.size;
    const cpu = (user + system) / entries;
    first ??= cpu;
    const rate = (entries / (performance.now() - start.time)) * 1_000;
    globalThis.gc?.();
    const megabytes = process.memoryUsage().rss / 1e6;
    say(
      `up to ${String(mark).padStart(8)}: ${cpu.toFixed(1)} µs of CPU an entry, ` +
        `${(cpu / first).toFixed(2)} of the first stretch; ${rate.toFixed(0)}/s; ` +
        `${megabytes.toFixed(0)} MB resident`,
    );
  }
  await engine.close();
  const start = performance.now();
  const again = await Engine.open(place, Date.now());
  say(`start over ${size} entries: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  await again.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
