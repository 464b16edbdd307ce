import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { say } from '../fakes/scripted-upstream.ts';
import { writeTinyPack } from '../fakes/tiny-pack.ts';
import { type Person, type School, openSchool, saidIn } from './classroom-fixture.ts';

let school: School;
let other: Person;
let stranger: Person;

beforeAll(async () => {
  school = await openSchool({ teacherReads: 'flagged' });
  const made = { id: '6-2', title: 'Class 6-2', pack: 'tiny', year: 6, subject: 'history' };
  expect((await school.call(school.operator, 'POST', '/api/classes', made)).status).toBe(201);
  other = await school.issue('another teacher', { class: '6-2', role: 'teacher' });
  stranger = await school.issue('nobody');
}, 60_000);

afterAll(() => school.close());

const statusOf = async (who: Person, method: string, path: string, body?: object) =>
  (await school.call(who, method, path, body)).status;

describe('classes', () => {
  test('are made by operators, with what the pack knows', async () => {
    const at = (more: object) =>
      school.call(school.operator, 'POST', '/api/classes', {
        id: 'new',
        title: 'New',
        pack: 'tiny',
        year: 6,
        ...more,
      });
    for (const [more, param] of [
      [{ id: '6-1' }, 'id'],
      [{ id: 'A class' }, 'id'],
      [{ pack: 'absent' }, 'pack'],
      [{ year: 5 }, 'year'],
      [{ subject: 'magic' }, 'subject'],
      [{ colour: 'red' }, 'colour'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const told = await at(more);
      expect(told, param).toMatchObject({ status: 400, body: { error: { param } } });
    }
    expect(await statusOf(school.teacher, 'POST', '/api/classes', { id: 'x' })).toBe(403);
  });

  test('show their settings and how many keys they have, and no pupil', async () => {
    const all = await school.call(school.operator, 'GET', '/api/classes');
    expect(all.body).toMatchObject({
      classes: [
        { id: '6-1', pack: 'tiny', ready: true, pupils: 1, teachers: 1 },
        { id: '6-2', subject: 'history', pupils: 0, teachers: 1 },
      ],
      packs: [{ id: 'tiny', years: [{ year: 6 }], subjects: [{ id: 'history' }] }],
    });
    expect(all.text).not.toContain('"pupil"');
  });

  test('are changed by their teacher, and found by no other', async () => {
    const change = { scaffold: true, title: '6年1組' };
    const changed = await school.call(school.teacher, 'PATCH', '/api/classes/6-1', change);
    expect(changed.body).toMatchObject({ scaffold: true, title: '6年1組', year: 6 });
    const mine = await school.call(other, 'GET', '/api/classes');
    expect(mine.body['classes']).toMatchObject([{ id: '6-2' }]);
    expect(await statusOf(other, 'GET', '/api/classes/6-1')).toBe(404);
    expect(await statusOf(other, 'PATCH', '/api/classes/6-1', change)).toBe(404);
    expect(await statusOf(other, 'DELETE', '/api/classes/6-1')).toBe(403);
    expect(await statusOf(other, 'GET', '/api/classes/6-1/report')).toBe(404);
    for (const path of ['/api/classes', '/api/classes/6-1', '/api/classes/6-1/report']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await statusOf(stranger, 'GET', path)).toBe(403);
      // oxlint-disable-next-line no-await-in-loop
      expect(await statusOf(school.pupil, 'GET', path)).toBe(403);
    }
  });

  test('go only when no key belongs to them any more', async () => {
    const made = { id: 'gone', title: 'Gone', pack: 'tiny', year: 6 };
    await school.call(school.operator, 'POST', '/api/classes', made);
    const pupil = await school.issue('late', { class: 'gone' });
    const remove = () => school.call(school.operator, 'DELETE', '/api/classes/gone');
    expect(await remove()).toMatchObject({
      status: 409,
      body: { error: { code: 'class_in_use' } },
    });
    await school.call(school.operator, 'DELETE', `/api/keys/${pupil.id}`);
    expect((await remove()).body).toEqual({ id: 'gone', removed: true });
    const key = { name: 'late', class: 'gone' };
    const told = await school.call(school.operator, 'POST', '/api/keys', key);
    expect(told).toMatchObject({ status: 400, body: { error: { param: 'class' } } });
  });
});

describe('a teacher', () => {
  test('sees, opens and decides what waits in the own class alone', async () => {
    school.upstream.play(say('戦争は1945年に終わりました。'));
    const { receipt } = await school.ask(school.pupil, '戦争について');
    const queue = await school.call(other, 'GET', '/api/reviews');
    expect(queue.body['reviews']).toEqual([]);
    const verdict = { verdict: 'overturned', note: 'よい。' };
    for (const [method, path, body] of [
      ['GET', `/api/reviews/${receipt}`, undefined],
      ['POST', `/api/reviews/${receipt}`, verdict],
      ['POST', `/api/reviews/${receipt}/open`, undefined],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await statusOf(other, method, path, body), path).toBe(404);
      // oxlint-disable-next-line no-await-in-loop
      expect(await statusOf(school.pupil, method, path, body), path).toBe(403);
    }
    expect(await statusOf(other, 'POST', `/api/passages/${receipt}/open`)).toBe(403);
    expect(await statusOf(school.pupil, 'POST', `/api/passages/${receipt}/open`)).toBe(403);
    const own = await school.call(school.teacher, 'GET', `/api/reviews/${receipt}`);
    expect(own.body).toMatchObject({ mayOpen: true, class: '6-1', detail: { key: 'pupil' } });
    expect(await statusOf(school.teacher, 'POST', `/api/reviews/${receipt}`, verdict)).toBe(200);
    // What is not of a class is not a teacher's either.
    expect(await statusOf(school.teacher, 'GET', '/api/passages')).toBe(403);
    expect(await statusOf(school.teacher, 'GET', '/api/keys')).toBe(403);
  });

  test('reads no more than the rule book says', async () => {
    school.upstream.play(say('憲法は1946年に公布されました。'));
    const plain = await school.ask(school.pupil, '憲法は？');
    const open = (id: string) => school.call(school.teacher, 'POST', `/api/passages/${id}/open`);
    expect((await open(plain.receipt)).status).toBe(403);
    const reason = { reason: '年が違うと思います。' };
    const contest = `/api/passages/${plain.receipt}/contest`;
    expect(await statusOf(school.pupil, 'POST', contest, reason)).toBe(201);
    // Under `flagged` also what a pupil objects to.
    expect((await open(plain.receipt)).text).toContain('1946');
    const words = await school.call(school.teacher, 'POST', `/api/reviews/${plain.receipt}/open`);
    expect(words.body).toMatchObject({ reason: '年が違うと思います。' });
    expect(await school.lesson(school.pupil, plain.receipt)).toMatchObject({
      state: 'given',
      contested: true,
    });
  });

  test('is told of the lesson of a pupil by nobody else: it is the pupil’s own', async () => {
    const { receipt } = await school.ask(school.pupil, '憲法は？');
    const path = `/api/passages/${receipt}/lesson`;
    for (const who of [school.teacher, school.operator, stranger]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await statusOf(who, 'GET', path)).toBe(404);
    }
    const ordinary = await school.ask(stranger, '憲法は？');
    expect(await statusOf(stranger, 'GET', `/api/passages/${ordinary.receipt}/lesson`)).toBe(404);
  });
});

