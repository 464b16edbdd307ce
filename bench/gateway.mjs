// What the checkpoint costs beside its peers: one scripted model behind each of them, one run, so
// that ratios hold where absolute figures do not. Each case is measured in rounds that go through
// all targets in turn; printed are medians and, in brackets, the lowest and the highest round.
// usage: npm run bench [-- CASE...], of chats, streams, paced, held, keys, rules (all of
// them when none is named) and million. BENCH_SECONDS is the length of a round, BENCH_EXCHANGES how
// many the last of them makes. Peers that `npm run bench:peers` installed, and nginx when it is
// there, take part.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, load, requestBytes } from './gateway/load.mjs';
import { medianOf, printRatios, printRounds } from './gateway/table.mjs';
import * as targets from './gateway/targets.mjs';
import { cpuBetween, family, residentMb, threadTimes } from './gateway/usage.mjs';

const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const rounds = 3;
const question = `Please summarise this notice. ${'The office is open on weekdays. '.repeat(27)}`;
const parsed = 'bare proxy, parsing';
const full = 'Sekisho, all on';

/** Means of the two waits for the disk since the last reading, in milliseconds. */
async function ledgerWaits(target) {
  if (!target.metrics) return () => ({});
  const read = async () => {
    const headers = { authorization: `Bearer ${target.key}` };
    const text = await (await fetch(`${target.url}/metrics`, { headers })).text();
    const of = (name) => Number(new RegExp(`^sekisho_${name} (.+)$`, 'm').exec(text)?.[1] ?? 0);
    return ['intent_wait_seconds', 'ledger_append_seconds'].map((name) => ({
      sum: of(`${name}_sum`),
      count: of(`${name}_count`),
    }));
  };
  const before = await read();
  return async () => {
    const [intent, all] = (await read()).map((now, i) => ({
      sum: now.sum - before[i].sum,
      count: now.count - before[i].count,
    }));
    const others = { sum: all.sum - intent.sum, count: all.count - intent.count };
    const mean = ({ sum, count }) => (sum / count) * 1_000;
    return { intentWait: mean(intent), outcomeWait: mean(others) };
  };
}

/** One round with one target. */
async function measure(target, what) {
  const pids = target.pid === undefined ? [] : family(target.pid);
  const waits = await ledgerWaits(target);
  const before = threadTimes(pids);
  const seen = await load(target.url, { seconds, ...what });
  const cpu = cpuBetween(target.pid, before, threadTimes(pids));
  return {
    ...seen,
    ...(await waits()),
    cpu: cpu.all / seen.count,
    main: cpu.main / seen.count,
    second: target.metrics ? cpu.second / seen.count : Number.NaN,
    perCpuSecond: (seen.count / cpu.all) * 1e6,
    memory: target.pid === undefined ? Number.NaN : residentMb(target.pid),
  };
}

/** What is compiled, connected and cached after so many requests stays so. */
const warmUp = { connections: 32, count: 20_000, seconds: 30 };

async function allRounds(among, whatOf) {
  const results = Object.fromEntries(Object.keys(among).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, target] of Object.entries(among)) {
      results[name].push(await measure(target, whatOf(target)));
    }
  }
  const [direct] = Object.values(results);
  for (const list of Object.values(results)) {
    for (const [i, result] of list.entries()) {
      for (const member of ['p50', 'p99', 'first50', 'first99']) {
        result[`added_${member}`] = result[member] - direct[i][member];
      }
    }
  }
  return results;
}

const ask = (target, stream, text = question) => requestBytes(target, target.key, { stream, text });

const load1 = [
  ['added p50 ms', 'added_p50', 2],
  ['added p99 ms', 'added_p99', 2],
  ['added first byte ms', 'added_first50', 2],
  ['wait for intent ms', 'intentWait', 2],
  ['wait for outcome ms', 'outcomeWait', 2],
];
const load32 = [
  ['per second', 'perSecond', 0],
  ['p50 ms', 'p50', 1],
  ['p99 ms', 'p99', 1],
  ['CPU us each', 'cpu', 0],
  ['its main thread', 'main', 0],
  ['its ledger thread', 'second', 0],
  ['memory MB', 'memory', 0],
];

