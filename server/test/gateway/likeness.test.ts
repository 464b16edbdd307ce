import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { likeness, questionOf } from '../../src/gateway/likeness.ts';

const alike = (a: string, b: string): number => likeness(questionOf(a), questionOf(b));

describe('two questions that differ in nothing but courtesy', () => {
  test.each([
    ['What is the capital of Japan?', 'what is the capital of Japan'],
    ['What is the capital of Japan?', "What's the capital of Japan?"],
    ['What is the capital of Japan?', 'Hello, what is the capital of Japan? Thank you!'],
    ['When does the office open?', 'Please, when does the office open?'],
    ['How much is 10,000 yen in dollars?', 'How much is 10000 yen in dollars'],
    ['日本の首都はどこですか。', '日本の首都はどこ?'],
    ['転入届に必要な書類を教えてください。', 'すみません、転入届に必要な書類を教えて'],
    ['転入届に必要な書類を教えてください。', '転入届に必要な書類'],
    ['窓口は17時まで開いていますか?', '窓口は17時まで開いていますか'],
    ['What is the deadline for a passport?', 'What is the deadline for the passport?'],
    ['Where do I get an application form?', 'Where do I get the application form?'],
    ["I can't log in. What should I do?", 'I cannot log in. What should I do?'],
  ])('are taken for one: %s / %s', (a, b) => {
    expect(alike(a, b)).toBeGreaterThanOrEqual(50);
  });
});

describe('two questions that look alike and are not the same', () => {
  test.each([
    ['numbers', 'What is 15 percent of 2400?', 'What is 15 percent of 2500?'],
    ['a decimal point', 'Is 1.5 mg right?', 'Is 15 mg right?'],
    ['a sign', 'What is the root of -4?', 'What is the root of 4?'],
    ['a year', 'Which day is 2026-11-24?', 'Which day is 2026-11-25?'],
    ['a wide digit', '17時に開きますか', '18時に開きますか'],
    ['a number in kanji', '三月の予定を教えてください', '四月の予定を教えてください'],
    ['a negation', 'May I park here?', 'May I not park here?'],
    ['a short negation', 'It is allowed. Right?', "It isn't allowed. Right?"],
    ['a Japanese negation', '申請できますか', '申請できませんか'],
    ['a negating prefix', '必要な書類ですか', '不必要な書類ですか'],
    ['a name', 'Where does Tanaka work?', 'Where does Suzuki work?'],
    ['a name in katakana', 'フランスの首都は?', 'ドイツの首都は?'],
    ['who did what', 'Did Tanaka pay Suzuki?', 'Did Suzuki pay Tanaka?'],
    ['a particle', '田中が鈴木に勝った理由', '田中に鈴木が勝った理由'],
    ['a direction', 'Trains from Tokyo to Osaka', 'Trains to Tokyo from Osaka'],
    ['an antonym', 'How do I increase my tax?', 'How do I decrease my tax?'],
    ['a role', 'What may an employer do?', 'What may an employee do?'],
    ['large letters', 'Where can I see US law?', 'Where can I see us law?'],
    ['a question and a statement', '開いていますか', '開いています'],
    ['an operator', 'Is 3 < 5 true?', 'Is 3 > 5 true?'],
    ['a path', 'Open a/b', 'Open a.b'],
    ['a unit', 'How far is 5 km?', 'How far is 5 miles?'],
    ['who asks', 'Can I drive?', 'Can you drive?'],
    ['few', 'Are few people allowed in?', 'Are a few people allowed in?'],
    ['little', 'May I drink little alcohol?', 'May I drink a little alcohol?'],
    ['the few', 'What do the few say?', 'What do a few say?'],
    ['a number', 'Did a number of people complain?', 'Did the number of people complain?'],
    ['a second', 'How long is a second?', 'How long is the second?'],
    ['a third', 'What is a third of nine?', 'What is the third of nine?'],
    ['a rate', 'How often a day may I take it?', 'How often the day may I take it?'],
    ['a label', 'What does plan a cost?', 'What does plan cost?'],
    ['a vitamin', 'Is vitamin a harmful?', 'Is vitamin harmful?'],
    ['a place and its use', 'When do I go to the school?', 'When do I go to school?'],
    ['a stand-in', 'Write to [EMAIL_1]', 'Write to [EMAIL_2]'],
  ])('are two because of %s', (_why, a, b) => {
    expect(alike(a, b)).toBe(0);
    expect(alike(a, a)).toBeGreaterThan(99);
  });

  test('are two however long the rest is', () => {
    const rest = 'The report was read by the board and by the office. '.repeat(30);
    expect(alike(`${rest} Was it accepted?`, `${rest} Was it rejected?`)).toBe(0);
  });

  test('are two where nothing but courtesy is left', () => {
    expect(alike('Hello!', 'Hello')).toBe(0);
    expect(alike('', '')).toBe(0);
  });
});

test('whatever is written, a digit that changes makes another question', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), fc.string(), (before, number, after) => {
      expect(alike(`${before} ${number} ${after}`, `${before} ${number + 1} ${after}`)).toBe(0);
    }),
  );
});

test('likeness is the same from both sides', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(alike(a, b)).toBe(alike(b, a));
    }),
  );
});