describe('the weekly report', () => {
  test('counts without names, and tells no count below ten', async () => {
    const pupil = await school.issue('many', { class: '6-2' });
    school.upstream.play(say('憲法は1946年に公布されました。'));
    for (let i = 0; i < 12; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await school.ask(pupil, `憲法の${i}`);
    }
    school.upstream.play(say('難読です。'));
    for (let i = 0; i < 3; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await school.ask(pupil, `読み方の${i}`);
    }
    const told = await school.call(other, 'GET', '/api/classes/6-2/report?weeks=2');
    const { weeks } = told.body as { weeks: Record<string, unknown>[] };
    expect(weeks).toHaveLength(1);
    expect(weeks[0]).toMatchObject({
      open: true,
      // 15 less the ten that are told would be a count of few.
      all: [{ name: 'passages', count: null }, { count: null }, { count: null }, { count: null }],
      subject: [{ name: 'history', count: 10 }],
      rule: [],
    });
    expect(weeks[0]['decision']).toEqual([
      { name: 'pass', count: 10 },
      { name: 'annotate', count: null },
      { name: 'hold', count: null },
      { name: 'stop', count: null },
    ]);
    expect(told.text).not.toContain('many');
  });
});

describe('a pack', () => {
  test('is taken in by a reload in its newer version, and published in the ledger', async () => {
    writeTinyPack(join(school.directory, 'packs', 'tiny', '10'), { version: '10' });
    expect((await school.checkpoint.reload()).changed).toBe(true);
    expect((await school.checkpoint.reload()).changed).toBe(false);
    school.upstream.play(say('憲法は1946年に公布されました。'));
    const told = await school.ask(school.pupil, '憲法は？');
    const { school: verdict } = (await school.detail(told.receipt)) as {
      school: { pack: { version: string; hash: string; leaf: string } };
    };
    expect(verdict.pack).toMatchObject({ id: 'tiny', version: '10' });
    expect(verdict.pack.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(verdict.pack.leaf).toMatch(/^[\w-]{43}$/);
  });

  test('that is gone makes its classes wait, and need is met by a person all the same', async () => {
    rmSync(join(school.directory, 'packs', 'tiny'), { recursive: true });
    expect((await school.checkpoint.reload()).changed).toBe(true);
    const told = await school.ask(school.pupil, '憲法は？');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect(saidIn(told)).toContain('先生が確認します');
    expect(await school.detail(told.receipt)).toMatchObject({
      decision: 'escalate',
      rules: ['school/pack-missing'],
      school: { pack: null },
    });
    const classes = await school.call(school.teacher, 'GET', '/api/classes');
    expect(classes.body).toMatchObject({ classes: [{ ready: false }], packs: [] });
    const opened = await school.call(school.teacher, 'POST', `/api/passages/${told.receipt}/open`);
    expect(opened.body['held']).toEqual(['憲法は1946年に公布されました。']);
  });
});
