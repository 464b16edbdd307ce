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

// Published with the test vectors of Sunlight and sigsum.
const witnessKey = 'witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN';
const logKey = `sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562\
+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP`;
const witnessed = (...vkeys: readonly string[]): string => {
  const list = vkeys.map(
    (vkey, i) =>
      `    - { name: w${i}, vkey: ${vkey}, url: https://w.example/, institution: University }\n`,
  );
  return `${preset}  quorum: 1\n  witnesses:\n${list.join('')}`;
};

describe('the rule book', () => {
  test('a newcomer gets is valid and reaches the embedded model for every class', () => {
    const policy = parsePolicy(preset);
    for (const id of policy.classIds) {
      expect(policy.permitted(id).map((upstream) => upstream.id)).toEqual(['embedded']);
    }
    expect(policy.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('may name witnesses, and how many institutions must sign', () => {
    const { ledger } = parsePolicy(witnessed(witnessKey)).document;
    expect(ledger.quorum).toBe(1);
    expect(ledger.witnesses).toMatchObject([{ name: 'w0', institution: 'University' }]);
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
    ['a key that is no witness', witnessed(logKey), /ledger\.witnesses\.0\.vkey: use the/],
    ['a witness twice', witnessed(witnessKey, witnessKey), /ledger\.witnesses\.1\.vkey: it is/],
    [
      'a quorum nobody can reach',
      witnessed(witnessKey).replace('quorum: 1', 'quorum: 2'),
      /quorum/,
    ],
    ['a switch that is neither', `${preset}  postQuantum: maybe\n`, /ledger\.postQuantum/],
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
