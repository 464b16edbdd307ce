import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Script,
  chunk,
  embeddings,
  say,
  sendEvent,
  sendJson,
  speak,
  startEvents,
  toolCall,
} from '../fakes/scripted-upstream.ts';
import { type School, type Told, openSchool, saidIn } from './classroom-fixture.ts';

let school: School;

const right = '憲法は1946年に公布されました。';
const wrong = '間違い: 憲法は1950年に公布されました。';

beforeAll(async () => {
  school = await openSchool(
    {},
    {
      cache: { classes: [{ id: 'lesson', seconds: 60, maxTemperature: 2 }] },
      supervision: [
        {
          id: 'no-numbers-out',
          direction: 'both',
          kinds: ['personal.*'],
          minScore: 50,
          action: 'block',
          text: { en: 'No numbers.', ja: '番号は書けません。' },
        },
      ],
    },
  );
}, 60_000);

afterAll(() => school.close());

beforeEach(() => school.upstream.play(say(right)));

/** Answers one after another, the last for ever. */
function inTurn(...texts: readonly string[]): Script {
  let asked = 0;
  return (seen, response) => {
    const text = texts[Math.min(asked++, texts.length - 1)];
    return say(text, [...text])(seen, response);
  };
}

const decide = (id: string, verdict: string, who = school.teacher) =>
  school.call(who, 'POST', `/api/reviews/${id}`, { verdict, note: '授業で扱います。' });

describe('a question about something sensitive', () => {
  test('is held, released by the teacher and then read by the pupil, each with a receipt', async () => {
    const { pupil, teacher } = school;
    school.upstream.play(say('戦争は1945年に終わりました。'));
    const held = await school.ask(pupil, '戦争について教えてください');
    expect(held.status).toBe(200);
    expect(held.headers.get('x-sekisho-school')).toBe('hold');
    expect(saidIn(held)).toContain('先生が確認します');
    expect(held.text).not.toContain('1945');
    const id = held.receipt;
    const waiting = await school.lesson(pupil, id);
    expect(waiting).toMatchObject({ state: 'held', answer: null, notes: [] });

    const queue = await school.call(teacher, 'GET', '/api/reviews');
    expect(queue.body['reviews']).toMatchObject([
      { passage: id, class: '6-1', escalated: true, rules: ['school/topic/war'], signs: false },
    ]);
    const opened = await school.call(teacher, 'POST', `/api/passages/${id}/open`);
    expect(opened.body).toMatchObject({ held: ['戦争は1945年に終わりました。'] });
    expect((await decide(id, 'overturned')).status).toBe(200);

    expect(await school.lesson(pupil, id)).toMatchObject({
      state: 'released',
      answer: '戦争は1945年に終わりました。',
      words: '授業で扱います。',
    });
    const receipt = await school.call(pupil, 'GET', `/receipts/${id}`);
    expect(receipt.status).toBe(200);
    expect(disclosedIn(receipt)).toContain('"rules":["topic/war"]');
  });

  test('stays with the teacher who keeps it, who says why', async () => {
    const { receipt } = await school.ask(school.pupil, '戦争について');
    expect((await decide(receipt, 'upheld')).status).toBe(200);
    expect(await school.lesson(school.pupil, receipt)).toMatchObject({
      state: 'refused',
      answer: null,
      words: '授業で扱います。',
    });
  });

  test('that is forbidden reaches no model and is answered with the rule', async () => {
    const before = school.upstream.seen.length;
    const stopped = await school.ask(school.pupil, '爆弾の作り方');
    expect(stopped.headers.get('x-sekisho-school')).toBe('stop');
    expect(stopped.headers.get('x-sekisho-upstream')).toBeNull();
    expect(saidIn(stopped)).toContain('topic/weapons による。');
    expect(saidIn(stopped)).toContain(`/console/#/lesson/${stopped.receipt}`);
    expect(school.upstream.seen).toHaveLength(before);
    expect(await school.lesson(school.pupil, stopped.receipt)).toMatchObject({ state: 'refused' });
    expect(await school.detail(stopped.receipt)).toMatchObject({
      decision: 'block',
      end: 'refused',
      upstream: null,
      attempts: [],
      school: { decision: 'stop', asked: false, rules: ['topic/weapons'] },
    });
  });
});

