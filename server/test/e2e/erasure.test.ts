import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type RunningCheckpoint,
  build,
  root,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  checkpoint = await startCheckpoint(data.path);
});

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  data.remove();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(path: string, body?: object, key = checkpoint.key): Promise<Answer> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const errorOf = ({ status, body }: Answer): unknown => ({
  status,
  ...(body['error'] as { code: string; param: string | null }),
});

/** A passage that needs no model: a rule refuses it. @returns its id */
async function refusedPassage(user?: string): Promise<string> {
  const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      ...(user === undefined ? {} : { user }),
      messages: [{ role: 'user', content: 'My Number 123456789018' }],
    }),
  });
  expect(response.status).toBe(400);
  return response.headers.get('x-sekisho-receipt')!;
}

async function receiptOf(id: string): Promise<string> {
  const response = await fetch(`${checkpoint.url}/receipts/${id}`, {
    headers: { authorization: `Bearer ${checkpoint.key}` },
  });
  return response.text();
}

/** Runs the command line; a failing command gives its exit code and what it said. */
async function sekisho(...args: readonly string[]): Promise<{ code: number; said: string }> {
  try {
    const bin = join(root, 'server/bin/sekisho.js');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [bin, ...args, '--data', data.path],
      { env: { ...process.env, LANG: 'C', LC_ALL: 'C' } },
    );
    return { code: 0, said: stdout.trim() };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, said: `${failed.stdout}${failed.stderr}`.trim() };
  }
}

const order = { groups: ['identity', 'content'], basis: 'appi-35', authority: 'Citizens desk' };

describe('a person who asks for it', () => {
  test('has everything about them erased, whoever else was there, but what is held', async () => {
    const [one, two, held] = [
      await refusedPassage('person 77'),
      await refusedPassage('person 77'),
      await refusedPassage('person 77'),
    ];
    const other = await refusedPassage('person 78');
    const reason = ['--reason', 'case 12', '--authority', 'court'];
    expect((await sekisho('hold', held, ...reason, '--data', data.path)).code).toBe(0);
    const words = ['--basis', 'appi-35', '--authority', 'privacy office', '--data', data.path];
    const first = await sekisho('erase', '--person', 'person 77', ...words);
    expect(first).toMatchObject({
      code: 1,
      said: expect.stringMatching(/erased: 2 .*hold: 1; not ended yet: 0/),
    });
    for (const [id, state] of [
      [one, 'ERASED'],
      [two, 'ERASED'],
      [held, 'PRESENT'],
      [other, 'PRESENT'],
    ] as const) {
      expect((await call(`/api/passages/${id}`)).body['contentState']).toBe(state);
    }
    const again = await sekisho('erase', '--person', 'person 77', ...words);
    expect(again.said).toMatch(/erased: 0 .*hold: 1/);
    const nobody = await sekisho('erase', '--person', 'person 79', ...words);
    expect(nobody).toMatchObject({ code: 0, said: expect.stringMatching(/erased: 0 /) });
    const check = await sekisho('fsck', '--all', '--data', data.path);
    expect(check).toMatchObject({
      code: 0,
      said: expect.stringMatching(/ERASED [1-9][0-9]*, MISSING 0/),
    });
  });
});

