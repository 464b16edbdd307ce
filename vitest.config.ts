import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source', 'node', 'import'] },
  ssr: {
    resolve: {
      conditions: ['source', 'node', 'import'],
      externalConditions: ['source', 'node', 'import'],
    },
  },
  test: {
    include: ['{proof,server,console}/test/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
