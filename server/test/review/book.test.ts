import { openDatabase } from '#base';
import type { EndedPassage, JsonValue, Story } from '#ledger';
import { ReviewBook } from '#review';
import { expect, test } from 'vitest';

const passage = (index: number, verdicts: JsonValue): EndedPassage => ({
  kind: 'passage',
  id: `p-${index}`,
  intentIndex: index,
  time: 1_795_000_000,
  decision: 'block',
  end: 'refused',
  intentFields: { 'policy.verdicts': { decision: 'annotate', rules: ['noted'] } },
  outcomeFields: { 'policy.verdicts': verdicts },
});

test('a block is counted under the rule that stopped it, whatever the rule book says by then', async () => {
  const rules = ['noted', 'stopped'];
  const events = [passage(0, { decision: 'block', rules, stoppedBy: 'stopped' })];
  const story = ({ from }: { from: number }): Promise<Story> =>
    Promise.resolve({ events: from === 0 ? events : [], next: 2 });
  // Reloaded before the counts had caught up: what stopped now marks, and what marked now stops.
  const action: Record<string, string> = { noted: 'block', stopped: 'annotate' };
  const book = new ReviewBook({
    database: openDatabase(':memory:'),
    reader: { origin: 'log', story },
    month: () => '2026-11',
    week: () => '2026-11-16',
    hasClasses: () => false,
    actionOf: (rule) => action[rule],
  });
  await book.catchUp();
  const counted = book.counts.read(1).map(({ rule, blocks }) => [rule, blocks]);
  expect(counted).toContainEqual(['stopped', 1]);
  expect(counted.find(([rule]) => rule === 'noted')).toBeUndefined();
});
