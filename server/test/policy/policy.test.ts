import { describe, expect, test } from 'vitest';
import { PolicyError, defaultPolicyYaml, parsePolicy } from '#policy';

function failure(text: string): string {
  try {
    parsePolicy(text);
  } catch (error) {
    if (error instanceof PolicyError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no failure';
}

const preset = defaultPolicyYaml();
const changed = (from: string, to: string): string => {
  expect(preset).toContain(from);
  return preset.replace(from, to);
};

describe('the rule book', () => {
  test('a newcomer gets is valid and reaches the embedded model for every class', () => {
    const policy = parsePolicy(preset);
    for (const id of policy.classIds) {
      expect(policy.permitted(id).map((upstream) => upstream.id)).toEqual(['embedded']);
    }
    expect(policy.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('ranks classes in the order in which they are written', () => {
    const policy = parsePolicy(preset);
    expect(policy.higherClass('public', 'personal')).toBe('personal');
    expect(policy.higherClass('personal', 'public')).toBe('personal');
    expect(policy.higherClass('internal', 'internal')).toBe('internal');
  });

  test.each([
    [
      'an unknown key',
      changed('defaultClass: internal', 'defaultClass: internal\ntypo: 1'),
      /typo/,
    ],
    ['an unknown class', changed('defaultClass: internal', 'defaultClass: secret'), /"secret"/],
    ['an unknown upstream', changed('upstreams: [embedded]', 'upstreams: [gone]'), /"gone"/],
    ['an id used twice', changed('- id: internal', '- id: public'), /"public" is used twice/],
    ['an unknown action', changed('action: block', 'action: maybe'), /supervision\.0\.action/],
    ['a class raised to nothing', changed('raiseTo: personal', 'raiseTo: top'), /"top"/],
    [
      'a key in the file',
      changed('dialect: embedded', 'dialect: embedded\n    apiKey: x'),
      /apiKey/,
    ],
    [
      'content kept for less than the law asks, with its source',
      changed('contentMonths: 13', 'contentMonths: 5'),
      /ledger\.retention\.contentMonths: .*6 months.*EU AI Act, articles 19 and 26\(6\)/,
    ],
    ['an unknown period', changed('opsMonths: 36', 'opsYears: 3'), /opsYears/],
    ['a missing text', changed('    text:\n      en: A My', '    text:\n      fr: A My'), /text/],
  ])('names the fault: %s', (_name, text, message) => {
    expect(failure(text)).toMatch(/^invalid: couldn't use the policy: /);
    expect(failure(text)).toMatch(message);
  });

  test('keeps for 6, 13 and 36 months where it says nothing', () => {
    const [head = ''] = preset.split('  retention:');
    const { retention } = parsePolicy(head).document.ledger;
    expect(retention).toEqual({ identityMonths: 6, contentMonths: 13, opsMonths: 36 });
    expect(parsePolicy(preset).document.ledger.retention).toEqual(retention);
  });

  test('names the line of what is not YAML, and refuses aliases and duplicate keys', () => {
    expect(failure('version: [1')).toMatch(/^not_yaml: .*line 1/s);
    expect(failure('a: &x 1\nb: *x\n')).toMatch(/^not_yaml/);
    expect(failure('version: 1\nversion: 1\n')).toMatch(/^not_yaml/);
    expect(failure(' '.repeat(600_000))).toMatch(/^unreadable/);
  });
});
