// The front door: installs what the lock file says when it has changed, builds, starts or tests.
// It runs before anything is installed, so it uses Node alone.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, 'node_modules', '.sekisho');
const windows = process.platform === 'win32';

const say = (en, ja) => process.stderr.write(`${en}\n${ja}\n`);

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(
    `Sekisho needs Node.js 20.19 or newer; this is ${process.versions.node}. Get it from nodejs.org.`,
    `Sekisho には Node.js 20.19 以上が必要です(現在 ${process.versions.node})。nodejs.org から入手できます。`,
  );
  process.exit(1);
}

/** Runs a command to its end; its output is the newcomer's to see. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', (error) => {
      process.stderr.write(`couldn't run ${command}: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) process.exit(code);
}

const npm = (...args) =>
  must(windows ? 'npm.cmd' : 'npm', args, { shell: windows, stdio: ['ignore', 2, 2] });
const bin = (path) => join(root, 'node_modules', ...path.split('/'));

/** SHA-256 over names and contents, so that a second start knows nothing has changed. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).toSorted()) {
        if (name !== 'node_modules' && name !== 'dist' && name !== 'test') visit(join(path, name));
      }
      return;
    }
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

const stampOf = (name) => {
  const path = join(stamps, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

async function once(name, value, act) {
  if (stampOf(name) === value) return;
  await act();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}

/** The runtime ships a build for each platform; only this machine's own is kept. */
function keepOwnRuntime() {
  const folder = bin('@node-llama-cpp');
  if (!existsSync(folder)) return;
  const own =
    process.platform === 'darwin'
      ? process.arch === 'arm64'
        ? 'mac-arm64-metal'
        : 'mac-x64'
      : `${windows ? 'win' : process.platform}-${process.arch}`;
  for (const name of readdirSync(folder)) {
    if (name !== own) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

async function install() {
  await once(
    'installed',
    fingerprint(['package-lock.json', 'package.json', '.npmrc']),
    async () => {
      say('Installing what the lock file names …', '依存パッケージを導入しています …');
      await npm('ci', '--no-audit', '--no-fund');
      keepOwnRuntime();
    },
  );
}

async function build() {
  const sources = ['proof', 'server', 'tsconfig.json', 'tsconfig.base.json', 'package-lock.json'];
  const outputs = ['proof/dist/index.js', 'server/dist/main.js', 'console/dist/index.html'];
  if (!outputs.every((path) => existsSync(join(root, path)))) {
    for (const name of ['built', 'console']) rmSync(join(stamps, name), { force: true });
    for (const name of ['proof', 'server'])
      rmSync(join(root, name, 'dist'), { recursive: true, force: true });
  }
  await once('built', fingerprint(sources), async () => {
    say('Building …', 'ビルドしています …');
    await must(process.execPath, [bin('typescript/bin/tsc'), '-b']);
  });
  await once('console', fingerprint(['console', 'proof/src', 'package-lock.json']), async () => {
    await must(
      process.execPath,
      [bin('vite/bin/vite.js'), 'build', 'console', '--logLevel', 'warn'],
      {
        stdio: ['ignore', 2, 2],
      },
    );
  });
}

/** Hands over to the checkpoint: its signals and its exit code are ours. */
function start(args) {
  const child = spawn(
    process.execPath,
    [join(root, 'server', 'bin', 'sekisho.js'), 'start', ...args],
    { stdio: 'inherit' },
  );
  // A terminal sends Ctrl-C to both, other senders to this process alone; the checkpoint takes a
  // signal that comes twice at once for one.
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

async function check() {
  for (const project of ['console', 'console/test', 'proof/test', 'server/test']) {
    await must(process.execPath, [bin('typescript/bin/tsc'), '-p', project, '--noEmit']);
  }
  await must(process.execPath, [bin('oxfmt/bin/oxfmt'), '--check', '.']);
  await must(process.execPath, [bin('oxlint/bin/oxlint'), '--type-aware', '.']);
}

/** The first word names a bench; without one, all words are cases of the gateway's. */
function benchOf([first, ...rest]) {
  const named = join(root, 'bench', `${first}.mjs`);
  if (first !== undefined && existsSync(named)) return [named, ...rest];
  return [join(root, 'bench', 'gateway.mjs'), ...(first === undefined ? [] : [first, ...rest])];
}

requireNode();
const [command = 'start', ...args] = process.argv.slice(2);
await install();
switch (command) {
  case 'start':
    await build();
    start(args);
    break;
  case 'build':
    await build();
    break;
  case 'test':
    await build();
    process.exitCode = await run(process.execPath, [bin('vitest/vitest.mjs'), 'run', ...args]);
    break;
  case 'check':
    await build();
    await check();
    process.exitCode = await run(process.execPath, [
      bin('vitest/vitest.mjs'),
      'run',
      'tools',
      ...args,
    ]);
    break;
  case 'bench':
    await build();
    process.exitCode = await run(process.execPath, [...benchOf(args)]);
    break;
  case 'train':
    await build();
    process.exitCode = await run(process.execPath, [
      join(root, 'tools', 'train', 'train.mjs'),
      ...args,
    ]);
    break;
  default:
    process.stderr.write(
      `unknown command ${command}: use start, test, check, build, bench or train\n`,
    );
    process.exitCode = 2;
}
