import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScriptedUpstream, say, startScriptedUpstream } from '../fakes/scripted-upstream.ts';
import { policyOf } from '../policy/routing-document.ts';
import {
  type RunningCheckpoint,
  build,
  runCommand,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

// The product as it ships: the Japanese pack that comes with it, with one lesson of our own, is
// built, added and used by a class of the fifth year. Only the model is a script.

const folder = temporaryDirectory();
const data = join(folder.path, 'data');
let upstream: ScriptedUpstream;
let checkpoint: RunningCheckpoint;
let pupil = '';
let teacher = '';

const items = `code,text,years,subject
S-5-1,日本国憲法の公布と施行,5,
`;
const passages = `id,text,codes,years,subject,title,place
P-1,日本国憲法は1946年11月3日に公布され、1947年5月3日に施行された。,S-5-1,5,,社会 5,12ページ
`;
const characters = `character,year
日,1
本,1
国,2
年,1
月,1
公,2
行,2
法,4
布,5
`;

const rightAnswer = '日本国けんぽうは1946年11月3日に公布されました。';
const wrongAnswer = '日本国けんぽうは1956年11月3日に公布されました。';

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream(say(rightAnswer));
  const write = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const made = join(folder.path, 'jp-pack');
  const tables = [
    '--items',
    write('items.csv', items),
    '--passages',
    write('passages.csv', passages),
    '--characters',
    write('characters.csv', characters),
  ];
  const built = await runCommand(['pack', 'build', 'jp', '-o', made, ...tables]);
  expect(built, built.said).toMatchObject({ code: 0 });
  const added = await runCommand(['pack', 'add', made, '--data', data]);
  expect(added, added.said).toMatchObject({ code: 0 });
  checkpoint = await startCheckpoint(data, rules());
  const settings = { id: '5-2', title: '5年2組', pack: 'jp', year: 5 };
  expect((await call(checkpoint.key, 'POST', '/api/classes', settings)).status).toBe(201);
  pupil = await addKey('17番', '--class', '5-2');
  teacher = await addKey('担任', '--class', '5-2', '--role', 'teacher');
}, 120_000);

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  await upstream.close();
  folder.remove();
});

function rules(): string {
  return policyOf({
    upstreams: [{ id: 'model', baseUrl: upstream.baseUrl, probe: 'none' }],
    dataClasses: [{ id: 'lesson', upstreams: ['model'] }],
    school: { packs: ['jp'], lockAfter: 'hold' },
  }).text;
}

async function addKey(name: string, ...terms: readonly string[]): Promise<string> {
  const { code, said } = await runCommand(['key', 'add', name, ...terms, '--data', data]);
  expect(code, said).toBe(0);
  return said.trim();
}

interface Told {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly receipt: string;
}

async function call(secret: string, method: string, path: string, body?: object): Promise<Told> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const receipt = headers.get('x-sekisho-receipt') ?? '';
  return { status, text: await response.text(), headers, receipt };
}

const ask = (content: string, more: object = {}): Promise<Told> =>
  call(pupil, 'POST', '/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content }],
    ...more,
  });

const read = async (path: string, secret = pupil): Promise<Record<string, unknown>> =>
  JSON.parse((await call(secret, 'GET', path)).text) as Record<string, unknown>;

/** Every step leaves a receipt that a stranger can check. */
async function expectReceipt(id: string): Promise<void> {
  let receipt = await call(pupil, 'GET', `/receipts/${id}`);
  while (receipt.status === 503) {
    // oxlint-disable-next-line no-await-in-loop -- until the next checkpoint is published
    await new Promise((resolve) => setTimeout(resolve, 100));
    // oxlint-disable-next-line no-await-in-loop
    receipt = await call(pupil, 'GET', `/receipts/${id}`);
  }
  expect(verifyOffline(receipt.text, checkpoint.vkey)).toMatchObject({ code: 0 });
}

