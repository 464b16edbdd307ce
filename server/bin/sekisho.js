#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/sekisho.js', import.meta.url);
if (existsSync(built)) {
  const { runCli } = await import(built.href);
  process.exitCode = await runCli(process.argv.slice(2));
} else {
  process.stderr.write('Sekisho is not built yet: run "npm start" or "npm run build" first.\n');
  process.exitCode = 2;
}
