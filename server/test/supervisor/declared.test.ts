import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultPolicyYaml, parsePolicy } from '../../src/policy/index.ts';
import { createPlaceholders, createSupervisor, detectorsOf } from '../../src/supervisor/index.ts';

const identifiers = `identifiers:
  - kind: personal.patient_number
    title: { en: Patient number, ja: 患者番号 }
    labels: [患者番号, patient no]
    form: "A99-999"
  - kind: personal.case_number
    title: { en: Case number, ja: 案件番号 }
    labels: [案件]
    form: "**99/99999"
    alone: true
`;
const policy = parsePolicy(`${defaultPolicyYaml()}${identifiers}`);
const supervisor = createSupervisor({
  rules: policy.document.supervision,
  detectors: detectorsOf(policy.document),
  classes: policy.classIds,
});

function found(text: string): readonly string[] {
  const { findings } = supervisor.inspect('input', [{ path: 'p', text }]);
  return findings.map(
    ({ kind, start, end, score }) => `${kind} ${text.slice(start, end)} ${score}`,
  );
}

test('a number that the rule book describes is found behind its label, in every width', () => {
  expect(found('患者番号はK12-345です。')).toEqual(['personal.patient_number K12-345 90']);
  expect(found('患者番号 Ｋ１２－３４５')).toEqual(['personal.patient_number Ｋ１２－３４５ 90']);
  expect(found('K12-345 (patient no)')).toEqual(['personal.patient_number K12-345 90']);
});

test('without a label it counts only where the rule book says that it may stand alone', () => {
  expect(found('K12-345です。')).toEqual([]);
  expect(found('AB12/34567です。')).toEqual(['personal.case_number AB12/34567 60']);
});

test('a longer run of letters and digits is something else', () => {
  for (const text of ['患者番号 KK12-345', '患者番号 K12-3456', '患者番号 K1-345']) {
    expect(found(text)).toEqual([]);
  }
});

test('is found alike in an answer however it is cut', () => {
  const rules = policy.document.supervision
    .filter(({ id }) => id === 'personal-data-is-masked')
    .map(({ raiseTo: _raiseTo, ...rule }) => ({ ...rule, direction: 'output' as const }));
  const output = createSupervisor({
    rules,
    detectors: detectorsOf(policy.document),
    classes: policy.classIds,
  });
  const deliver = (pieces: readonly string[]): string => {
    const channel = output.stream('output', createPlaceholders([]));
    return pieces.map((piece) => channel.push(piece).release).join('') + channel.end().release;
  };
  const fragments = [
    '患者番号',
    'は',
    'K12-345',
    'K12',
    '-345',
    ' (patient no)',
    'AB12/34567',
    '。',
  ];
  const script = fc.array(fc.constantFrom(...fragments), { maxLength: 8 });
  fc.assert(
    fc.property(script, fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const whole = parts.join('');
      const pieces: string[] = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.slice(at, at + size));
      expect(deliver(pieces)).toBe(deliver([whole]));
    }),
    { numRuns: 300 },
  );
  expect(deliver(['患者番号K12-', '345です'])).toBe('患者番号[PATIENT_NUMBER]です');
});

test.each([
  ['form: "A99-999"', 'form: "---"'],
  ['form: "A99-999"', 'form: "AAA"'],
  ['kind: personal.patient_number', 'kind: attack.patient_number'],
  ['kind: personal.patient_number', 'kind: personal.case_number'],
  ['labels: [案件]', 'labels: []'],
])('a rule book with %s made %s is refused', (good, bad) => {
  const written = `${defaultPolicyYaml()}${identifiers.replace(good, bad)}`;
  expect(() => parsePolicy(written)).toThrow();
});
