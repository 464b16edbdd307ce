import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { verifyConsistency } from '@sekisho/proof';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ScriptedUpstream,
  chunk,
  say,
  sendEvent,
  startEvents,
  startScriptedUpstream,
} from '../fakes/scripted-upstream.ts';
import {
  type RunningCheckpoint,
  build,
  policyWith,
  root as checkout,
  startCheckpoint,
  temporaryDirectory,
  verifyOffline,
} from './running-checkpoint.ts';
import { readLog } from './tile-reader.ts';

const rounds = process.env['SLOW'] === '1' ? 20 : 4;
const data = temporaryDirectory();
let upstream: ScriptedUpstream;

beforeAll(async () => {
  build();
  upstream = await startScriptedUpstream();
});

afterAll(async () => {
  await upstream.close();
  data.remove();
});

const start = (): Promise<RunningCheckpoint> =>
  startCheckpoint(data.path, policyWith([{ id: 'fake', baseUrl: upstream.baseUrl }]));

function ask(checkpoint: RunningCheckpoint, stream = false): Promise<Response> {
  return fetch(`${checkpoint.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'auto',
      stream,
      messages: [{ role: 'user', content: 'Good morning.' }],
    }),
    headers: { authorization: `Bearer ${checkpoint.key}`, 'content-type': 'application/json' },
  });
}

describe('kill -9', () => {
  test('at any moment loses nothing acknowledged and contradicts no checkpoint', async () => {
    const acknowledged = new Set<string>();
    const checkpoints: string[] = [];
    for (let round = 0; round < rounds; round++) {
      upstream.play(say('Hello.'));
      const checkpoint = await start();
      // On a busy machine the first answer alone may take longer than the time before the kill.
      await (await ask(checkpoint)).text();
      const lastMoment = Date.now() + 200 + Math.random() * 900;
      const worker = async (): Promise<void> => {
        while (Date.now() < lastMoment + 200) {
          try {
            const response = await ask(checkpoint);
            const evidence = response.headers.get('x-evidence');
            const body = await response.text();
            if (evidence !== null && body.includes('Hello.')) {
              acknowledged.add(`${evidence} ${response.headers.get('x-sekisho-receipt')}`);
            }
          } catch {
            return;
          }
        }
      };
      const watcher = async (): Promise<void> => {
        while (Date.now() < lastMoment + 200) {
          try {
            const note = await (await fetch(`${checkpoint.url}/checkpoint`)).text();
            if (note.startsWith(checkpoint.origin)) checkpoints.push(note);
          } catch {
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      const work = [worker(), worker(), worker(), worker(), watcher()];
      await new Promise((resolve) => setTimeout(resolve, lastMoment - Date.now()));
      await checkpoint.end('SIGKILL');
      await Promise.all(work);
    }
    const checkpoint = await start();
    const log = await readLog(checkpoint.url);
    expect(acknowledged.size).toBeGreaterThan(rounds);
    for (const line of acknowledged) {
      const [evidence = '', id = ''] = line.split(' ');
      const [index = '', leafHash] = evidence.split(':');
      expect(log.leafHashes[Number(index)], `entry ${index}`).toBe(leafHash);
      const entry = log.entries[Number(index)];
      expect(entry.id).toBe(id);
      const outcomes = log.entries.filter((e) => e.refs.intent === leafHash);
      expect(outcomes.map((outcome) => outcome.end)).toEqual(['complete']);
    }
    const seen = new Map(checkpoints.map((note) => [note.split('\n').slice(0, 3).join(' '), note]));
    for (const note of seen.values()) {
      const [, size = '', root = ''] = note.split('\n');
      expect(await log.rootAt(Number(size)), `root at ${size}`).toBe(root);
    }
    expect(await verifyConsistency(await log.consistency(2))).toBe(true);
    expect(await checkpoint.end('SIGINT')).toBe(0);
  });

  test('in the middle of an answer leaves an interrupted outcome and a receipt that says so', async () => {
    upstream.play((_seen, response) => {
      startEvents(response);
      sendEvent(response, chunk({ content: 'The first half of the answer, ' }));
    });
    const before = await start();
    const response = await ask(before, true);
    const id = response.headers.get('x-sekisho-receipt') ?? '';
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await before.end('SIGKILL');
    await response.text().catch(() => '');
    const after = await start();
    const receipt = await (await fetch(`${after.url}/receipts/${id}`)).text();
    const { code, said } = verifyOffline(receipt, after.vkey);
    expect(code).toBe(0);
    expect(said).toContain('the checkpoint stopped before it could record the end');
    expect(await after.end('SIGINT')).toBe(0);
  });

  test('a second process on the same data is refused, and the first goes on', async () => {
    upstream.play(say('Hello.'));
    const first = await start();
    const second = spawnSync(
      process.execPath,
      [join(checkout, 'server/bin/sekisho.js'), 'start', '--port', '0', '--data', data.path],
      { encoding: 'utf8', env: { ...process.env, HF_HUB_OFFLINE: '1' }, timeout: 60_000 },
    );
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/couldn't open the ledger/);
    expect((await ask(first)).status).toBe(200);
    expect(await first.end('SIGINT')).toBe(0);
  });
});
