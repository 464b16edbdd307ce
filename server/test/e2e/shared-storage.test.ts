import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTilePath, tileWidth } from '@sekisho/proof';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeS3, startFakeS3 } from '../fakes/s3-server.ts';
import {
  type ScriptedUpstream,
  chunk,
  say,
  sendEvent,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import { type PostgresServer, noPostgres, startEmptyPostgres } from '../postgres-server.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  root,
  runCommand,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';
import { readLog } from './tile-reader.ts';

const work = temporaryDirectory();
const first = join(work.path, 'first');
const standby = join(work.path, 'standby');
const found = await startEmptyPostgres();
let server: PostgresServer;
let fake: FakeS3;
let upstream: ScriptedUpstream;
/** All that any process said, for the search at the end. */
const heard: string[] = [];
const running = new Set<RunningCheckpoint>();

beforeAll(async () => {
  if (found === undefined) return;
  server = found;
  build();
  fake = await startFakeS3({ pageSize: 50 });
  upstream = await startScriptedUpstream();
});

afterAll(async () => {
  for (const checkpoint of running) await checkpoint.end('SIGKILL');
  await upstream?.close();
  await fake?.close();
  await found?.stop();
  work.remove();
});

/** With a password where the server is ours, so that there is one to keep secret. */
function databaseUrl(password = server.tcp?.password): string {
  if (server.tcp === undefined || password === undefined) return server.url;
  const { port } = server.tcp;
  return `postgres://sekisho:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres?sslmode=disable`;
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { accessKeyId, secretAccessKey } = fake.settings.credentials;
  return {
    DATABASE_URL: databaseUrl(),
    SEKISHO_S3_ACCESS_KEY_ID: accessKeyId,
    SEKISHO_S3_SECRET_ACCESS_KEY: secretAccessKey,
    ...more,
  };
}

function policy({ endpoint, region, bucket, prefix } = fake.settings): string {
  const rules = policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]);
  const place = { endpoint, region, bucket, prefix };
  const members = Object.entries(place).map(([name, value]) => `    ${name}: ${value}`);
  return `${rules}\nstorage:\n  objects:\n${members.join('\n')}\n`;
}

async function start(directory = first, rules = policy()): Promise<RunningCheckpoint> {
  const checkpoint = await startCheckpoint(directory, rules, environment());
  running.add(checkpoint);
  return checkpoint;
}

async function end(checkpoint: RunningCheckpoint, signal: NodeJS.Signals): Promise<number | null> {
  const code = await checkpoint.end(signal);
  running.delete(checkpoint);
  heard.push(checkpoint.printed());
  return code;
}

/** A start that is refused. @returns what it said */
async function refusal(
  directory: string,
  more: Readonly<Record<string, string>> = {},
  rules = policy(),
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'sekisho.yaml'), rules);
  const { code, said } = await runCommand(
    ['start', '--port', '0', '--data', directory],
    environment(more),
  );
  heard.push(said);
  expect([code, said]).toEqual([1, expect.any(String)]);
  return said.trim();
}

async function sekisho(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const done = await runCommand([...args, '--data', first], environment());
  heard.push(done.said);
  return done;
}

function ask(checkpoint: RunningCheckpoint, more: object = {}): Promise<Response> {
  return fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'auto',
      messages: [{ role: 'user', content: 'Good morning.' }],
      ...more,
    }),
  });
}

/** @returns the passage's id */
async function chat(checkpoint: RunningCheckpoint, more: object = {}): Promise<string> {
  const response = await ask(checkpoint, more);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('Hello')]);
  return response.headers.get('x-sekisho-receipt')!;
}

async function expectVerified(checkpoint: RunningCheckpoint, id: string): Promise<string> {
  const receipt = await (await fetch(`${checkpoint.url}/receipts/${id}`)).text();
  const { code, said } = verifyOffline(receipt, checkpoint.vkey);
  expect([code, said]).toEqual([0, expect.any(String)]);
  return said;
}

const ended = (checkpoint: RunningCheckpoint): Promise<number | null> =>
  new Promise((resolve) => {
    if (checkpoint.child.exitCode !== null) resolve(checkpoint.child.exitCode);
    else checkpoint.child.once('close', resolve);
  });

