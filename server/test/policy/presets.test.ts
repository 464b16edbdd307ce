import { describe, expect, test } from 'vitest';
import { runExamples } from '../../src/cli/policy-examples.ts';
import { doubtsAbout } from '../../src/cli/policy-report.ts';
import { presets, readPreset } from '../../src/pack/index.ts';
import { noFacts, parsePolicy } from '../../src/policy/index.ts';

describe.each(Object.keys(presets))('the preset %s', (name) => {
  const text = readPreset(name) ?? '';
  const policy = parsePolicy(text);

  test('does what its own examples say', () => {
    const results = runExamples(policy, noFacts);
    expect(results.length).toBeGreaterThan(3);
    expect(results.filter(({ failed }) => failed.length > 0)).toEqual([]);
  });

  test('never lets a request go further because its class was raised', () => {
    const open = text.replaceAll(/^#( {2}- id: domestic[\s\S]*?)\n\n/gm, (block) =>
      block.replaceAll(/^#/gm, ''),
    );
    const other = parsePolicy(open);
    expect(other.document.upstreams.map(({ id }) => id)).toContain('domestic');
    expect(doubtsAbout(other, []).filter(({ en }) => en.includes('goes further'))).toEqual([]);
  });

  test('is short enough to be read in five minutes', () => {
    const words = text.split('\n').filter((line) => !line.startsWith('#')).length;
    expect(words).toBeLessThan(150);
  });

  test('keeps what is masked out of foreign hands without naming a country to avoid', () => {
    for (const { when } of policy.document.supervision) {
      expect(when?.jurisdictions).toBeUndefined();
    }
    for (const { raiseTo } of policy.document.supervision) {
      if (raiseTo === undefined) continue;
      const reached = policy.dataClass(raiseTo)?.jurisdictions ?? [];
      expect(reached.every((law) => law === 'local' || law === 'JP')).toBe(true);
      expect(reached.length).toBeGreaterThan(0);
    }
  });
});

test('a rule about jurisdictions must keep a request away, and nothing else', () => {
  const book = readPreset('company') ?? '';
  const on = (rest: string): string =>
    book.replace('    minScore: 55\n', `    minScore: 55\n    when: { ${rest} }\n`);
  expect(() => parsePolicy(on('jurisdictions: [XX]'))).toThrow(/action block/);
  expect(() => parsePolicy(on('classes: [nowhere]'))).toThrow(/there is no data class "nowhere"/);
  expect(() => parsePolicy(on('ages: [teen]'))).toThrow();
  expect(() => parsePolicy(on('languages: [ja], ages: [adult]'))).not.toThrow();
});
