import { defineConfig } from 'vitest/config';
import { ClosingLine } from './tools/closing-line.ts';

export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import'] },
  ssr: {
    resolve: {
      // Node itself adds `import` or `require`. Named here, it would reach the require() of packages
      // too, and a CommonJS package would be handed another one's module for import.
      conditions: ['source', 'node'],
      externalConditions: ['source', 'node'],
    },
  },
  test: {
    include: ['{proof,server,console}/test/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new ClosingLine()],
    // A shared machine may stall for seconds. Where nobody watches, a test gets a second try, and
    // the report names each that needed it.
    retry: process.env['CI'] === undefined ? 0 : 1,
    pool: 'forks',
    // Packages of theirs ship their sources under the condition `source` too, as TypeScript.
    server: { deps: { inline: ['ai', /@ai-sdk\//, /@modelcontextprotocol\//, /eventsource/] } },
    maxWorkers: 2,
  },
});
