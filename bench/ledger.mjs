// Durable entries per second of the ledger at 1, 16 and 128 in flight, against the least that
// promises the same durability: a bare file with one fdatasync for each group of appends. Both run
// on the same disk in turns within one run; only the ratio means anything. usage: npm run bench
// ledger
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../server/dist/base/index.js';
import { openLedger } from '../server/dist/ledger/index.js';

const roundMs = Number(process.env.BENCH_SECONDS ?? 3) * 1_000;
const rounds = 3;
const flights = [1, 16, 128];
/** About one entry of 1 KB with sealed fields of 2 KB. */
const bareBytes = Buffer.alloc(3_072, 'x');
const question = 'Please summarise this notice. The office is open on weekdays. '.repeat(24);

/** Group commit and nothing else: what arrives while a group is synced forms the next one. */
function openBare(path) {
  const fd = openSync(path, 'w');
  let waiting = [];
  const commit = () => {
    const group = waiting;
    waiting = [];
    writeSync(fd, Buffer.concat(group.map(() => bareBytes)));
    fdatasyncSync(fd);
    for (const resolve of group) resolve();
  };
  return {
    append: () =>
      new Promise((resolve) => {
        if (waiting.push(resolve) === 1) setImmediate(commit);
      }),
    close: async () => closeSync(fd),
  };
}

async function openReal(directory) {
  const ledger = await openLedger({
    directory,
    originName: 'bench.example/log',
    checkpointMs: 1_000,
    clock: systemClock,
    log: silentLog,
  });
  const draft = {
    type: 'intent',
    decision: 'allow',
    evidenceClass: 'r1',
    refs: {},
    fields: {
      'actor.id': 'key-0123456789',
      'client.ip': '192.0.2.1',
      'request.messages': [{ role: 'user', content: question }],
      'request.params': { model: 'm', temperature: 0.5 },
      'policy.verdicts': { dataClass: 'internal', decision: 'allow', rules: [], findings: [] },
    },
  };
  return { append: () => ledger.append([draft]), close: () => ledger.close() };
}

async function measure(target, inFlight) {
  const latencies = [];
  const end = performance.now() + roundMs;
  const flow = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await target.append();
      latencies.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, flow));
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(share * (latencies.length - 1))];
  return { rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
const say = (text) => process.stdout.write(`${text}\n`);
try {
  say(`ledger, durable entries per second; ${cpus().length} CPUs, Node ${process.versions.node}`);
  for (const inFlight of flights) {
    const results = { bare: [], ledger: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of ['bare', 'ledger']) {
        const path = join(folder, `${name}-${inFlight}-${round}`);
        const target = name === 'bare' ? openBare(path) : await openReal(path);
        results[name].push(await measure(target, inFlight));
        await target.close();
      }
    }
    const of = (name, what) => median(results[name].map((result) => result[what]));
    const ratio = median(results.ledger.map(({ rate }, i) => rate / results.bare[i].rate));
    say(
      `${String(inFlight).padStart(4)} in flight: ledger ${of('ledger', 'rate').toFixed(0)}/s ` +
        `(p50 ${of('ledger', 'p50').toFixed(1)} ms, p99 ${of('ledger', 'p99').toFixed(1)} ms), ` +
        `bare ${of('bare', 'rate').toFixed(0)}/s, ratio ${ratio.toFixed(3)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
