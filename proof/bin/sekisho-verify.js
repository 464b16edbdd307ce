#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli.js', import.meta.url);
if (existsSync(built)) {
  const { runVerifier } = await import(built.href);
  process.exitCode = await runVerifier(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
  });
} else {
  process.stderr.write('sekisho-verify is not built yet: run "npm run build" first.\n');
  process.exitCode = 2;
}
