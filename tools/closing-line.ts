import type { Reporter, TestModule } from 'vitest/node';

/** Ends a test run with one plain line that any script can read. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const vectors = new Map<string, number>();
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        const { vectors: sets = {} } = test.meta() as {
          vectors?: Readonly<Record<string, number>>;
        };
        if (state === 'passed') for (const [set, n] of Object.entries(sets)) vectors.set(set, n);
      }
      // A file that could not be loaded has no tests to fail.
      if (module.state() === 'failed' && module.errors().length > 0) count.failed++;
    }
    if (vectors.size > 0) process.stdout.write(`\n${summary(vectors)}`);
    const { passed, failed, skipped } = count;
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}

/** A set that silently read no vector must not look good, so each says how many it passed. */
function summary(vectors: ReadonlyMap<string, number>): string {
  const rows = [...vectors].toSorted(([a], [b]) => a.localeCompare(b));
  const total = rows.reduce((sum, [, passed]) => sum + passed, 0);
  const lines = rows.map(([set, passed]) => `  ${String(passed).padStart(6)}  ${set}\n`);
  return `published vectors passed: ${total} in ${rows.length} sets\n${lines.join('')}`;
}
