// Durable entries per second of the ledger at 1, 16, 128 and 512 in flight, against bare files that
// take the same bytes in groups: one file with one sync for each group, which is the least that
// promises the same durability, and three files synced one after the other, as the ledger does with
// sealed fields, keys and entries. All run on the same disk in turns within one run; only the
// ratios mean anything. usage: npm run bench ledger
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../server/dist/base/index.js';
import { openLedger } from '../server/dist/ledger/index.js';

const roundMs = Number(process.env.BENCH_SECONDS ?? 3) * 1_000;
const rounds = 3;
const flights = [1, 16, 128, 512];
const question = 'Please summarise this notice. The office is open on weekdays. '.repeat(24);

/**
 * Group commit and nothing else: what arrives while a group is synced forms the next one.
 * @param bytes of one append, shared out among the files
 */
function openBare(path, { bytes, files }) {
  const part = Buffer.alloc(Math.ceil(bytes / files), 'x');
  const fds = Array.from({ length: files }, (_, i) => openSync(`${path}-${i}`, 'w'));
  let waiting = [];
  const commit = () => {
    const group = waiting;
    waiting = [];
    for (const fd of fds) {
      writeSync(fd, Buffer.concat(group.map(() => part)));
      fdatasyncSync(fd);
    }
    for (const resolve of group) resolve();
  };
  return {
    append: () =>
      new Promise((resolve) => {
        if (waiting.push(resolve) === 1) setImmediate(commit);
      }),
    close: async () => fds.forEach((fd) => closeSync(fd)),
  };
}

/** What one entry costs on disk before it is acknowledged, its keys and sealed fields included. */
async function bytesPerEntry(folder) {
  const path = join(folder, 'sample');
  const ledger = await openReal(path);
  const sample = 2_000;
  await Promise.all(Array.from({ length: sample }, () => ledger.append()));
  await ledger.close();
  const sizeOf = (name) => statSync(join(path, name)).size;
  const payloads = readdirSync(join(path, 'payload')).map((name) => `payload/${name}`);
  const files = ['wal/entries.wal', 'vault.db', ...payloads];
  return Math.round(files.reduce((sum, name) => sum + sizeOf(name), 0) / sample);
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

/** CPU microseconds by thread, or nothing where the system does not tell. */
function threadTimes() {
  const tasks = '/proc/self/task';
  if (!existsSync(tasks)) return new Map();
  const time = (id) => Number(readFileSync(join(tasks, id, 'schedstat'), 'utf8').split(' ')[0]);
  return new Map(readdirSync(tasks).map((id) => [id, time(id) / 1_000]));
}

/** What the busiest thread besides this one took up meanwhile: of the ledger, its own. */
function busiest(before) {
  const main = String(process.pid);
  const took = [...threadTimes()].map(([id, time]) =>
    id === main ? 0 : time - (before.get(id) ?? 0),
  );
  return Math.max(0, ...took);
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
  const cpuStart = process.cpuUsage();
  const threads = threadTimes();
  await Promise.all(Array.from({ length: inFlight }, flow));
  const { user, system } = process.cpuUsage(cpuStart);
  const other = busiest(threads);
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(share * (latencies.length - 1))];
  return {
    rate: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    cpu: (user + system) / latencies.length,
    thread: other / latencies.length,
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
const say = (text) => process.stdout.write(`${text}\n`);
const names = ['bare1', 'bare3', 'ledger'];
try {
  say(`ledger, durable entries per second; ${cpus().length} CPUs, Node ${process.versions.node}`);
  const bytes = await bytesPerEntry(folder);
  say(`${bytes} bytes an entry, with its keys and sealed fields; the bare files take as many`);
  for (const inFlight of flights) {
    const results = { bare1: [], bare3: [], ledger: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        const path = join(folder, `${name}-${inFlight}-${round}`);
        const files = name === 'bare1' ? 1 : 3;
        const target = name === 'ledger' ? await openReal(path) : openBare(path, { bytes, files });
        results[name].push(await measure(target, inFlight));
        await target.close();
      }
    }
    const of = (name, what) => median(results[name].map((result) => result[what]));
    const ratio = (to) =>
      median(results.ledger.map(({ rate }, i) => rate / results[to][i].rate)).toFixed(3);
    say(
      `${String(inFlight).padStart(4)} in flight: ledger ${of('ledger', 'rate').toFixed(0)}/s ` +
        `(p50 ${of('ledger', 'p50').toFixed(1)} ms, p99 ${of('ledger', 'p99').toFixed(1)} ms, ` +
        `${of('ledger', 'cpu').toFixed(0)} µs of CPU an entry, all threads, and ` +
        `${of('ledger', 'thread').toFixed(0)} µs of it the ledger's own); ` +
        `bare, 1 sync ${of('bare1', 'rate').toFixed(0)}/s, ratio ${ratio('bare1')}; ` +
        `bare, 3 syncs ${of('bare3', 'rate').toFixed(0)}/s, ratio ${ratio('bare3')}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