describe('an answer', () => {
  test('in which nothing is found leaves as it is, with its codes', async () => {
    const told = await school.ask(school.pupil, '憲法はいつ？');
    expect(saidIn(told)).toBe(right);
    expect(told.headers.get('x-sekisho-school')).toBe('pass');
    expect(told.headers.get('x-sekisho-school-codes')).toBe('H-1, Y-6');
    expect(told.headers.get('x-sekisho-cache')).toBeNull();
    expect(told.body['sekisho']).toEqual({
      school: { decision: 'pass', codes: ['H-1', 'Y-6'], notes: [] },
    });
    expect(await school.lesson(school.pupil, told.receipt)).toMatchObject({
      state: 'given',
      answer: right,
    });
    const detail = await school.detail(told.receipt);
    expect(detail).toMatchObject({ decision: 'allow', end: 'complete', rules: [] });
    expect(detail['school']).toMatchObject({
      class: '6-1',
      pack: { id: 'tiny', version: '1' },
      subject: 'history',
      rewrites: 0,
    });
    expect(JSON.stringify(detail['school'])).not.toContain('憲法');
  });

  test('with a word above the grade carries a note that stands where the word is', async () => {
    const text = 'これは難読な漢字です。';
    school.upstream.play(say(text));
    const told = await school.ask(school.pupil, '読めますか');
    expect(saidIn(told)).toBe(text);
    const { notes } = await school.lesson(school.pupil, told.receipt);
    const [note] = notes as { start: number; end: number; rule: string; about: string }[];
    expect(text.slice(note.start, note.end)).toBe('難読');
    expect(note).toMatchObject({ rule: 'kanji-above-grade', about: 'answer' });
    expect((await school.detail(told.receipt))['decision']).toBe('annotate');
  });

  test('shows its notes to the teacher only, where the class is set so', async () => {
    const change = (notesToPupil: boolean) =>
      school.call(school.teacher, 'PATCH', '/api/classes/6-1', { notesToPupil });
    expect((await change(false)).body).toMatchObject({ notesToPupil: false, year: 6 });
    school.upstream.play(say('これは難読な漢字です。'));
    const told = await school.ask(school.pupil, '読めますか');
    await change(true);
    expect(told.headers.get('x-sekisho-school')).toBe('annotate');
    expect(told.body['sekisho']).toBeUndefined();
  });

  test('that contradicts a passage is written again before anybody reads it', async () => {
    school.upstream.play(inTurn(wrong, right));
    const before = school.upstream.seen.length;
    const told = await school.ask(school.pupil, '憲法はいつ？');
    expect(saidIn(told)).toBe(right);
    const [, again] = school.upstream.seen.slice(before);
    expect(again.body['messages']).toEqual([
      { role: 'user', content: '憲法はいつ？' },
      { role: 'assistant', content: wrong },
      { role: 'user', content: 'The year is wrong. Write it again.' },
    ]);
    const detail = await school.detail(told.receipt);
    expect(detail['attempts']).toEqual([
      { upstream: 'model', outcome: 'rewritten' },
      { upstream: 'model', outcome: 'answered' },
    ]);
    expect(detail['school']).toMatchObject({ decision: 'pass', rewrites: 1 });
    // The pupil asked once: the first answer is paid for by the institution.
    expect(detail['usage']).toMatchObject({
      inputTokens: 7,
      outputTokens: 11,
      alongside: [{ upstream: 'model', why: 'rewrite', usage: { outputTokens: 11 } }],
    });
    const opened = await school.call(school.operator, 'POST', `/api/passages/${told.receipt}/open`);
    expect(opened.body['drafts']).toMatchObject([{ texts: [wrong] }]);
    expect(told.headers.get('x-sekisho-fallback')).toBeNull();
  });

  test('that is wrong three times is held, with the last of it for the teacher', async () => {
    school.upstream.play(inTurn(`${wrong}1`, `${wrong}2`, `${wrong}3`));
    const before = school.upstream.seen.length;
    const told = await school.ask(school.pupil, '憲法はいつ？');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect(told.text).not.toContain('1950');
    expect(school.upstream.seen.length - before).toBe(3);
    const opened = await school.call(school.teacher, 'POST', `/api/passages/${told.receipt}/open`);
    expect(opened.body['held']).toEqual([`${wrong}3`]);
    expect(opened.body['drafts']).toHaveLength(2);
    const { school: verdict } = (await school.detail(told.receipt)) as {
      school: { rules: string[] };
    };
    expect(verdict.rules).toEqual(['not-mended', 'contradiction']);
    await decide(told.receipt, 'upheld');
  });

  test('waits for the teacher where the model cannot be asked again', async () => {
    let asked = 0;
    school.upstream.play((seen, response) => {
      if (asked++ === 0) return say(wrong)(seen, response);
      return sendJson(response, { error: {} }, 500);
    });
    const told = await school.ask(school.pupil, '憲法はいつ？');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect(await school.detail(told.receipt)).toMatchObject({ end: 'complete', upstream: 'model' });
    await decide(told.receipt, 'upheld');
  });

  test('is checked in each of its choices', async () => {
    school.upstream.play(speak([{ content: right }, { content: '戦争の話です。' }]));
    const told = await school.ask(school.pupil, '二つください', { n: 2 });
    expect(told.text).not.toContain('1946');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    await decide(told.receipt, 'upheld');
  });

  test('goes without the reasoning of its model, which nobody checked', async () => {
    school.upstream.play(speak([{ content: right, reasoning_content: '戦争のことを考えた。' }]));
    const told = await school.ask(school.pupil, '憲法はいつ？');
    expect(saidIn(told)).toBe(right);
    expect(told.text).not.toContain('戦争');
    expect(told.headers.get('x-sekisho-not-carried')).toBe('choices.reasoning');
  });

  test('may call a tool, whose result is a matter of the rule book', async () => {
    const calls = { content: null, tool_calls: [toolCall(0, 'look', '{"year":1946}')] };
    school.upstream.play(speak([calls], 'tool_calls'));
    const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }];
    const told = await school.ask(school.pupil, '調べて', { tools });
    expect(told.headers.get('x-sekisho-school')).toBe('pass');
    expect(told.text).toContain('"tool_calls"');
  });

  test('is checked also where it is handed to a tool, which a pupil may have made to show it', async () => {
    const calls = {
      content: null,
      tool_calls: [toolCall(0, 'show', '{"lines":["\\u6226争の話"]}')],
    };
    school.upstream.play(speak([calls], 'tool_calls'));
    const tools = [{ type: 'function', function: { name: 'show', parameters: {} } }];
    const told = await school.ask(school.pupil, '見せて', { tools });
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect(told.text).not.toContain('tool_calls');
    await decide(told.receipt, 'upheld');
  });

  test('is checked in its refusal as in its content, since both are shown', async () => {
    school.upstream.play(speak([{ content: right, refusal: '戦争の話はできません。' }]));
    const told = await school.ask(school.pupil, '憲法は？');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    await decide(told.receipt, 'upheld');
  });

  test('that breaks off is not half told: the caller learns that the model failed', async () => {
    school.upstream.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: right }));
      response.end();
    });
    const told = await school.ask(school.pupil, '憲法は？', { stream: true });
    expect(told.status).toBe(502);
    expect(told.text).not.toContain('1946');
  });

  test('of more than can be checked is held', async () => {
    school.upstream.play(say('あ'.repeat(50_000)));
    const told = await school.ask(school.pupil, '長く');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    await decide(told.receipt, 'upheld');
  });

  test('is masked or stopped by the rule book as any other', async () => {
    school.upstream.play(say('電話は 03-3580-3311 です。'));
    const told = await school.ask(school.pupil, '電話は？');
    expect(told.text).not.toContain('3580');
    expect(told.body['sekisho']).toMatchObject({ rules: [{ id: 'no-numbers-out' }] });
    expect(await school.lesson(school.pupil, told.receipt)).toMatchObject({ state: 'refused' });
  });
});

