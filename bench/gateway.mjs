// Requests per second and added latency of the whole path (policy, supervision, ledger) against the
// same upstream behind a bare Node reverse proxy, in one run. Figures of other runs or machines do
// not compare; the ratios do. usage: npm run bench (BENCH_SECONDS a round, 4)
import { fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPolicyYaml } from '../server/dist/policy/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const rounds = 3;
const answer = 'x'.repeat(640);
const question = `Please summarise this notice. ${'The office is open on weekdays. '.repeat(27)}`;

/** The upstream: answers at once, so that what is measured is what stands in front of it. */
function serveUpstream() {
  const usage = { prompt_tokens: 250, completion_tokens: 160, total_tokens: 410 };
  const whole = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: answer }, finish_reason: 'stop' }],
    usage,
  });
  const event = (delta, finish) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'bench', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const stream = [
    ...Array.from({ length: 64 }, () => event({ content: 'ten chars ' }, null)),
    event({}, 'stop'),
    'data: [DONE]\n\n',
  ].join('');
  return createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      if (body.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(stream);
      } else {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(whole);
      }
    });
  });
}

/** The least a reverse proxy in Node can be: keep-alive, pipe in, pipe out. */
function serveBareProxy(target) {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return createServer((request, response) => {
    const { method, url: path, headers } = request;
    const onward = httpRequest({ hostname, port, method, path, headers, agent }, (reply) => {
      response.writeHead(reply.statusCode, reply.headers);
      reply.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
}

const listen = (server) =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

const [role, target] = process.argv.slice(2);
if (role === 'upstream' || role === 'proxy') {
  process.send(await listen(role === 'upstream' ? serveUpstream() : serveBareProxy(target)));
} else {
  await main();
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function child(...args) {
  const started = fork(fileURLToPath(import.meta.url), args);
  return new Promise((resolve) => {
    started.once('message', (url) =>
      resolve({ url, pid: started.pid, stop: () => started.kill() }),
    );
  });
}

async function checkpoint(upstreamUrl, directory) {
  const declared = `  - id: bench\n    dialect: openai-compatible\n    baseUrl: ${upstreamUrl}/v1\n    model: bench\n    operator: bench\n    jurisdiction: local\n    residency: local\n`;
  const yaml = defaultPolicyYaml()
    .replace('\nupstreams:\n', `\nupstreams:\n${declared}`)
    .replaceAll('upstreams: [embedded]', 'upstreams: [bench]');
  writeFileSync(join(directory, 'sekisho.yaml'), yaml);
  const started = spawn(
    process.execPath,
    [join(root, 'server/bin/sekisho.js'), 'start', '--port', '0', '--data', directory],
    { env: { ...process.env, HF_HUB_OFFLINE: '1' }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const runFile = join(directory, 'run.json');
  while (!existsSync(runFile)) {
    if (started.exitCode !== null) throw new Error('the checkpoint did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { url, key, pid } = JSON.parse(readFileSync(runFile, 'utf8'));
  const stopped = new Promise((resolve) => started.on('exit', resolve));
  return { url, key, pid, stop: () => (started.kill('SIGINT'), stopped) };
}

/** CPU microseconds a process has used, all of its threads; NaN where the system does not tell. */
function cpuMicroseconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}

function once(url, { key, stream, agent }) {
  const body = JSON.stringify({
    model: 'auto',
    ...(stream ? { stream: true } : {}),
    messages: [{ role: 'user', content: question }],
  });
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${url}/v1/chat/completions`,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          authorization: `Bearer ${key}`,
        },
      },
      (reply) => {
        let firstMs;
        reply.on('data', () => (firstMs ??= performance.now() - start));
        reply.on('end', () => {
          if (reply.statusCode !== 200) reject(new Error(`status ${reply.statusCode}`));
          else resolve({ firstMs, totalMs: performance.now() - start });
        });
        reply.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function load(where, { connections, stream }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const taken = [];
  const cpuBefore = cpuMicroseconds(where.pid);
  const start = performance.now();
  const until = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        taken.push(await once(where.url, { key: where.key ?? 'none', stream, agent }));
      }
    }),
  );
  const elapsed = (performance.now() - start) / 1_000;
  agent.destroy();
  const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor(values.length * q)];
  const total = taken.map((t) => t.totalMs);
  return {
    perSecond: taken.length / elapsed,
    p50: quantile(total, 0.5),
    p99: quantile(total, 0.99),
    first: quantile(
      taken.map((t) => t.firstMs),
      0.5,
    ),
    cpu: (cpuMicroseconds(where.pid) - cpuBefore) / taken.length,
  };
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
  const upstream = await child('upstream');
  const proxy = await child('proxy', upstream.url);
  const gate = await checkpoint(upstream.url, directory);
  const targets = { 'bare proxy': proxy, sekisho: gate };
  process.stdout.write(
    `${cpus().length} cores, Node ${process.versions.node}, ${rounds} rounds of ${seconds} s each, medians (min to max)\n` +
      'small chats: about 1 KB in and out; streams: 64 events; sekisho: everything on\n\n',
  );
  const cases = [
    { name: 'chat', connections: 1, stream: false },
    { name: 'chat', connections: 32, stream: false },
    { name: 'stream', connections: 1, stream: true },
    { name: 'stream', connections: 32, stream: true },
  ];
  for (const { name, connections, stream } of cases) {
    const results = { 'bare proxy': [], sekisho: [] };
    for (const where of Object.values(targets)) await load(where, { connections, stream });
    for (let round = 0; round < rounds; round++) {
      for (const [target_, where] of Object.entries(targets)) {
        results[target_].push(await load(where, { connections, stream }));
      }
    }
    print(`${name}, ${connections} connection${connections > 1 ? 's' : ''}`, results);
  }
  await gate.stop();
  proxy.stop();
  upstream.stop();
  rmSync(directory, { recursive: true, force: true });
}

function print(title, results) {
  const rows = Object.entries(results).map(([name, list]) => {
    const of = (key, digits) => {
      const values = list.map((result) => result[key]);
      const [low, high] = [Math.min(...values), Math.max(...values)].map((v) => v.toFixed(digits));
      return `${median(values).toFixed(digits)} (${low} to ${high})`;
    };
    return `  ${name.padEnd(11)} ${of('perSecond', 0)} /s   p50 ${of('p50', 2)} ms   p99 ${of('p99', 2)} ms   first byte ${of('first', 2)} ms   CPU ${of('cpu', 0)} us`;
  });
  const ratio = (key) =>
    median(results.sekisho.map((r) => r[key])) / median(results['bare proxy'].map((r) => r[key]));
  const added = (key) =>
    median(results.sekisho.map((r) => r[key])) - median(results['bare proxy'].map((r) => r[key]));
  process.stdout.write(
    `${title}\n${rows.join('\n')}\n  ratio       requests ${ratio('perSecond').toFixed(3)}, CPU ${ratio('cpu').toFixed(1)};  added p50 ${added('p50').toFixed(2)} ms, p99 ${added('p99').toFixed(2)} ms, first byte ${added('first').toFixed(2)} ms\n\n`,
  );
}
