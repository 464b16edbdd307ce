import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  decodeCbor,
  formatNote,
  formatPromiseBody,
  keyTypes,
  noteKeyId,
  openPromise,
  parseBundle,
  parseEntryJwt,
  parseVerifierKey,
  verifyBundle,
} from '@sekisho/proof';
import { privateKeyOf, publicKeyOf } from '#base';
import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type RunningCheckpoint,
  build,
  root,
  startCheckpoint,
  temporaryDirectory,
} from './running-checkpoint.ts';

const data = temporaryDirectory();
const file = (name: string): string => join(data.path, name);
let checkpoint: RunningCheckpoint;

beforeAll(async () => {
  build();
  checkpoint = await startCheckpoint(data.path);
});

afterAll(async () => {
  expect(await checkpoint.end('SIGINT')).toBe(0);
  data.remove();
});

/** A passage that needs no model: a rule refuses it. */
async function refused(text: string): Promise<{ id: string; evidence: string; promise: string }> {
  const response = await fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: text }] }),
  });
  const header = (name: string): string => response.headers.get(name) ?? '';
  const promise = Buffer.from(header('x-evidence-promise'), 'base64').toString();
  return { id: header('x-sekisho-receipt'), evidence: header('x-evidence'), promise };
}

function get(path: string, key?: string): Promise<Response> {
  return fetch(`${checkpoint.url}${path}`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
}

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${checkpoint.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function run(bin: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, bin), ...args], {
      env: { ...process.env, LANG: 'C', LC_ALL: 'C' },
    });
    return { code: 0, said: stdout };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, said: `${failed.stdout}${failed.stderr}` };
  }
}

const verify = (...args: readonly string[]) =>
  run('proof/bin/sekisho-verify.js', [...args, '--key', checkpoint.vkey]);
const sekisho = (...args: readonly string[]) =>
  run('server/bin/sekisho.js', [...args, '--data', data.path]);

const number = 'My Number 123456789018';

describe('the promise in the headers', () => {
  test('states index and leaf of x-evidence, and is kept by the log', async () => {
    const { id, evidence, promise } = await refused(number);
    const key = (await parseVerifierKey(checkpoint.vkey))!;
    const opened = (await openPromise(promise, [key]))!;
    const leaf = Buffer.from(opened.leafHash).toString('base64url');
    expect(`${opened.index}:${leaf}`).toBe(evidence);
    expect(opened.origin).toBe(checkpoint.origin);
    writeFileSync(file('promise'), promise);
    writeFileSync(file('receipt'), await (await get(`/receipts/${id}`)).text());
    const held = await verify('--promise', file('promise'), '--receipt', file('receipt'));
    expect([held.code, held.said.includes('KEPT')]).toEqual([0, true]);
    expect((await sekisho('ledger', 'export', '--to', file('copy'))).code).toBe(0);
    const copy = await verify('--promise', file('promise'), '--export', file('copy'));
    expect([copy.code, copy.said.includes('KEPT')]).toEqual([0, true]);
    const sound = await sekisho('fsck', '--promise', file('promise'));
    expect([sound.code, sound.said.includes('SOUND')]).toEqual([0, true]);
  });

  test('convicts a log that left the entry out, before a verifier and before fsck', async () => {
    const { id } = await refused(number);
    const { origin } = checkpoint;
    // Only the holder of the key can do what it promises not to: here the test holds it.
    const line = readFileSync(join(data.path, 'ledger/keys/log.key'), 'utf8').trim();
    const key = privateKeyOf(Buffer.from(line.split('+').slice(4).join('+'), 'base64').subarray(1));
    const keyId = await noteKeyId(origin, keyTypes.ed25519, publicKeyOf(key));
    const promised = (index: number): string => {
      const body = formatPromiseBody({ origin, index, leafHash: new Uint8Array(32).fill(1) });
      const signature = new Uint8Array(sign(null, Buffer.from(body), key));
      return formatNote(body, [{ name: origin, keyId, signature }]);
    };
    writeFileSync(file('broken'), promised(2));
    writeFileSync(file('beyond'), promised(1_000_000));
    writeFileSync(file('forged'), promised(2).replace('\n2\n', '\n3\n'));
    // Publishes what is there, so that the copy covers it.
    await (await get(`/receipts/${id}`)).text();
    await sekisho('ledger', 'export', '--to', file('copy'));
    const broken = await verify('--promise', file('broken'), '--export', file('copy'));
    expect([broken.code, broken.said.includes('BROKEN')]).toEqual([1, true]);
    const open = await verify('--promise', file('beyond'), '--export', file('copy'));
    expect([open.code, open.said.includes('OPEN')]).toEqual([3, true]);
    const checked = await sekisho(
      'fsck',
      ...['broken', 'beyond', 'forged'].flatMap((name) => ['--promise', file(name)]),
    );
    expect(checked.code).toBe(1);
    for (const code of ['promise_broken', 'promise_missing', 'promise_form']) {
      expect(checked.said).toContain(`[${code}]`);
    }
    expect((await sekisho('fsck', '--promise', file('absent'))).code).toBe(2);
  });
});