describe('a checkpoint over PostgreSQL and object storage', () => {
  beforeEach(({ skip }) => {
    if (found === undefined) skip(`a checkpoint over shared storage ${noPostgres}`);
    upstream.play(say('Hello.'));
  });

  test('gives receipts that verify, and serves the tiles that lie in the bucket', async () => {
    const checkpoint = await start();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await chat(checkpoint));
    for (const id of ids) await expectVerified(checkpoint, id);
    const { size } = await readLog(checkpoint.url);
    const objects = new Map(
      [...fake.objects].map(([key, object]) => [key.slice(fake.settings.prefix.length), object]),
    );
    for (const level of [0, 'entries'] as const) {
      const path = formatTilePath({ level, index: 0, width: tileWidth(size, level, 0) });
      const served = await (await fetch(`${checkpoint.url}/${path}`)).arrayBuffer();
      expect(objects.get(`log/${path}`)!.bytes.equals(Buffer.from(served)), path).toBe(true);
    }
    expect(objects.get('log/checkpoint')!.bytes.toString()).toContain(checkpoint.origin);
    expect(readdirSync(join(first, 'ledger')).toSorted()).toEqual(
      expect.arrayContaining(['index.db', 'keys']),
    );
    for (const name of ['wal', 'tile', 'payload', 'lock.db', 'vault.db']) {
      expect(readdirSync(join(first, 'ledger'))).not.toContain(name);
    }
    expect(await end(checkpoint, 'SIGINT')).toBe(0);
  });

  test('keeps what it acknowledged when it is killed, and ends what it left open', async () => {
    let checkpoint = await start();
    const id = await chat(checkpoint);
    upstream.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'The first half of the answer, ' }));
    });
    const half = await ask(checkpoint, { stream: true });
    const open = half.headers.get('x-sekisho-receipt')!;
    const others = Array.from({ length: 4 }, () => ask(checkpoint).catch(() => undefined));
    await end(checkpoint, 'SIGKILL');
    await Promise.all([half.text().catch(() => ''), ...others]);
    upstream.play(say('Hello.'));
    checkpoint = await start();
    await expectVerified(checkpoint, id);
    expect(await expectVerified(checkpoint, open)).toContain(
      'the checkpoint stopped before it could record the end',
    );
    const { entries, leafHashes } = await readLog(checkpoint.url);
    const intents = leafHashes.filter((_, i) => entries[i].type === 'intent');
    for (const leaf of intents) {
      expect(entries.filter((entry) => entry.refs.intent === leaf)).toHaveLength(1);
    }
    expect(entries.filter((entry) => entry.end === 'interrupted').length).toBeGreaterThan(0);
    await chat(checkpoint);
    expect(await end(checkpoint, 'SIGINT')).toBe(0);
  });

  test('refuses a second process, which takes over once the first is dead', async () => {
    const checkpoint = await start();
    const id = await chat(checkpoint);
    cpSync(first, standby, { recursive: true });
    rmSync(join(standby, 'run.json'));
    expect(await refusal(standby)).toBe(
      "couldn't open the ledger: another process has this ledger open; stop it first",
    );
    expect(await refusal(standby, { LANG: 'ja_JP.UTF-8', LC_ALL: 'ja_JP.UTF-8' })).toBe(
      '台帳を開けません: 別のプロセスがこの台帳を開いています。先に終了してください',
    );
    await chat(checkpoint);
    await end(checkpoint, 'SIGKILL');
    const second = await start(standby);
    expect([second.origin, second.vkey, second.key]).toEqual([
      checkpoint.origin,
      checkpoint.vkey,
      checkpoint.key,
    ]);
    await expectVerified(second, id);
    await chat(second);
    expect(await end(second, 'SIGINT')).toBe(0);
  });

  test('ends and says why when another has taken over without its knowledge', async () => {
    const checkpoint = await start();
    // What the one that takes over does first.
    await server.ask('UPDATE sekisho.log SET epoch = epoch + 1 WHERE origin = $1', [
      checkpoint.origin,
    ]);
    const response = await ask(checkpoint).catch(() => undefined);
    expect(response?.status ?? 503).toBeGreaterThanOrEqual(500);
    expect(await ended(checkpoint)).toBe(1);
    await end(checkpoint, 'SIGKILL');
    expect(checkpoint.printed()).toContain(
      "the ledger can't record any more: another process has taken over this ledger",
    );
  });

  test('stands still while another takes over, then ends and changes nothing', async () => {
    const checkpoint = await start();
    const id = await chat(checkpoint);
    checkpoint.child.kill('SIGSTOP');
    // As the server does once a machine does not answer any more.
    await server.ask(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    const second = await start(standby);
    // A receipt waits for a checkpoint that covers it.
    await expectVerified(second, await chat(second));
    const before = await readLog(second.url);
    const asked = ask(checkpoint).catch(() => undefined);
    checkpoint.child.kill('SIGCONT');
    expect((await asked)?.status ?? 503).toBeGreaterThanOrEqual(500);
    expect(await ended(checkpoint)).toBe(1);
    await end(checkpoint, 'SIGKILL');
    expect(checkpoint.printed()).toContain("the ledger can't record any more: ");
    await expectVerified(second, id);
    await expectVerified(second, await chat(second));
    const after = await readLog(second.url);
    expect(after.leafHashes.slice(0, before.size)).toEqual(before.leafHashes);
    expect(after.size).toBe(before.size + 2);
    expect(await end(second, 'SIGINT')).toBe(0);
  });

  test('ends when PostgreSQL stops, is told so at a start, and goes on afterwards', async ({
    skip,
  }) => {
    if (server.power === undefined) skip('the database that was named is not ours to stop');
    const checkpoint = await start();
    const id = await chat(checkpoint);
    const asked = Array.from({ length: 4 }, () => ask(checkpoint).catch(() => undefined));
    await server.power!.cut();
    await Promise.all(asked);
    expect(await ended(checkpoint)).toBe(1);
    await end(checkpoint, 'SIGKILL');
    expect(checkpoint.printed()).toContain("the ledger can't record any more: ");
    expect(await refusal(first)).toMatch(/^couldn't open the ledger: .*database/);
    await server.power!.restore();
    const again = await start();
    await expectVerified(again, id);
    await chat(again);
    expect(await end(again, 'SIGINT')).toBe(0);
  });

  test('ends when the bucket is gone, and goes on once it is back', async () => {
    const checkpoint = await start();
    const id = await chat(checkpoint);
    fake.play(({ method }) =>
      method === 'PUT' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined,
    );
    await ask(checkpoint).catch(() => undefined);
    expect(await ended(checkpoint)).toBe(1);
    await end(checkpoint, 'SIGKILL');
    expect(checkpoint.printed()).toMatch(
      /the ledger can't record any more: the object store refuses; .+ \(.*AccessDenied.*\)/,
    );
    fake.play(() => undefined);
    const again = await start();
    await expectVerified(again, id);
    expect(await end(again, 'SIGINT')).toBe(0);
  });

  test('refuses an object store that ignores conditional writes, and names the step', async () => {
    const careless = await startFakeS3({ ignoresCondition: true });
    const directory = join(work.path, 'careless');
    const rules = policy(careless.settings);
    expect(await refusal(directory, {}, rules)).toMatch(
      /^couldn't open the ledger: the object store cannot keep a ledger: .+ \(it ignores If-None-Match\)$/,
    );
    expect([...careless.objects.keys()]).toEqual([]);
    await careless.close();
  });

  test('refuses wrong credentials, and says which', async () => {
    const inFolder = (name: string, more: Readonly<Record<string, string>>): Promise<string> =>
      refusal(join(work.path, name), more);
    const [wrong, none, login, url] = await Promise.all([
      inFolder('wrong', { SEKISHO_S3_SECRET_ACCESS_KEY: 'another-secret-nobody-may-read' }),
      inFolder('none', { SEKISHO_S3_SECRET_ACCESS_KEY: '' }),
      inFolder('login', { DATABASE_URL: databaseUrl('another-password-nobody-may-read') }),
      inFolder('url', { DATABASE_URL: 'mysql://root:hush-hush@db/x' }),
    ]);
    expect(wrong).toMatch(
      /^couldn't open the ledger: the object store refuses; .+ \(.*SignatureDoesNotMatch.*\)$/,
    );
    expect(none).toContain('(SEKISHO_S3_SECRET_ACCESS_KEY is not set)');
    if (server.tcp !== undefined) {
      expect(login).toMatch(/^couldn't open the ledger: .+ \(28P01\)$/);
    }
    expect(url).toMatch(/^couldn't open the ledger: .*DATABASE_URL/);
    expect(url).not.toContain('hush-hush');
  });

  test('refuses to look for its ledger in another place than it is kept in', async () => {
    expect(await refusal(first, { DATABASE_URL: '' })).toContain('(DATABASE_URL is not set');
    const rules = policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]);
    expect(await refusal(first, {}, rules)).toContain('(storage.objects is not set');
    writeFileSync(join(first, 'sekisho.yaml'), policy());
    const commands = [['fsck'], ['coverage'], ['ledger', 'export', '--to', work.path]];
    const without = { ...environment(), DATABASE_URL: '' };
    const done = await Promise.all(
      commands.map((command) => runCommand([...command, '--data', first], without)),
    );
    heard.push(...done.map(({ said }) => said));
    expect(done).toEqual(
      [2, 2, 1].map((code) => ({
        code,
        said: expect.stringContaining('(DATABASE_URL is not set') as string,
      })),
    );
  });
});

