import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, createPlaceholders } from '../../src/supervisor/index.ts';

function finding(kind: string, start: number, end: number): Finding {
  return { kind, start, end, score: 95, detector: 'test@1' };
}

const pieces = fc.array(
  fc.constantFrom(
    'a',
    '日本',
    '[',
    ']',
    '[EMAIL_1]',
    '[EMAIL_',
    '1]',
    '[PHONE_2]',
    '😀',
    '\ud83d',
    ' ',
    'EMAIL',
    '_1',
  ),
  { maxLength: 20 },
);

test('masking and restoring returns the original, whatever it contains', () => {
  fc.assert(
    fc.property(
      pieces,
      fc.array(fc.tuple(fc.nat(60), fc.nat(12)), { maxLength: 6 }),
      (parts, spans) => {
        const text = parts.join('');
        const findings = spans.map(([start, length], at) =>
          finding(
            at % 2 === 0 ? 'personal.email' : 'personal.phone',
            Math.min(start, text.length),
            Math.min(start + length + 1, text.length),
          ),
        );
        const vault = createPlaceholders([text]);
        expect(vault.restore(vault.redact(text, findings))).toBe(text);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('one value has one stand-in, also across texts, and two values have two', () => {
  const vault = createPlaceholders(['a@b.jp c@d.jp', 'a@b.jp']);
  const first = vault.redact('a@b.jp c@d.jp', [
    finding('personal.email', 0, 6),
    finding('personal.email', 7, 13),
  ]);
  expect(first).toBe('[EMAIL_1] [EMAIL_2]');
  expect(vault.redact('a@b.jp', [finding('personal.email', 0, 6)])).toBe('[EMAIL_1]');
  expect(vault.count).toBe(2);
});

test('a stand-in that the caller wrote is left to the caller', () => {
  const text = 'keep [EMAIL_1] and hide a@b.jp';
  const vault = createPlaceholders([text]);
  const masked = vault.redact(text, [finding('personal.email', 24, 30)]);
  expect(masked).toBe('keep [EMAIL_1] and hide [EMAIL_2]');
  expect(vault.restore(masked)).toBe(text);
});

test('a value that looks like a stand-in is put back once', () => {
  const vault = createPlaceholders([]);
  const first = vault.redact('x', [finding('personal.email', 0, 1)]);
  const second = vault.redact(first, [finding('personal.phone', 0, first.length)]);
  expect(vault.restore(second)).toBe(first);
});

test('overlapping findings become one stand-in', () => {
  const vault = createPlaceholders(['0123456789']);
  const masked = vault.redact('0123456789', [
    finding('personal.phone', 2, 6),
    finding('personal.email', 4, 8),
  ]);
  expect(masked).toBe('01[PHONE_1]89');
});

test('what is replaced for good has no number and does not come back', () => {
  const vault = createPlaceholders(['a@b.jp and 03-1234-5678']);
  const masked = vault.redact('a@b.jp and 03-1234-5678', [
    finding('personal.email', 0, 6),
    { ...finding('personal.phone', 11, 23), final: true },
  ]);
  expect(masked).toBe('[EMAIL_1] and [PHONE]');
  expect(vault.restore(masked)).toBe('a@b.jp and [PHONE]');
});

test('a span that a rule replaces for good stays so where another rule would give it back', () => {
  const vault = createPlaceholders(['0123456789']);
  const masked = vault.redact('0123456789', [
    finding('personal.phone', 2, 6),
    { ...finding('personal.email', 4, 8), final: true },
  ]);
  expect(masked).toBe('01[PHONE]89');
});