function compare(results, what) {
  const of = (name, member) => (name in results ? medianOf(results[name], member) : Number.NaN);
  const per = (name) => of(full, 'perCpuSecond') / of(name, 'perCpuSecond');
  return [
    [`${what} a second of its main thread, all on`, 1e6 / of(full, 'main')],
    [`${what} a second of CPU, all on, ledger included`, of(full, 'perCpuSecond')],
    [
      'CPU of the main thread against the bare proxy with parsing',
      of(full, 'main') / of(parsed, 'main'),
    ],
    ['the same with supervision only', of('supervision only', 'main') / of(parsed, 'main')],
    ['requests a second of CPU against Portkey with nothing on', per('Portkey')],
    ['requests a second of CPU against LiteLLM with nothing on', per('LiteLLM')],
  ];
}

async function runLoad(among, stream) {
  const what = stream ? 'streams' : 'chats';
  const shape = stream ? 'streams of 64 events in one turn' : 'small chats, 1 KB in and out';
  for (const target of Object.values(among)) {
    await load(target.url, { ...warmUp, requests: [ask(target, stream)] });
  }
  for (const connections of [1, 32]) {
    const results = await allRounds(among, (target) => ({
      connections,
      requests: [ask(target, stream)],
    }));
    const columns = connections === 1 ? load1 : load32;
    const plural = connections === 1 ? '' : 's';
    printRounds(`${shape}, ${connections} connection${plural}`, results, columns);
    if (connections > 1) printRatios(results, (all) => compare(all, what));
    else process.stdout.write('\n');
  }
}

async function runPaced(among) {
  const results = await allRounds(among, (target) => ({
    connections: 50,
    requests: [ask(target, true, `Slowly. ${question}`)],
  }));
  printRounds('50 paced streams at once, 64 events 10 ms apart', results, [
    ['first byte p50 ms', 'first50', 1],
    ['first byte p99 ms', 'first99', 1],
    ['later than direct, p50', 'added_first50', 2],
    ['later than direct, p99', 'added_first99', 2],
    ['CPU us each', 'cpu', 0],
  ]);
  process.stdout.write('\n');
}

/** So many streams that have begun and do not end. */
async function runHeld(among) {
  const results = {};
  for (const [name, target] of Object.entries(among)) {
    if (target.pid === undefined) continue;
    results[name] = [];
    for (let round = 0; round < rounds; round++) {
      const before = residentMb(target.pid);
      const held = Array.from({ length: 2_000 }, () => new Connection(target.url));
      const bytes = ask(target, true, `Hold. ${question}`);
      const begun = await Promise.allSettled(held.map((connection) => connection.begin(bytes)));
      const open = begun.filter(({ status }) => status === 'fulfilled').length;
      const during = residentMb(target.pid);
      for (const connection of held) connection.close();
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const each = ((during - before) * 1_024) / Math.max(open, 1);
      results[name].push({ before, open, during, each, after: residentMb(target.pid) });
    }
  }
  printRounds('2,000 streams open at once', results, [
    ['open', 'open', 0],
    ['memory before MB', 'before', 0],
    ['with them MB', 'during', 0],
    ['KB a stream', 'each', 1],
    ['2 s after MB', 'after', 0],
  ]);
  process.stdout.write('\n');
}

/** Two checkpoints that differ in one number, in the same rounds. */
async function runFlat(title, made, requestsOf) {
  for (const target of Object.values(made)) {
    await load(target.url, { ...warmUp, requests: requestsOf(target) });
  }
  const results = await allRounds(made, (target) => ({
    connections: 32,
    requests: requestsOf(target),
  }));
  printRounds(title, results, load32);
  const [few, many] = Object.values(results);
  const ratio = (member) => medianOf(many, member) / medianOf(few, member);
  printRatios(results, () => [
    ['CPU of all threads, many against few', ratio('cpu')],
    ['CPU of the main thread, many against few', ratio('main')],
    ['requests a second, many against few', ratio('perSecond')],
  ]);
  for (const target of Object.values(made)) await target.stop();
}