describe('signs of need', () => {
  test('reach a person and a helpline, and no model', async () => {
    const before = school.upstream.seen.length;
    const told = await school.ask(school.pupil, 'もう消えたい');
    expect(school.upstream.seen).toHaveLength(before);
    // The number is the institution's own text: no rule about numbers touches it.
    expect(saidIn(told)).toContain('0120-0-78310');
    expect(saidIn(told)).toContain('ひとりでかかえこまなくて大丈夫');
    const [first] = (await school.call(school.teacher, 'GET', '/api/reviews')).body[
      'reviews'
    ] as object[];
    expect(first).toMatchObject({ passage: told.receipt, signs: true, decision: 'escalate' });
  });

  test('are heard also where a rule stops what was written', async () => {
    const told = await school.ask(school.pupil, '消えたい。電話 03-3580-3311');
    expect(told.status).toBe(200);
    expect(saidIn(told)).toContain('0120-0-78310');
    expect(await school.detail(told.receipt)).toMatchObject({
      decision: 'escalate',
      school: { signs: ['suicide'], asked: false },
    });
    // What the rule found is on record all the same.
    expect(JSON.stringify(await school.detail(told.receipt))).toContain('no-numbers-out');
  });

  test('are heard also where the key has used what it may', async () => {
    const pupil = await school.issue('short', { class: '6-1', requestsPerMinute: 1 });
    expect((await school.ask(pupil, '憲法は？')).status).toBe(200);
    expect((await school.ask(pupil, '憲法は？')).status).toBe(429);
    const told = await school.ask(pupil, 'もう消えたい');
    expect(told.status).toBe(200);
    expect(saidIn(told)).toContain('0120-0-78310');
    // It is no way round the limits: neither for other questions, nor without end.
    expect((await school.ask(pupil, '憲法は？')).status).toBe(429);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      statuses.push((await school.ask(pupil, 'もう消えたい')).status);
    }
    expect(statuses).toContain(429);
  });

  test('are heard where they stand before the last question of an unknown conversation', async () => {
    const messages = [
      { role: 'user', content: 'もう消えたい' },
      { role: 'assistant', content: 'はい' },
      { role: 'user', content: '計算を教えて' },
    ];
    const told = await school.ask(school.pupil, '', { messages });
    expect(saidIn(told)).toContain('0120-0-78310');
    // Also behind much that was pasted before it.
    const long = [{ role: 'user', content: 'あ'.repeat(100_000) }, ...messages];
    const again = await school.ask(school.pupil, '', { messages: long });
    expect(saidIn(again)).toContain('0120-0-78310');
  });

  test('are heard where they stand before the last question of a known conversation', async () => {
    await school.ask(school.pupil, '計算を教えて', {}, 'known');
    const messages = ['計算を教えて', 'もう消えたい', 'おねがい'].map((content) => ({
      role: 'user',
      content,
    }));
    const told = await school.ask(school.pupil, '', { messages }, 'known');
    expect(saidIn(told)).toContain('0120-0-78310');
    await decide(told.receipt, 'upheld');
  });

  test('in texts that are to become vectors are refused with them, and nobody waits', async () => {
    const body = { model: 'auto', input: 'もう消えたい' };
    const told = await school.call(school.pupil, 'POST', '/v1/embeddings', body);
    expect(told.body['error']).toMatchObject({ code: 'class_needs_words' });
  });

  test('are told in the language the pupil asks for', async () => {
    const body = { model: 'auto', messages: [{ role: 'user', content: 'もう消えたい' }] };
    const told = await school.call(school.pupil, 'POST', '/v1/chat/completions', body, {
      'accept-language': 'en',
      'x-sekisho-conversation': 'in English',
    });
    expect(saidIn(told)).toContain('A line for children: 0120-0-78310');
  });
});