describe('erasing over HTTP', () => {
  test('destroys the text, says by whom and why, and keeps the receipt valid', async () => {
    const id = await refusedPassage();
    const before = await receiptOf(id);
    const erased = await call(`/api/passages/${id}/erase`, order);
    expect(erased.status).toBe(200);
    const { entries } = erased.body as { entries: { index: number }[] };
    expect(entries).toHaveLength(1);
    const detail = await call(`/api/passages/${id}`);
    expect(detail.body).toMatchObject({
      contentState: 'ERASED',
      states: { identity: 'ERASED', content: 'ERASED', ops: 'PRESENT' },
      erasures: [
        {
          index: entries[0].index,
          groups: order.groups,
          basis: 'appi-35',
          authority: 'Citizens desk',
        },
      ],
      held: false,
      key: '',
      rules: ['my-number-stays-here'],
    });
    const opened = await call(`/api/passages/${id}/open`, {});
    expect(opened.body).toMatchObject({ contentState: 'ERASED', request: null });
    for (const receipt of [before, await receiptOf(id)]) {
      const { code, said } = verifyOffline(receipt, checkpoint.vkey);
      expect(said).toContain('UNANCHORED');
      expect(code).toBe(0);
    }
    expect(errorOf(await call(`/api/passages/${id}/erase`, order))).toMatchObject({
      status: 409,
      code: 'passage_erased',
    });
  });

  test('is for operators, and refuses what it does not understand', async () => {
    const id = await refusedPassage();
    const { body } = await call('/api/keys', { name: 'a user' });
    const path = `/api/passages/${id}/erase`;
    expect(errorOf(await call(path, order, body['secret'] as string))).toMatchObject({
      status: 403,
      code: 'operator_key_required',
    });
    const wrong: readonly (readonly [object, string])[] = [
      [{ ...order, groups: [] }, 'groups'],
      [{ ...order, groups: ['everything'] }, 'groups'],
      [{ ...order, basis: 'Because I can' }, 'basis'],
      [{ ...order, authority: ' ' }, 'authority'],
      [{ groups: order.groups, basis: order.basis }, 'authority'],
    ];
    for (const [given, param] of wrong) {
      expect(errorOf(await call(path, given))).toMatchObject({
        status: 400,
        code: 'invalid_value',
        param,
      });
    }
    expect(await call(path, { ...order, basis: 'retention' })).toMatchObject({ status: 400 });
    expect(errorOf(await call(`/api/passages/${'0'.repeat(32)}/erase`, order))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect((await call(`/api/passages/${id}`)).body).toMatchObject({ contentState: 'PRESENT' });
  });

  test('is refused under a legal hold, until that is lifted', async () => {
    const id = await refusedPassage();
    const reason = { reason: 'case 7/2026', authority: 'District court' };
    const held = await call(`/api/passages/${id}/hold`, reason);
    const [entry] = (held.body as { entries: { id: string }[] }).entries;
    expect((await call(`/api/passages/${id}`)).body).toMatchObject({
      held: true,
      contentState: 'PRESENT',
    });
    expect(errorOf(await call(`/api/passages/${id}/erase`, order))).toMatchObject({
      status: 409,
      code: 'passage_held',
    });
    expect((await call(`/api/holds/${entry.id}/release`, reason)).status).toBe(200);
    expect((await call(`/api/holds/${entry.id}/release`, reason)).status).toBe(404);
    expect((await call(`/api/passages/${id}/erase`, order)).status).toBe(200);
  });
});

describe('a grant over HTTP', () => {
  const why = { reason: 'yearly audit', authority: 'Board of audit' };

  test('lets a key that is no operator open what was granted, and each opening is recorded', async () => {
    const id = await refusedPassage();
    const other = await refusedPassage();
    const made = (await call('/api/keys', { name: 'auditor' })).body;
    const secret = made['secret'] as string;
    const open = (of: string): Promise<Answer> => call(`/api/passages/${of}/open`, {}, secret);
    expect((await open(id)).status).toBe(403);
    const until = Math.floor(Date.now() / 1_000) + 600;
    const grant = { reader: made['id'], passages: [id], groups: ['content', 'ops'], until, ...why };
    const given = await call('/api/grants', grant);
    expect(given.status).toBe(200);
    const [entry] = (given.body as { entries: { id: string }[] }).entries;
    const opened = await open(id);
    expect(opened.body).toMatchObject({ contentState: 'PRESENT', groups: ['content', 'ops'] });
    expect(JSON.stringify(opened.body['request'])).toContain('123456789018');
    expect(opened.body).toHaveProperty('verdicts');
    expect(opened.body).not.toHaveProperty('actor');
    expect((await open(other)).status).toBe(403);
    // What was opened to a reader gives no other right.
    expect((await call(`/api/passages/${id}`, undefined, secret)).status).toBe(403);
    expect((await call('/api/grants', grant, secret)).status).toBe(403);
    expect((await call(`/api/grants/${entry.id}/withdraw`, why)).status).toBe(200);
    expect((await open(id)).status).toBe(403);
  });

  test('names a key that exists and an end that is not past', async () => {
    const id = await refusedPassage();
    const grant = { passages: [id], groups: ['content'], until: 1, ...why };
    expect(errorOf(await call('/api/grants', { ...grant, reader: 'nobody' }))).toMatchObject({
      code: 'invalid_value',
      param: 'reader',
    });
    const made = (await call('/api/keys', { name: 'auditor' })).body;
    expect(await call('/api/grants', { ...grant, reader: made['id'] })).toMatchObject({
      status: 400,
    });
  });
});

describe('the command line', () => {
  const words = ['--basis', 'gdpr-17', '--authority', 'Data protection office'];

  test('erases, holds and releases', async () => {
    const id = await refusedPassage();
    const why = ['--reason', 'case 8/2026', '--authority', 'Court'];
    const hold = await sekisho('hold', id, ...why);
    expect(hold.said).toMatch(/^[0-9a-f]{32}$/);
    const refused = await sekisho('erase', id, ...words);
    expect(refused).toEqual({
      code: 1,
      said: "couldn't erase the passage: The passage is under a legal hold, which must be lifted first.",
    });
    expect((await sekisho('hold', 'release', hold.said, ...why)).code).toBe(0);
    const erased = await sekisho('erase', id, ...words, '--groups', 'identity,content,ops');
    expect(erased.said).toMatch(/^erased; entry \d+ says so$/);
    expect((await call(`/api/passages/${id}`)).body).toMatchObject({
      states: { identity: 'ERASED', content: 'ERASED', ops: 'ERASED' },
    });
  });

  test('asks for basis and authority before it touches anything', async () => {
    const id = await refusedPassage();
    const { code, said } = await sekisho('erase', id, '--basis', 'gdpr-17');
    expect(code).toBe(2);
    expect(said).toContain('--authority');
    expect((await call(`/api/passages/${id}`)).body).toMatchObject({ contentState: 'PRESENT' });
  });
});