async function runKeys(upstream, directory) {
  const made = {};
  for (const keys of [10, 10_000]) {
    const name = `${keys.toLocaleString('en')} keys`;
    made[name] = await targets.startSekisho(upstream.url, join(directory, `k${keys}`), { keys });
  }
  await runFlat('keys with bounds, each in turn', made, (target) =>
    target.secrets.map((key) => requestBytes(target, key, { stream: false, text: question })),
  );
}

async function runRules(upstream, directory) {
  const made = {};
  for (const rules of [1, 200]) {
    const name = rules === 1 ? '1 rule' : `${rules} rules`;
    made[name] = await targets.startSekisho(upstream.url, join(directory, `r${rules}`), { rules });
  }
  await runFlat('rules of supervision', made, (target) => [ask(target, false)]);
}

/** Whether memory grows: in one process, a million exchanges, or as many as are named. */
async function runMillion(upstream, directory) {
  const all = Number(process.env.BENCH_EXCHANGES ?? 1_000_000);
  const target = await targets.startSekisho(upstream.url, join(directory, 'million'));
  process.stdout.write(`${all.toLocaleString('en')} small chats in one process\n`);
  const step = Math.ceil(all / 10);
  for (let done = step; done <= all; done += step) {
    const what = { connections: 32, requests: [ask(target, false)], seconds: 3_600 };
    const { perSecond } = await load(target.url, { ...what, count: step });
    const memory = residentMb(target.pid).toFixed(0);
    process.stdout.write(`  ${done}: ${memory} MB, ${perSecond.toFixed(0)} a second\n`);
  }
  await target.stop();
}

async function startAll(upstream, directory) {
  const started = {
    direct: { url: upstream.url, key: 'none', stop: () => undefined },
    'bare proxy': await targets.startOwn('proxies.mjs', 'bare', upstream.url),
    [parsed]: await targets.startOwn('proxies.mjs', 'parsing', upstream.url),
    nginx: await targets.startNginx(upstream.url, join(directory, 'nginx')),
    'supervision only': await targets.startOwn('supervision-only.mjs', upstream.url),
    [full]: await targets.startSekisho(upstream.url, join(directory, 'full')),
    Portkey: await targets.startPortkey(upstream.url),
    LiteLLM: await targets.startLiteLlm(upstream.url, join(directory, 'litellm')),
  };
  const among = {};
  for (const [name, target] of Object.entries(started)) {
    if (target === undefined) process.stdout.write(`${name} is not here\n`);
    else among[name] = target;
  }
  return among;
}

async function main() {
  const wanted = process.argv.slice(2);
  const wants = (name) => wanted.includes(name) || (wanted.length === 0 && name !== 'million');
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
  const upstream = await targets.startOwn('upstream.mjs');
  process.stdout.write(
    `${availableParallelism()} cores, Node ${process.versions.node}, ${rounds} rounds of ${seconds} s, ` +
      `medians (lowest to highest), load ${loadavg()[0].toFixed(1)} before\n`,
  );
  if (['chats', 'streams', 'paced', 'held'].some(wants)) {
    const among = await startAll(upstream, directory);
    process.stdout.write('\n');
    if (wants('chats')) await runLoad(among, false);
    if (wants('streams')) await runLoad(among, true);
    if (wants('paced')) await runPaced(among);
    if (wants('held')) await runHeld(among);
    for (const target of Object.values(among)) await target.stop();
  }
  if (wants('keys')) await runKeys(upstream, directory);
  if (wants('rules')) await runRules(upstream, directory);
  if (wants('million')) await runMillion(upstream, directory);
  await upstream.stop();
  rmSync(directory, { recursive: true, force: true });
}

await main();