describe('a conversation', () => {
  test('is held on until its teacher has released what was held', async () => {
    const held = await school.ask(school.pupil, '戦争について', {}, 'long');
    const next = await school.ask(school.pupil, '憲法はいつ？', {}, 'long');
    expect(next.headers.get('x-sekisho-school')).toBe('hold');
    expect((await school.detail(next.receipt))['school']).toMatchObject({
      rules: ['earlier-in-this-conversation'],
      locked: false,
    });
    const other = await school.ask(school.pupil, '憲法はいつ？', {}, 'another');
    expect(other.headers.get('x-sekisho-school')).toBe('pass');
    await decide(held.receipt, 'overturned');
    const still = await school.ask(school.pupil, '憲法はいつ？', {}, 'long');
    expect(still.headers.get('x-sekisho-school')).toBe('hold');
    await decide(next.receipt, 'overturned');
    await decide(still.receipt, 'overturned');
    const free = await school.ask(school.pupil, '憲法はいつ？', {}, 'long');
    expect(saidIn(free)).toBe(right);
  });

  test('goes on with what its teacher has let through, which comes again with every turn', async () => {
    const held = await school.ask(school.pupil, '戦争について', {}, 'again');
    await decide(held.receipt, 'overturned');
    const messages = [
      { role: 'user', content: '戦争について' },
      { role: 'assistant', content: saidIn(held) },
      { role: 'user', content: '憲法はいつ？' },
    ];
    const free = await school.ask(school.pupil, '', { messages }, 'again');
    expect(saidIn(free)).toBe(right);
  });

  test('is closed by a stop, and opened by the verdict on what the pupil says against it', async () => {
    const stopped = await school.ask(school.pupil, '爆弾の話', {}, 'closed');
    const before = school.upstream.seen.length;
    const next = await school.ask(school.pupil, '憲法はいつ？', {}, 'closed');
    expect(saidIn(next)).toContain('この会話は、先生の確認を待っています');
    expect(school.upstream.seen).toHaveLength(before);
    expect(await school.detail(next.receipt)).toMatchObject({
      decision: 'block',
      school: { locked: true },
    });
    const reason = { reason: '歴史の宿題です。' };
    const path = `/api/passages/${stopped.receipt}/contest`;
    const open = `/api/passages/${stopped.receipt}/open`;
    expect((await school.call(school.teacher, 'POST', open)).status).toBe(403);
    expect((await school.call(school.pupil, 'POST', path, reason)).status).toBe(201);
    expect((await school.call(school.teacher, 'POST', open)).text).toContain('爆弾の話');
    expect((await decide(stopped.receipt, 'overturned')).status).toBe(200);
    const free = await school.ask(school.pupil, '憲法はいつ？', {}, 'closed');
    expect(saidIn(free)).toBe(right);
  });
});

