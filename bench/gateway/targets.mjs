// Starts what is measured, each in a process of its own, and stops it.
import { fork, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, systemClock } from '../../server/dist/base/index.js';
import { KeyStore, keyTermsSchema } from '../../server/dist/gateway/index.js';
import { policyFor } from './policy.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = join(root, 'bench', 'data', 'peers');
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Whatever becomes of the bench, nothing that it started stays. */
const started = new Set();
process.once('exit', () => started.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function watched(child) {
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

/** A program of ours that says where it listens. */
export function startOwn(name, ...args) {
  const child = watched(fork(here(name), args));
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} did not start`)));
    child.once('message', (said) => {
      const { url, key = 'none' } = typeof said === 'string' ? { url: said } : said;
      resolve({ url, key, pid: child.pid, stop: () => end(child) });
    });
  });
}

function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null) return undefined;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  return gone.then(() => clearTimeout(timer));
}

/** The product as an operator starts it. @param options.keys further keys, with bounds */
export async function startSekisho(upstreamUrl, directory, { keys = 0, rules } = {}) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'sekisho.yaml'), policyFor(upstreamUrl, rules));
  const secrets = makeKeys(directory, keys);
  const child = watched(
    spawn(
      process.execPath,
      [join(root, 'server/bin/sekisho.js'), 'start', '--port', '0', '--data', directory],
      { env: { ...process.env, HF_HUB_OFFLINE: '1' }, stdio: 'ignore' },
    ),
  );
  const runFile = join(directory, 'run.json');
  await until(() => existsSync(runFile), child);
  const { url, key, pid } = JSON.parse(readFileSync(runFile, 'utf8'));
  return { url, key, pid, secrets, metrics: true, stop: () => end(child, 'SIGINT') };
}

/** Bounds that are counted and never reached. */
function makeKeys(directory, count) {
  if (count === 0) return [];
  const terms = keyTermsSchema.parse({
    requestsPerMinute: 1e9,
    tokensPerMinute: 1e9,
    tokensPerDay: 1e12,
    tokensPerMonth: 1e12,
  });
  const state = openDatabase(join(directory, 'state.db'));
  const store = new KeyStore(state, systemClock);
  const made = Array.from({ length: count }, (_, i) => store.make(`key ${i}`, 'user', terms));
  state.transaction(() => made.forEach((one) => store.admit(one)))();
  state.close();
  return made.map(({ secret }) => secret);
}

async function until(ready, child) {
  const late = Date.now() + 180_000;
  while (!(await ready())) {
    if (child.exitCode !== null || Date.now() > late) throw new Error('it did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port nobody listens on, for programs that cannot choose one. */
function freePort() {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const answers = async (url) =>
  await fetch(url).then(
    () => true,
    () => false,
  );

async function startForeign(program, args, { port, environment = {}, cwd }) {
  const child = watched(
    spawn(program, args, { cwd, env: { ...process.env, ...environment }, stdio: 'ignore' }),
  );
  child.on('error', () => undefined);
  const url = `http://127.0.0.1:${port}`;
  const stop = () => end(child);
  try {
    await until(() => answers(url), child);
  } catch {
    await stop();
    return undefined;
  }
  return { url, key: 'none', pid: child.pid, stop };
}

/** nginx with one worker, connections to the upstream kept, nothing buffered. */
export async function startNginx(upstreamUrl, directory) {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined;
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const { host } = new URL(upstreamUrl);
  const config = `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/log;
events { worker_connections 16384; }
http {
  access_log off; client_body_temp_path ${directory}; proxy_temp_path ${directory};
  client_body_buffer_size 64k; keepalive_requests 10000000;
  fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  upstream model { server ${host}; keepalive 256; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off;
    }
  }
}`;
  const path = join(directory, 'nginx.conf');
  writeFileSync(path, config);
  return startForeign('nginx', ['-c', path, '-p', directory, '-e', `${directory}/log`], { port });
}

/** Portkey's gateway with nothing switched on. */
export async function startPortkey(upstreamUrl) {
  const script = join(peers, 'portkey/node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(script)) return undefined;
  const port = await freePort();
  const running = await startForeign(process.execPath, [script, `--port=${port}`, '--headless'], {
    port,
    environment: { NODE_ENV: 'production' },
  });
  const headers = {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstreamUrl}/v1`,
  };
  return running === undefined ? undefined : { ...running, headers };
}

/** LiteLLM's proxy with one worker and nothing switched on. */
export async function startLiteLlm(upstreamUrl, directory) {
  const [python, script] = ['python', 'litellm'].map((name) => join(peers, 'litellm/bin', name));
  if (!existsSync(script)) return undefined;
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'config.yaml');
  const model = { model: 'openai/bench', api_base: `${upstreamUrl}/v1`, api_key: 'none' };
  const list = [{ model_name: 'bench', litellm_params: model }];
  writeFileSync(path, JSON.stringify({ model_list: list }));
  const port = await freePort();
  const where = [script, '--config', path, '--host', '127.0.0.1', '--port', `${port}`];
  // It does not start without a key that looks like one.
  const key = `sk-${randomBytes(24).toString('hex')}`;
  const running = await startForeign(python, [...where, '--num_workers', '1'], {
    port,
    cwd: directory,
    environment: {
      LITELLM_LOG: 'ERROR',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_MASTER_KEY: key,
    },
  });
  return running === undefined ? undefined : { ...running, key };
}
