import { describe, expect, test } from 'vitest';
import type { SupervisionRule } from '../../src/policy/index.ts';
import {
  allDetectors,
  createPlaceholders,
  createSupervisor,
  languageOf,
} from '../../src/supervisor/index.ts';

const mail = 'Write to taro@example.jp.';
const letter = '連絡先は taro@example.jp です。よろしくお願いします。';

function supervisor(...rules: SupervisionRule[]) {
  return createSupervisor({ rules, detectors: allDetectors, classes: ['public', 'personal'] });
}

function rule(
  id: string,
  when: SupervisionRule['when'],
  action: SupervisionRule['action'] = 'block',
): SupervisionRule {
  const text = { en: 'A rule.', ja: '規則' };
  const conditions = when === undefined ? {} : { when };
  return {
    id,
    direction: 'both',
    kinds: ['personal.*'],
    minScore: 50,
    ...conditions,
    action,
    text,
  };
}

function decided(of: ReturnType<typeof supervisor>, text: string, about = {}) {
  return of.inspect('input', [{ path: 'p', text }], about).decision;
}

describe('a rule that asks for more than a finding', () => {
  test('holds for the data classes it names', () => {
    const of = supervisor(rule('only-public', { classes: ['public'] }));
    expect(decided(of, mail, { dataClass: 'public' }).action).toBe('block');
    expect(decided(of, mail, { dataClass: 'personal' }).action).toBe('allow');
  });

  test('holds for the age groups it names, and for whoever says none', () => {
    const of = supervisor(rule('children', { ages: ['under13'] }));
    expect(decided(of, mail, { age: 'under13' }).action).toBe('block');
    expect(decided(of, mail, { age: 'adult' }).action).toBe('allow');
    expect(decided(of, mail).action).toBe('block');
  });

  test('holds for texts in the languages it names, each part by its own', () => {
    const of = supervisor(rule('in-japanese', { languages: ['ja'] }));
    expect(decided(of, letter).action).toBe('block');
    expect(decided(of, mail).action).toBe('allow');
    const parts = [mail, letter].map((text, i) => ({ path: `p${i}`, text }));
    const both = of.inspect('input', parts);
    expect(both.decision).toEqual({ action: 'block', rules: ['in-japanese'] });
    expect(both.findings.map((finding) => finding.rule)).toEqual(['in-japanese']);
  });

  test('yields to a stricter one, in the order of the book', () => {
    const of = supervisor(
      rule('note', undefined, 'annotate'),
      rule('mask-children', { ages: ['under13', '13to15'] }, 'redact'),
    );
    expect(decided(of, mail, { age: 'adult' })).toEqual({ action: 'annotate', rules: ['note'] });
    expect(decided(of, mail, { age: '13to15' }).rules).toEqual(['mask-children']);
  });

  test('about jurisdictions stops nothing, and names whom the text may not reach', () => {
    const of = supervisor(rule('not-there', { jurisdictions: ['US', 'FR'] }));
    const seen = of.inspect('input', [{ path: 'p', text: mail }]);
    expect(seen.decision.action).toBe('allow');
    expect(seen.bans).toEqual([{ by: 'supervision.not-there', jurisdictions: ['US', 'FR'] }]);
    expect(of.inspect('input', [{ path: 'p', text: 'Nothing.' }]).bans).toEqual([]);
  });

  test('cannot be escaped by a class that there is not, nor by a language that is said', () => {
    const of = supervisor(rule('only-public', { classes: ['public'] }));
    expect(decided(of, mail, { dataClass: 'x' }).action).toBe('block');
    const japanese = supervisor(rule('in-japanese', { languages: ['ja'] }));
    const said = { language: 'ja', statedLanguage: true } as const;
    expect(decided(japanese, mail, said).action).toBe('block');
    expect(decided(japanese, letter, { language: 'en', statedLanguage: true }).action).toBe(
      'allow',
    );
  });

  test('holds in a stream too, for what is said to whoever asked', () => {
    const of = supervisor(rule('children', { ages: ['under13'] }));
    const said = (age: 'under13' | 'adult'): string => {
      const channel = of.stream('output', createPlaceholders([]), { about: { age } });
      return (
        mail
          .split('')
          .map((unit) => channel.push(unit).release)
          .join('') + channel.end().release
      );
    };
    expect(said('adult')).toBe(mail);
    expect(said('under13')).not.toContain('taro');
  });
});

test.each([
  ['明日の会議は中止です。', 'ja'],
  ['明天的会议取消了，请大家注意。', 'zh'],
  ['내일 회의는 취소되었습니다.', 'ko'],
  ['พรุ่งนี้ไม่มีประชุม', 'th'],
  ['Ngày mai không có cuộc họp, được không?', 'vi'],
  ['Rapat besok tidak jadi, silakan datang pada hari Senin dari pagi.', 'id'],
  ['Ang pulong bukas ay hindi na matutuloy para sa mga guro.', 'tl'],
  ['The meeting of tomorrow is cancelled.', 'en'],
  ['12345', 'en'],
])('%s is taken for %s', (text, language) => {
  expect(languageOf(text)).toBe(language);
});
