import { expect, test } from 'vitest';
import { createSchoolSupervisor } from '../../src/school/supervise.ts';
import { smallPack } from './small-pack.ts';

const lesson = { year: 4, subject: null, scaffold: false };

test('finds a statement by the words pupils use for it, though it has none of them', () => {
  const question = 'じゃ口から出るのはどこから来るの？';
  const plain = createSchoolSupervisor(smallPack()).question(lesson, question);
  expect(plain.scope).not.toBe('inside');
  const aliases = [{ codes: ['4-water'], words: ['じゃ口', 'ダム'], source: 's' }];
  const known = createSchoolSupervisor(smallPack({ aliases })).question(lesson, question);
  expect(known.codes[0]?.code).toBe('4-water');
  expect(known.scope).toBe('inside');
});

test('takes the row whose words are rarer and longer, where several fit', () => {
  const aliases = [
    { codes: ['3-town'], words: ['水', '町'], source: 's' },
    { codes: ['4-water'], words: ['水', '水道の水'], source: 's' },
  ];
  const supervisor = createSchoolSupervisor(smallPack({ aliases }));
  expect(supervisor.question(lesson, '水道の水は？').codes[0]?.code).toBe('4-water');
});