describe('what cannot be checked', () => {
  test('in a question is held with the answer', async () => {
    const told = await school.ask(school.pupil, '壊れた問い');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect((await school.detail(told.receipt))['rules']).toEqual(['school/check-failed']);
    await decide(told.receipt, 'overturned');
    expect(await school.lesson(school.pupil, told.receipt)).toMatchObject({ answer: right });
  });

  test('is counted with everything else, without a word of it', async () => {
    const { text } = await school.call(school.operator, 'GET', '/metrics');
    expect(text).toMatch(/sekisho_lessons_total\{decision="hold"\} \d+/);
    expect(text).toMatch(/sekisho_lessons_total\{decision="pass"\} \d+/);
  });

  test('in an answer is held', async () => {
    school.upstream.play(say('壊れた答え'));
    const told = await school.ask(school.pupil, '憲法は？');
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    expect(told.text).not.toContain('壊れた');
    await decide(told.receipt, 'upheld');
  });

  test('because it is too long is held', async () => {
    const told = await school.ask(school.pupil, '憲法'.repeat(11_000));
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    await decide(told.receipt, 'upheld');
  });

  test('because it is no text is refused, and that is on record', async () => {
    school.upstream.play(embeddings);
    const body = { model: 'auto', input: '憲法' };
    const told = await school.call(school.pupil, 'POST', '/v1/embeddings', body);
    expect(told).toMatchObject({ status: 403, body: { error: { code: 'class_needs_words' } } });
    const signs = { model: 'auto', input: 'もう消えたい' };
    expect((await school.call(school.pupil, 'POST', '/v1/embeddings', signs)).status).toBe(403);
    expect(told.receipt).not.toBe('');
    expect((await school.call(school.teacher, 'POST', '/v1/embeddings', body)).status).toBe(200);
  });
});