describe('a receipt in COSE', () => {
  test('is given for intent and outcome, with the bytes of the entry', async () => {
    const { id } = await refused(number);
    for (const entry of ['intent', 'outcome']) {
      // oxlint-disable-next-line no-await-in-loop -- two
      const receipt = await get(`/receipts/${id}?format=cose&entry=${entry}`);
      expect(receipt.headers.get('content-type')).toBe('application/cose; cose-type="cose-sign1"');
      // oxlint-disable-next-line no-await-in-loop -- two
      const bytes = new Uint8Array(await receipt.arrayBuffer());
      expect(decodeCbor(bytes)).toMatchObject({ tag: 18 });
      writeFileSync(file('cose'), bytes);
      // oxlint-disable-next-line no-await-in-loop -- two
      writeFileSync(
        file('entry'),
        await (await get(`/receipts/${id}?format=entry&entry=${entry}`)).text(),
      );
      // oxlint-disable-next-line no-await-in-loop -- two
      const { code, said } = await verify('--cose', file('cose'), '--entry', file('entry'));
      expect([entry, code, said.includes('VALID, UNANCHORED')]).toEqual([entry, 0, true]);
    }
    for (const [query, status] of [
      ['format=cose&entry=policy', 400],
      ['format=pdf', 400],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- two
      expect([query, (await get(`/receipts/${id}?${query}`)).status]).toEqual([query, status]);
    }
    expect((await get(`/receipts/${'0'.repeat(32)}?format=cose`)).status).toBe(404);
    expect((await get(`/receipts/${'0'.repeat(32)}?format=bundle`)).status).toBe(404);
  });
});

describe("an auditor's bundle", () => {
  const check = async (text: string) => {
    const report = await verifyBundle(text, { verifierKeys: [checkpoint.vkey] });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    return report;
  };

  test('opens nothing to a stranger, and what is asked for to an operator', async () => {
    const long = `${number} ${'and a long story. '.repeat(200)}`;
    const { id } = await refused(long);
    const closed = await (await get(`/receipts/${id}?format=bundle`)).text();
    expect((await check(closed)).contents).toEqual([]);
    const roles = parseBundle(closed).entries.map(({ role }) => role);
    expect(roles).toEqual(['intent', 'outcome', 'policy']);
    for (const { role, sdJwt } of parseBundle(closed).entries) {
      if (role !== 'policy') expect(parseEntryJwt(sdJwt)!.disclosures).toEqual([]);
    }
    expect((await get(`/receipts/${id}?format=bundle&groups=content`)).status).toBe(401);
    const user = (await post('/api/keys', { name: 'a user' }))['secret'] as string;
    expect((await get(`/receipts/${id}?format=bundle&groups=content`, user)).status).toBe(403);
    expect((await get(`/receipts/${id}?format=bundle&groups=x`, user)).status).toBe(400);
    const path = `/receipts/${id}?format=bundle&groups=identity,content,ops`;
    const open = await (await get(path, checkpoint.key)).text();
    const report = await check(open);
    expect(new Set(report.contents.map(({ state }) => state))).toEqual(new Set(['PRESENT']));
    const messages = report.values.find(({ name }) => name === 'request.messages')!;
    expect(JSON.parse(messages.text)).toEqual({ messages: [{ role: 'user', content: long }] });
    // The rule book is long, so its text comes when it is asked for.
    expect(report.values.some(({ name }) => name === 'policy.document')).toBe(false);
    const whole = await (await get(`${path}&documents=yes`, checkpoint.key)).text();
    expect((await check(whole)).values.some(({ name }) => name === 'policy.document')).toBe(true);
  });

  test('is written by the command line, stays small, and reads as verified', async () => {
    const { id } = await refused(number);
    const made = await sekisho('ledger', 'bundle', id, '-o', file('one.sekisho-bundle.json'));
    expect(made).toEqual({ code: 0, said: '' });
    const again = await sekisho('ledger', 'bundle', id, '-o', file('one.sekisho-bundle.json'));
    expect(again.code).toBe(1);
    const text = readFileSync(file('one.sekisho-bundle.json'), 'utf8');
    process.stdout.write(`bundle of a refused passage, ops open: ${text.length} bytes\n`);
    expect(text.length).toBeLessThan(8192);
    const { code, said } = await verify('bundle', file('one.sekisho-bundle.json'));
    expect([code, said.includes('intent, ops: PRESENT')]).toEqual([0, true]);
    expect((await sekisho('ledger', 'bundle', id)).said.trimEnd()).toBe(text.trimEnd());
    expect((await sekisho('ledger', 'bundle')).code).toBe(2);
    expect((await sekisho('ledger', 'bundle', 'x', '-o', file('none'))).code).toBe(1);
    expect(existsSync(file('none'))).toBe(false);
  });

  test('tells what was erased, by which entry, and not by whom', async () => {
    const { id } = await refused(number);
    const order = { groups: ['content'], basis: 'appi-35', authority: 'Citizens desk' };
    const { entries } = (await post(`/api/passages/${id}/erase`, order)) as {
      entries: { index: number }[];
    };
    const path = `/receipts/${id}?format=bundle&groups=content,ops`;
    const text = await (await get(path, checkpoint.key)).text();
    const report = await check(text);
    expect(report.contents).toContainEqual({
      role: 'intent',
      group: 'content',
      state: 'ERASED',
      erasedBy: entries[0].index,
    });
    const erasure = report.facts!.entries.find(({ role }) => role === 'erasure')!;
    expect(erasure.disclosed.map(({ name }) => name)).toEqual([
      'erasure.indexes',
      'erasure.groups',
    ]);
    writeFileSync(file('erased'), text);
    const { code, said } = await verify('bundle', file('erased'));
    expect([code, said.includes('content: ERASED (by entry')]).toEqual([0, true]);
  });
});
