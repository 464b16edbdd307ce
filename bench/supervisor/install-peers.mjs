// Installs the guards the bench compares with into a folder that is no part of the repository.
// Their own install scripts are not run. usage: node bench/supervisor/install-peers.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const peersFolder = join(root, '.bootstrap', 'peers');

const packages = {
  openredaction: '1.1.5',
  '@openai/guardrails': '0.2.1',
  'llm-guard': '0.1.9',
  '@presidio-dev/hai-guardrails': '1.12.0',
  '@andersmyrmel/vard': '1.2.0',
  llm_guardrail: '2.1.2',
};

function say(name, { status, error }) {
  process.stdout.write(
    `${name}: ${status === 0 ? 'installed' : `not installed (${error?.message ?? `exit ${status}`})`}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(peersFolder, { recursive: true });
  const manifest = join(peersFolder, 'package.json');
  if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true,"type":"module"}\n');
  const shell = process.platform === 'win32';
  for (const [name, version] of Object.entries(packages)) {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`];
    say(
      name,
      spawnSync('npm', args, { cwd: peersFolder, stdio: ['ignore', 'ignore', 'inherit'], shell }),
    );
  }
  const venv = join(peersFolder, 'venv');
  const made = existsSync(venv) ? { status: 0 } : spawnSync('python3', ['-m', 'venv', venv]);
  const pip = join(venv, 'bin', 'pip');
  say(
    'presidio-analyzer',
    made.status === 0 ? spawnSync(pip, ['install', '-q', 'presidio-analyzer==2.2.360']) : made,
  );
}