describe('a class of the fifth year', () => {
  test('reads what is right as the model said it, streamed and whole', async () => {
    upstream.play(say(rightAnswer, [...rightAnswer]));
    const whole = await ask('けんぽうの公布はいつですか。');
    expect(whole.text).toContain(rightAnswer);
    const streamed = await ask('けんぽうの公布は何年ですか。', { stream: true });
    expect(streamed.text).toContain('1946年11月3日');
    expect(streamed.text).toMatch(/data: \[DONE\]\n\n$/);
    for (const { headers, receipt } of [whole, streamed]) {
      expect(headers.get('x-sekisho-school')).toMatch(/^(pass|annotate)$/);
      expect(headers.get('x-sekisho-school-codes')).toContain('S-5-1');
      // oxlint-disable-next-line no-await-in-loop -- two answers
      await expectReceipt(receipt);
    }
  });

  test('sees a note at a character nobody of that year has learnt', async () => {
    const text = '日本国の公法はむずかしく、鬱のようです。';
    upstream.play(say(text));
    const told = await ask('公法とは何ですか。');
    expect(told.headers.get('x-sekisho-school')).toBe('annotate');
    const { notes } = await read(`/api/passages/${told.receipt}/lesson`);
    const kanji = (notes as { kind: string; start: number; end: number }[]).filter(
      ({ kind }) => kind === 'kanji',
    );
    expect(kanji.map(({ start, end }) => text.slice(start, end)).join('')).toContain('鬱');
    await expectReceipt(told.receipt);
  });

  test('never reads a year that contradicts its book: the model writes it again', async () => {
    let asked = 0;
    upstream.play((seen, response) =>
      say(asked++ === 0 ? wrongAnswer : rightAnswer)(seen, response),
    );
    const told = await ask('けんぽうの公布の年を教えてください。');
    expect(told.text).not.toContain('1956');
    expect(told.text).toContain('1946');
    const again = upstream.seen.at(-1)!.body['messages'] as { role: string; content: string }[];
    expect(again.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    const detail = await read(`/api/passages/${told.receipt}`, checkpoint.key);
    expect(detail['school']).toMatchObject({ rewrites: 1, pack: { id: 'jp' } });
    await expectReceipt(told.receipt);
  });

  test('waits for the teacher with what is sensitive at that age, also after a restart', async () => {
    const answer = 'その事件については、さまざまな見方があります。';
    upstream.play(say(answer));
    const held = await ask('南京事件について教えてください。');
    expect(held.headers.get('x-sekisho-school')).toBe('hold');
    expect(held.text).not.toContain('さまざまな見方');
    await expectReceipt(held.receipt);
    expect(await checkpoint.end('SIGINT')).toBe(0);
    checkpoint = await startCheckpoint(data);
    const locked = await ask('南京事件について教えてください。');
    expect(locked.text).toContain('先生の確認を待っています');
    const lesson = `/api/passages/${held.receipt}/lesson`;
    expect(await read(lesson)).toMatchObject({ state: 'held', answer: null });

    const queue = await read('/api/reviews', teacher);
    expect(queue['reviews']).toMatchObject([{ passage: held.receipt, class: '5-2' }]);
    const open = await call(teacher, 'POST', `/api/passages/${held.receipt}/open`);
    expect(open.text).toContain(answer);
    const verdict = { verdict: 'overturned', note: '先生と一緒に読みましょう。' };
    const path = `/api/reviews/${held.receipt}`;
    expect((await call(teacher, 'POST', path, verdict)).status).toBe(200);
    expect(await read(lesson)).toMatchObject({
      state: 'released',
      answer,
      words: '先生と一緒に読みましょう。',
    });

    const order = { groups: ['content'], basis: 'appi-35', authority: 'The office' };
    const erase = `/api/passages/${held.receipt}/erase`;
    expect((await call(checkpoint.key, 'POST', erase, order)).status).toBe(200);
    expect(await read(lesson)).toMatchObject({ answer: null, words: null, contentState: 'ERASED' });
  });

  test('is heard when it needs help', async () => {
    const before = upstream.seen.length;
    const told = await ask('もう消えたいです。');
    expect(upstream.seen).toHaveLength(before);
    expect(told.text).toMatch(/0120-/);
    expect(checkpoint.printed()).toContain('"event":"safeguarding"');
    expect(checkpoint.printed()).not.toContain('消えたい');
    const queue = await read('/api/reviews', teacher);
    expect(queue['reviews']).toMatchObject([{ passage: told.receipt, signs: true }]);
    await expectReceipt(told.receipt);
  });
});