describe('the commands over PostgreSQL and object storage', () => {
  beforeEach(({ skip }) => {
    if (found === undefined) skip(`the commands over shared storage ${noPostgres}`);
    upstream.play(say('Hello.'));
  });

  test('check, export, count, load, hold and erase as they do over files', async () => {
    const checkpoint = await start();
    const id = await chat(checkpoint, { user: 'resident-7' });
    const sound = await sekisho('fsck', '--all');
    expect([sound.code, sound.said]).toEqual([0, expect.stringContaining('SOUND')]);
    expect(sound.said).toMatch(/opened with their keys: [1-9]\d* of [1-9]/);

    const hold = await sekisho('hold', id, '--reason', 'case 7', '--authority', 'court');
    expect(hold.code).toBe(0);
    const held = await sekisho('erase', id, '--basis', 'gdpr-17', '--authority', 'office');
    expect([held.code, held.said]).toEqual([1, expect.stringContaining('legal hold')]);
    const release = ['hold', 'release', hold.said.trim(), '--reason', 'closed'];
    expect((await sekisho(...release, '--authority', 'court')).code).toBe(0);
    const person = ['erase', '--person', 'resident-7'];
    const erased = await sekisho(...person, '--basis', 'gdpr-17', '--authority', 'office');
    expect([erased.code, erased.said]).toEqual([0, expect.stringContaining('passages erased: 1')]);

    const load = ['--url', checkpoint.url, '--key', checkpoint.key, '--rate', '5'];
    const hammer = await runCommand(['hammer', ...load, '--seconds', '2'], environment());
    heard.push(hammer.said);
    expect(hammer.said).toMatch(/ 0 faults/);

    const coverage = await sekisho('coverage');
    expect([coverage.code, coverage.said]).toEqual([0, expect.stringContaining('G10-13')]);
    const to = join(work.path, 'export');
    const exported = await sekisho('ledger', 'export', '--to', to);
    expect([exported.code, exported.said]).toEqual([0, expect.stringContaining(' entries')]);
    const verifier = join(root, 'proof/bin/sekisho-verify.js');
    execFileSync(process.execPath, [verifier, '--export', to, '--key', checkpoint.vkey]);

    expect(await end(checkpoint, 'SIGINT')).toBe(0);
    const after = await sekisho('fsck', '--all');
    expect([after.code, after.said]).toEqual([0, expect.stringContaining('SOUND')]);
    expect(after.said).toMatch(/ERASED [1-9]\d*, MISSING 0/);
  });

  test('leave no password and no secret in what they say, log or record', async () => {
    const { secretAccessKey } = fake.settings.credentials;
    const password = server.tcp?.password ?? 'no password was used';
    const secrets = [
      secretAccessKey,
      password,
      encodeURIComponent(password),
      'another-secret-nobody-may-read',
      'another-password-nobody-may-read',
    ];
    expect(heard.join('').length).toBeGreaterThan(5_000);
    const places = new Map<string, Buffer>([['said', Buffer.from(heard.join('\n'))]]);
    for (const [key, { bytes }] of fake.objects) places.set(key, bytes);
    const folders = [work.path];
    if (server.directory !== undefined) {
      await server.ask('CHECKPOINT');
      folders.push(join(server.directory, 'base'), join(server.directory, 'pg_wal'));
    }
    for (const folder of folders) {
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile()) places.set(path, readFileSync(path));
      }
    }
    for (const [place, bytes] of places) {
      for (const secret of secrets) {
        expect(bytes.includes(secret), `${secret} in ${place}`).toBe(false);
      }
    }
  });
});
