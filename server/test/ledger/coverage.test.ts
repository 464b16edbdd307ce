import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageItems } from '../../src/ledger/coverage-items.ts';
import { reportCoverage } from '../../src/ledger/coverage.ts';
import { isFieldOf } from '../../src/ledger/fields.ts';
import { inDirectory } from './fixtures.ts';

const goals = new URL(
  '../../../../shared/vectors/ledger/aisi/10_Verifiability_GSN.yaml',
  import.meta.url,
);

describe('the coverage report', () => {
  it('answers each of items 9 to 21 once', () => {
    expect(coverageItems.map(({ node }) => node)).toEqual(
      Array.from({ length: 13 }, (_, i) => `G10-${i + 9}`),
    );
  });

  it('names only entries and fields that exist, and some for whatever it calls met', () => {
    for (const { node, state, evidence } of coverageItems) {
      if (state !== 'not') expect(evidence.length, node).toBeGreaterThan(0);
      for (const { type, field } of evidence) {
        expect(field === undefined || isFieldOf(type, field), `${node} ${field}`).toBe(true);
      }
    }
  });

  it.skipIf(!existsSync(goals))(
    `has the weights of the published goals${existsSync(goals) ? '' : ' (shared/vectors/ledger is not here)'}`,
    () => {
      const text = readFileSync(goals, 'utf8');
      const weights = new Map<string, number>();
      for (const [, nodes = '', rates = ''] of text.matchAll(
        /supportedBy: \[([^\]]*)\]\s+scoreRate: \[([^\]]*)\]/g,
      )) {
        const values = rates.split(',').map(Number);
        for (const [i, node] of nodes.split(',').entries()) {
          weights.set(node.trim(), Math.round((values[i] ?? 0) * 100));
        }
      }
      for (const { node, weightPercent } of coverageItems) {
        expect(weightPercent, node).toBe(weights.get(node));
      }
    },
  );

  it('counts nothing where nothing was published', async () => {
    await inDirectory(async (directory) => {
      expect((await reportCoverage(directory)).entries).toEqual({});
    });
  });
});
