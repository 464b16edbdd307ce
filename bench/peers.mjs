// Installs other checkpoints beside the bench, into bench/data/, which no commit holds. Nothing of
// them reaches the product. usage: npm run bench:peers
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('data/peers', import.meta.url));

function run(program, args, cwd) {
  process.stdout.write(`${program} ${args.join(' ')}\n`);
  return spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

/** With its newest dependencies it answers 500 to every stream: these it was made with. */
function installPortkey() {
  const pinned = { hono: '4.9.7', '@hono/node-server': '1.13.5' };
  const cwd = join(folder, 'portkey');
  mkdirSync(cwd, { recursive: true });
  const dependencies = { '@portkey-ai/gateway': '1.15.2', ...pinned };
  const manifest = { name: 'portkey-peer', private: true, dependencies, overrides: pinned };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return run(npm, ['install', ...quiet], cwd);
}

/** Tried in turn: of some releases a part was never published, or needs a newer Python. */
const liteLlmReleases = ['1.106.5', '1.105.0'];

function installLiteLlm() {
  const cwd = join(folder, 'litellm');
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (!run('python3', ['-m', 'venv', cwd], folder)) return false;
  return liteLlmReleases.some((release) =>
    run(join(cwd, 'bin/pip'), ['install', '--quiet', `litellm[proxy]==${release}`], cwd),
  );
}

for (const [name, install] of Object.entries({
  Portkey: installPortkey,
  LiteLLM: installLiteLlm,
})) {
  const said = install() ? 'is installed' : 'could not be installed: the bench goes on without it';
  process.stdout.write(`${name} ${said}\n`);
}
