import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Script, say, sendJson } from '../fakes/scripted-upstream.ts';
import { type School, openSchool } from './classroom-fixture.ts';

let school: School;

beforeAll(async () => {
  school = await openSchool(
    { judge: { upstream: 'judge', timeoutMs: 200, whenSilent: 'hold' }, teacherReads: 'none' },
    {
      upstreams: ['model', 'judge'],
      supervision: [
        {
          id: 'masked',
          direction: 'input',
          kinds: ['personal.*'],
          minScore: 50,
          action: 'redact',
          text: { en: 'Masked.', ja: '伏せました。' },
        },
      ],
    },
  );
}, 60_000);

afterAll(() => school.close());

/** The model answers; the judge says this. */
const judging =
  (judge: Script): Script =>
  (seen, response) =>
    seen.body['model'] === 'judge-model'
      ? judge(seen, response)
      : say('そうです。')(seen, response);

const asked = (): number =>
  school.upstream.seen.filter(({ body }) => body['model'] === 'judge-model').length;

test('a judge is asked where the curriculum leaves it open, and only there', async () => {
  school.upstream.play(judging(say('Inside.')));
  const clear = await school.ask(school.pupil, '憲法は？');
  expect(asked()).toBe(0);
  expect((await school.detail(clear.receipt))['school']).toMatchObject({ judge: null });
  const open = await school.ask(school.pupil, '曖昧な質問。電話 03-3580-3311');
  expect(asked()).toBe(1);
  // It reads what a model may read.
  expect(school.upstream.seen.map(({ text }) => text).join('')).not.toContain('3580');
  expect(open.headers.get('x-sekisho-school')).toBe('pass');
  const detail = await school.detail(open.receipt);
  expect(detail['school']).toMatchObject({ judge: { upstream: 'judge', said: 'inside' } });
  expect(detail['usage']).toMatchObject({ alongside: [{ upstream: 'judge', why: 'judge' }] });
});

test.each([
  ['It is above the year.', 'annotate', 'judge-above'],
  ['outside', 'annotate', 'judge-outside'],
  ['inside or outside', 'hold', 'judge-silent'],
])('"%s" leads to %s', async (said, decision, rule) => {
  school.upstream.play(judging(say(said)));
  const told = await school.ask(school.pupil, '曖昧な質問');
  expect(told.headers.get('x-sekisho-school')).toBe(decision);
  expect((await school.detail(told.receipt))['school']).toMatchObject({ rules: [rule] });
});

test('a teacher who may read nothing decides by what was found', async () => {
  school.upstream.play(judging(say('戦争の話です。')));
  const { receipt } = await school.ask(school.pupil, '曖昧な質問');
  const open = await school.call(school.teacher, 'POST', `/api/passages/${receipt}/open`);
  expect(open.status).toBe(403);
  const shown = await school.call(school.teacher, 'GET', `/api/reviews/${receipt}`);
  expect(shown.body).toMatchObject({ mayOpen: false, detail: { school: { decision: 'hold' } } });
  const verdict = { verdict: 'upheld', note: '後で話します。' };
  const decided = await school.call(school.teacher, 'POST', `/api/reviews/${receipt}`, verdict);
  expect(decided.status).toBe(200);
});

test('a judge that fails or is late leaves the question to the teacher', async () => {
  const scripts: readonly Script[] = [
    (_seen, response) => sendJson(response, { error: {} }, 500),
    () => undefined,
  ];
  for (const script of scripts) {
    school.upstream.play(judging(script));
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const told = await school.ask(school.pupil, '曖昧な質問');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    // oxlint-disable-next-line no-await-in-loop
    const { school: verdict } = (await school.detail(told.receipt)) as {
      school: { judge: { said: string; why: string } };
    };
    expect(verdict.judge.said).toBe('silent');
    expect(['status', 'timeout']).toContain(verdict.judge.why);
    // It read the question, and that has its price, also where nobody waited for what it says.
    const { usage } = (await school.detail(told.receipt)) as { usage: { alongside?: object[] } };
    const late = [{ upstream: 'judge', why: 'judge', usage: { estimated: true } }];
    expect(usage.alongside ?? []).toMatchObject(verdict.judge.why === 'timeout' ? late : []);
  }
});

test('one judge is asked, whichever of the models answers', async () => {
  let models = 0;
  let judges = 0;
  school.upstream.play((seen, response) => {
    const [first] = seen.body['messages'] as { role: string }[];
    if (first?.role === 'system') {
      judges++;
      return void setTimeout(() => void say('above')(seen, response), 50);
    }
    if (models++ === 0) return sendJson(response, { error: {} }, 500);
    return say('そうです。')(seen, response);
  });
  const told = await school.ask(school.pupil, '曖昧な質問');
  expect(models).toBe(2);
  expect(judges).toBe(1);
  const detail = (await school.detail(told.receipt)) as {
    school: { notes: { rule: string }[] };
    usage: { alongside: object[] };
  };
  expect(detail.school.notes.map(({ rule }) => rule)).toEqual(['judge-above']);
  expect(detail.usage.alongside).toHaveLength(1);
});