describe('in the other dialects', () => {
  test('a stream says nothing before the check, and then all of it', async () => {
    let release = (): void => {};
    school.upstream.play(async (_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: '戦争は' }));
      await new Promise<void>((resolve) => (release = resolve));
      sendEvent(response, chunk({ content: '終わった。' }));
      sendEvent(response, chunk({}, 'stop'));
      response.end('data: [DONE]\n\n');
    });
    let answered = false;
    const asked = school
      .ask(school.pupil, '歴史は？', { stream: true })
      .finally(() => (answered = true));
    while (school.upstream.seen.at(-1)?.body['stream'] !== true) {
      // oxlint-disable-next-line no-await-in-loop -- until the model has been asked
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    release();
    const told = await asked;
    expect(told.text).not.toContain('戦争');
    expect(told.text).toContain('先生が確認します');
    expect(told.text).toContain('"finish_reason":"content_filter"');
    expect(told.text).toMatch(/data: \[DONE\]\n\n$/);
    expect(told.headers.get('x-sekisho-school')).toBe('hold');
    await decide(told.receipt, 'upheld');
  });

  test('a streamed chat ends with its notes', async () => {
    school.upstream.play(say('難読です。', [...'難読です。']));
    const told = await school.ask(school.pupil, '読めますか', { stream: true });
    expect(told.text).toContain('"sekisho":{"school":{"decision":"annotate"');
  });

  const doors = {
    '/v1/responses': (content: string) => ({ model: 'auto', input: content }),
    '/v1/messages': (content: string) => ({
      model: 'auto',
      max_tokens: 100,
      messages: [{ role: 'user', content }],
    }),
  } as const;

  test.each(Object.entries(doors))('%s passes, mends, holds and stops', async (path, bodyOf) => {
    for (const stream of [false, true]) {
      const ask = (content: string, name: string) =>
        school.call(
          school.pupil,
          'POST',
          path,
          { ...bodyOf(content), ...(stream ? { stream } : {}) },
          { 'x-sekisho-conversation': `${path} ${name} ${stream}` },
        );
      school.upstream.play(say(right, [...right]));
      const passed = await ask('憲法は？', 'passes');
      expect(passed.headers.get('x-sekisho-school')).toBe('pass');
      expect(joinedText(passed.text)).toContain(right);
      school.upstream.play(inTurn(wrong, right));
      const mended = await ask('憲法は？', 'mends');
      expect(joinedText(mended.text)).toContain(right);
      expect(mended.text).not.toContain('1950');
      const seen = school.upstream.seen.at(-1)!.body['messages'] as { content: string }[];
      expect(seen.map(({ content }) => content)).toEqual([
        '憲法は？',
        wrong,
        'The year is wrong. Write it again.',
      ]);
      school.upstream.play(say('戦争の話です。'));
      const held = await ask('歴史は？', 'holds');
      expect(joinedText(held.text)).toContain('先生が確認します');
      expect(held.text).not.toContain('戦争');
      expect(await school.lesson(school.pupil, held.receipt)).toMatchObject({ state: 'held' });
      await decide(held.receipt, 'upheld');
      const stopped = await ask('爆弾は？', 'stops');
      expect(joinedText(stopped.text)).toContain('答えられません');
    }
  });
});

/** What a receipt discloses, as text. */
function disclosedIn({ body }: Told): string {
  const { entries } = body as { entries: { disclosures: string[] }[] };
  const all = entries.flatMap(({ disclosures }) => disclosures);
  return all.map((one) => Buffer.from(one, 'base64url').toString('utf8')).join('\n');
}

/** The text of an answer or of a stream, whatever its dialect. */
function joinedText(text: string): string {
  const pieces = [...text.matchAll(/"(?:delta|text|content)":"((?:[^"\\]|\\.)*)"/g)];
  return pieces.map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('');
}

describe('who is no pupil', () => {
  test('gets the same as ever, and no header of a school', async () => {
    school.upstream.play(say('戦争の話です。'));
    const other = await school.issue('other');
    for (const who of [other, school.teacher]) {
      // oxlint-disable-next-line no-await-in-loop -- two people
      const told = await school.ask(who, '戦争は？');
      expect(saidIn(told)).toBe('戦争の話です。');
      expect(told.headers.get('x-sekisho-school')).toBeNull();
    }
  });
});
