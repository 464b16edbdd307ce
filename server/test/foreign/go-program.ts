import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** One release, so that what is fetched today is what was fetched when this was written. */
const goModule = 'golang.org/x/mod v0.17.0';
const goSums = `golang.org/x/mod v0.17.0 h1:zY54UmvipHiNd+pm+m0x9KhZ9hl1/7QNMyxXbc6ICqA=
golang.org/x/mod v0.17.0/go.mod h1:hTbmBsO62+eylJbnUtE2MGJUyE7QWk4xUqPFrRgJ+7c=
`;

export type GoProgram = { readonly program: string } | { readonly reason: string };

/** @param folder to build in, made here @returns the compiled program, or why there is none */
export function buildGo(folder: string, name: 'verify' | 'oracle'): GoProgram {
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    return { reason: `go is not on this machine, so ${name}.go did not run` };
  }
  mkdirSync(folder);
  cpSync(join(here, `${name}.go`), join(folder, `${name}.go`));
  writeFileSync(join(folder, 'go.mod'), `module ${name}\n\ngo 1.22\n\nrequire ${goModule}\n`);
  writeFileSync(join(folder, 'go.sum'), goSums);
  const env = { ...process.env, GOPATH: join(folder, 'path'), GOMODCACHE: join(folder, 'cache') };
  const built = spawnSync('go', ['build', '-o', name, '.'], {
    cwd: folder,
    env: { ...env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
    timeout: 100_000,
  });
  if (built.status === 0) return { program: join(folder, name) };
  // What does not compile is our fault; what cannot be fetched is the machine's.
  const isOurs = new RegExp(`${name}\\.go:\\d+:\\d+: (?!no required module|golang\\.org)`);
  if (isOurs.test(built.stderr)) throw new Error(built.stderr);
  const [said = 'no answer in time'] = built.stderr.trim().split('\n').slice(-1);
  return { reason: `${goModule} could not be built here (${said}), so ${name}.go did not run` };
}
