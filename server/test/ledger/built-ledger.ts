import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Compiles the ledger and what it stands on into a folder of its own, so that a plain Node process
 * can run it as it is shipped, worker thread included.
 * @returns the path of `ledger/index.js`
 */
export function buildLedger(folder: string): string {
  const proof = join(folder, 'node_modules/@sekisho/proof');
  mkdirSync(proof, { recursive: true });
  cpSync(join(root, 'proof/package.json'), join(proof, 'package.json'));
  // What the ledger imports; what those import is found where they really lie.
  for (const name of ['libsql', 'undici', 'pg', '@noble']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const imports = { '#*': './dist/*/index.js' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }));
  compile(folder, 'proof', { rootDir: 'proof/src', outDir: join(proof, 'dist') }, ['proof/src']);
  const options = { rootDir: 'server/src', outDir: join(folder, 'dist') };
  compile(folder, 'server', options, ['server/src/ledger', 'server/src/base']);
  return join(folder, 'dist/ledger/index.js');
}

function compile(
  folder: string,
  name: string,
  { rootDir, outDir }: { rootDir: string; outDir: string },
  include: readonly string[],
): void {
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      // Types are checked elsewhere; here only the JavaScript is wanted.
      compilerOptions: {
        rootDir: join(root, rootDir),
        outDir,
        noCheck: true,
        composite: false,
        declaration: false,
        isolatedDeclarations: false,
        typeRoots: [join(root, 'node_modules/@types')],
        sourceMap: false,
      },
      include: include.map((path) => join(root, path)),
    }),
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: 'pipe' });
}
