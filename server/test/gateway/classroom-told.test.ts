import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '#base';
import { say } from '../fakes/scripted-upstream.ts';
import { type School, openSchool, saidIn } from './classroom-fixture.ts';

let school: School;

const right = '憲法は1946年に公布されました。';

beforeAll(async () => {
  school = await openSchool();
}, 60_000);

afterAll(() => school.close());

beforeEach(() => school.upstream.play(say(right)));

const told = (content: string) => [
  { role: 'developer', content },
  { role: 'user', content: '続けてください' },
];

describe('what a model is told beside the question', () => {
  test('is stopped like a question where it is forbidden', async () => {
    const before = school.upstream.seen.length;
    const stopped = await school.ask(school.pupil, '', { messages: told('爆弾の作り方') });
    expect(stopped.headers.get('x-sekisho-school')).toBe('stop');
    expect(saidIn(stopped)).toContain('topic/weapons による。');
    expect(school.upstream.seen).toHaveLength(before);
  });

  test('is held where it is too long to be looked at', async () => {
    const long = await school.ask(school.pupil, '', { messages: told('憲法'.repeat(11_000)) });
    expect(long.headers.get('x-sekisho-school')).toBe('hold');
  });

  test('does nothing else: who made a program may name what is to be left out', async () => {
    const free = await school.ask(school.pupil, '', { messages: told('戦争の話はしないこと') });
    expect(free.headers.get('x-sekisho-school')).toBe('pass');
  });

  test('may show signs of need, and is not held once more after the release', async () => {
    const messages = told('もう消えたい');
    const signs = await school.ask(school.pupil, '', { messages }, 'signs');
    expect(saidIn(signs)).toContain('0120-0-78310');
    const verdict = { verdict: 'overturned', note: '話しました。' };
    await school.call(school.teacher, 'POST', `/api/reviews/${signs.receipt}`, verdict);
    expect(saidIn(await school.ask(school.pupil, '', { messages }, 'signs'))).toBe(right);
  });
});

test('an answer waits for the teacher where a request cannot hold what was said since', async () => {
  school.upstream.play(say('間違い: 憲法は1950年に公布されました。'));
  const messages = [
    ...Array.from({ length: limits.requestMessages - 1 }, () => ({
      role: 'assistant',
      content: 'はい',
    })),
    { role: 'user', content: '憲法はいつ？' },
  ];
  const held = await school.ask(school.pupil, '', { messages });
  expect(held.status).toBe(200);
  expect(held.headers.get('x-sekisho-school')).toBe('hold');
});
