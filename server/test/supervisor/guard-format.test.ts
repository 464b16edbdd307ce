import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardFormatOf } from '../../src/supervisor/index.ts';

describe('what a guard model says is read as it is meant', () => {
  test.each([
    ['llama-guard', 'safe', { said: 'safe', kinds: [] }],
    [
      'llama-guard',
      '\n\nunsafe\nS1,S10',
      { said: 'unsafe', kinds: ['harm.violent_crimes', 'harm.hate'] },
    ],
    ['llama-guard', 'unsafe\nS13', { said: 'unsafe', kinds: ['other.S13'] }],
    ['qwen3-guard', 'Safety: Safe\nCategories: None', { said: 'safe', kinds: [] }],
    [
      'qwen3-guard',
      'Safety: Unsafe\nCategories: Violent, Jailbreak\nRefusal: No',
      { said: 'unsafe', kinds: ['harm.violent_crimes', 'attack.jailbreak'] },
    ],
    [
      'qwen3-guard',
      'Safety: Controversial\nCategories: Politically Sensitive Topics',
      { said: 'controversial', kinds: ['other.political'] },
    ],
    ['shieldgemma', 'Yes. The text ...', { said: 'unsafe', kinds: [] }],
    ['shieldgemma', '**No**, it does not', { said: 'safe', kinds: [] }],
    ['policy', '{"violation": 1, "why": "x"}', { said: 'unsafe', kinds: [] }],
    ['policy', '0', { said: 'safe', kinds: [] }],
  ] as const)('%s: %j', (format, text, opinion) => {
    expect(guardFormatOf[format].read(text)).toEqual(opinion);
  });

  test.each(['llama-guard', 'qwen3-guard', 'shieldgemma', 'policy'] as const)(
    '%s: what is no verdict is none, whatever it is',
    (format) => {
      for (const text of ['', 'I think so', 'unsafety first', 'Safety: Maybe', 'Yesterday', '2']) {
        expect(guardFormatOf[format].read(text)).toBeUndefined();
      }
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
          const opinion = guardFormatOf[format].read(text);
          expect([undefined, 'safe', 'unsafe', 'controversial']).toContain(opinion?.said);
        }),
      );
    },
  );

  test('an answer is shown together with the question', () => {
    const question = { asked: 'How?', answered: 'Like this.' };
    expect(guardFormatOf['llama-guard'].write(question)).toEqual([
      { role: 'user', content: 'How?' },
      { role: 'assistant', content: 'Like this.' },
    ]);
    const [only] = guardFormatOf.shieldgemma.write(question);
    expect(only?.content).toContain('Chatbot Response: Like this.');
    const [system] = guardFormatOf.policy.write({ ...question, policy: 'No puns.' });
    expect(system).toMatchObject({ role: 'system' });
    expect(system?.content).toMatch(/^No puns\./);
  });
});
